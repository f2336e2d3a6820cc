-- A row holds an hour. One row per minute would take ten times the space and ten times the time of a rollup.
create table musicstream_internal.minute_counts (
    hour timestamptz not null,
    event_type text not null,
    region text not null,
    events bigint not null,
    late_events bigint not null,
    minutes bytea not null,
    primary key (hour, event_type, region)
) with (fillfactor = 80); -- room for updates of the newest hours on the same page

comment on table musicstream_internal.minute_counts is 'events by UTC hour, event type and region, with their counts by minute, as of the last rollup; the view minute_metrics presents the minutes as rows';
comment on column musicstream_internal.minute_counts.events is 'sum over the minutes';
comment on column musicstream_internal.minute_counts.late_events is 'number of these events that were stored after their day was final';
comment on column musicstream_internal.minute_counts.minutes is 'events and late events by minute, packed; unpack_minutes() reads them';

select pg_catalog.pg_extension_config_dump('musicstream_internal.minute_counts', '');
