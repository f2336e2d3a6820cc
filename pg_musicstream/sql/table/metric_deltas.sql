create table metric_deltas (
    hour timestamptz not null,
    event_type text not null,
    region text not null,
    events bigint not null,
    late_events bigint not null,
    minutes bytea not null
);

comment on table metric_deltas is 'what each batch added to raw_events, by UTC hour, event type and region, not yet folded into minute_counts and daily_metrics';
comment on column metric_deltas.events is 'the sum of the minutes; negative where events were taken away';
comment on column metric_deltas.late_events is 'of these events, those that came when their day was final';
comment on column metric_deltas.minutes is 'as in minute_counts';

-- As of staging_events, and for the same reason.
alter table metric_deltas replica identity full;

-- Every rollup empties it: see staging_events.
alter table metric_deltas set (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 10000);

select pg_catalog.pg_extension_config_dump('metric_deltas', '');
