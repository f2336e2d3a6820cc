create table musicstream_internal.metric_deltas (
    hour timestamptz not null,
    event_type text not null,
    region text not null,
    events bigint not null,
    late_events bigint not null,
    minutes bytea not null
);

comment on table musicstream_internal.metric_deltas is 'counts that each batch added, by UTC hour, event type and region; the next rollup folds them into minute_counts and daily_metrics';
comment on column musicstream_internal.metric_deltas.events is 'sum over the minutes; negative if events were removed';
comment on column musicstream_internal.metric_deltas.late_events is 'number of these events that were stored after their day was final';
comment on column musicstream_internal.metric_deltas.minutes is 'counts by minute, in the format of minute_counts';

-- As for staging_events: rows are deleted without a key.
alter table musicstream_internal.metric_deltas replica identity full;

-- Every rollup empties the table: see staging_events.
alter table musicstream_internal.metric_deltas set (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 10000);

select pg_catalog.pg_extension_config_dump('musicstream_internal.metric_deltas', '');
