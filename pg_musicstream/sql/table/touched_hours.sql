-- Rows are only appended, so that no rollup waits for the run that takes them: an hour may be here several times.
create table touched_hours (
    hour timestamptz not null,
    has_removals boolean not null
);

comment on table touched_hours is 'UTC hours whose events changed since musicstream_rollup_listening() counted them';
comment on column touched_hours.has_removals is 'events were taken away, so that users may no longer have been active on that day';

-- As of staging_events, and for the same reason.
alter table touched_hours replica identity full;

-- Every run empties it: see staging_events.
alter table touched_hours set (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 10000);

select pg_catalog.pg_extension_config_dump('touched_hours', '');
