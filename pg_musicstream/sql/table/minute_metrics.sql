create table minute_metrics (
    minute timestamptz not null,
    event_type text not null,
    region text not null,
    events bigint not null,
    late_events bigint not null,
    primary key (minute, event_type, region)
) with (fillfactor = 80); -- room for the updates of the newest minutes on their own page

comment on table minute_metrics is 'events by minute, event type and region, as of the last rollup';
comment on column minute_metrics.late_events is 'of these events, those that came when their day was final';

select pg_catalog.pg_extension_config_dump('minute_metrics', '');
