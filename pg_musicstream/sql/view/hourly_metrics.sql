create view hourly_metrics as
select
    hour,
    event_type,
    region,
    sum(events)::bigint as events,
    sum(late_events)::bigint as late_events
from (
    select hour, event_type, region, events, late_events from musicstream_internal.minute_counts
    union all
    select hour, event_type, region, events, late_events from musicstream_internal.metric_deltas
) as part
group by hour, event_type, region
having sum(events) <> 0;

comment on view hourly_metrics is 'events by UTC hour, event type and region, including events that the next rollup will fold';
comment on column hourly_metrics.late_events is 'number of these events that were stored after their UTC day was final';
