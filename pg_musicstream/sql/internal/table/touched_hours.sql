-- Rollups only append rows, so they do not wait for a run that deletes some. An hour can have several rows.
create table musicstream_internal.touched_hours (
    hour timestamptz not null,
    has_removals boolean not null
);

comment on table musicstream_internal.touched_hours is 'UTC hours whose events changed since musicstream_rollup_listening() counted them';
comment on column musicstream_internal.touched_hours.has_removals is 'whether events were removed, or event types no longer affect playback, so that some users may no longer count as active on that day';

-- As for staging_events: rows are deleted without a key.
alter table musicstream_internal.touched_hours replica identity full;

-- Every run of musicstream_rollup_listening() empties the table: see staging_events.
alter table musicstream_internal.touched_hours set (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 10000);

select pg_catalog.pg_extension_config_dump('musicstream_internal.touched_hours', '');
