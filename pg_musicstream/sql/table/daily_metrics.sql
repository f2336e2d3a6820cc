create table daily_metrics (
    day date not null,
    event_type text not null,
    region text not null,
    events bigint not null,
    late_events bigint not null,
    updated_at timestamptz not null,
    primary key (day, event_type, region)
) with (fillfactor = 50); -- the same few rows are updated by every rollup: keep the new versions on the page

comment on table daily_metrics is 'events by UTC day, event type and region, as of the last rollup; live_daily_metrics is up to the moment';
comment on column daily_metrics.late_events is 'of these events, those that came when their day was final';
comment on column daily_metrics.updated_at is 'when a rollup last changed the row';

select pg_catalog.pg_extension_config_dump('daily_metrics', '');
