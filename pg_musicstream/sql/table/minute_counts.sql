-- A row holds an hour, for which 60 rows a minute each would take ten times the space and the time of a rollup.
create table minute_counts (
    hour timestamptz not null,
    event_type text not null,
    region text not null,
    events bigint not null,
    late_events bigint not null,
    minutes bytea not null,
    primary key (hour, event_type, region)
) with (fillfactor = 80); -- room for the updates of the newest hours on their own page

comment on table minute_counts is 'events by UTC hour, event type and region with their counts by minute, as of the last rollup; minute_metrics shows the minutes as rows';
comment on column minute_counts.events is 'the sum of the minutes';
comment on column minute_counts.late_events is 'of these events, those that came when their day was final';
comment on column minute_counts.minutes is 'events and late events of the minutes, packed; musicstream_unpack() reads them';

select pg_catalog.pg_extension_config_dump('minute_counts', '');
