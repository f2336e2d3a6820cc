-- Never holds rows. Temporary staging tables are created LIKE it, so that their columns are defined once.
create table musicstream_internal.staging_shape (
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

alter table musicstream_internal.staging_shape replica identity nothing; -- no row, no change to publish

comment on table musicstream_internal.staging_shape is 'columns of pg_temp.staging_batch and other staging tables; holds no rows';
comment on column musicstream_internal.staging_shape.reason is 'null for an event; otherwise why the writer refused the record whose bytes are in payload';
