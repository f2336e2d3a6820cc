create table musicstream_internal.listener_deltas (
    day date not null,
    region text not null,
    sketch bytea not null
);

comment on table musicstream_internal.listener_deltas is 'users of the events that each batch added to raw_events, as sketches that are not yet merged into daily_listeners';
comment on column musicstream_internal.listener_deltas.sketch is 'sketch of the user_ids, in the format of daily_listeners';

-- As in daily_listeners. Compression would take 5 % of the time of an upsert.
alter table musicstream_internal.listener_deltas alter column sketch set storage external;

-- As for staging_events: rows are deleted without a key.
alter table musicstream_internal.listener_deltas replica identity full;

-- Every rollup empties the table: see staging_events.
alter table musicstream_internal.listener_deltas set (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000);

select pg_catalog.pg_extension_config_dump('musicstream_internal.listener_deltas', '');
