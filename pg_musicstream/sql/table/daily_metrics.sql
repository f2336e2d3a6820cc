create table daily_metrics (
    day date not null,
    event_type text not null,
    region text not null,
    events bigint not null,
    late_events bigint not null,
    updated_at timestamptz not null,
    primary key (day, event_type, region)
) with (fillfactor = 50); -- every rollup updates the same few rows: room for the new versions on the same page

comment on table daily_metrics is 'events by UTC day, event type and region, as of the last rollup; live_daily_metrics includes later events';
comment on column daily_metrics.late_events is 'number of these events that were stored after their day was final';
comment on column daily_metrics.updated_at is 'time of the last rollup that changed the row';

select pg_catalog.pg_extension_config_dump('daily_metrics', '');
