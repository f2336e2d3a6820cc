create table listener_deltas (
    day date not null,
    region text not null,
    sketch bytea not null
);

comment on table listener_deltas is 'who listened in the events that each batch added to raw_events, not yet merged into daily_listeners';
comment on column listener_deltas.sketch is 'of the user_ids, as in daily_listeners';

-- As in daily_listeners; trying to compress them took a twentieth of an upsert.
alter table listener_deltas alter column sketch set storage external;

-- As of staging_events, and for the same reason.
alter table listener_deltas replica identity full;

-- Every rollup empties it: see staging_events.
alter table listener_deltas set (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000);

select pg_catalog.pg_extension_config_dump('listener_deltas', '');
