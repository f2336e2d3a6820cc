-- Never holds a row: the shape of a session's staging table, in one place.
create table staging_shape (
    partition integer,
    position bigint,
    event_id uuid,
    user_id text,
    event_type text,
    region text,
    ts timestamptz,
    song_id text,
    device text,
    key bytea,
    payload bytea,
    reason text,
    detail text
);

alter table staging_shape replica identity nothing; -- no row, no change to publish

comment on table staging_shape is 'shape of pg_temp.staging_batch; holds no rows';
comment on column staging_shape.reason is 'null: an event; else why the writer refused the record, whose bytes are in payload';
