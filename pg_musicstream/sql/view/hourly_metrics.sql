create view hourly_metrics as
select
    hour,
    event_type,
    region,
    sum(events)::bigint as events,
    sum(late_events)::bigint as late_events
from (
    select hour, event_type, region, events, late_events from minute_counts
    union all
    select hour, event_type, region, events, late_events from metric_deltas
) as part
group by hour, event_type, region
having sum(events) <> 0;

comment on view hourly_metrics is 'events by UTC hour, event type and region, what waits for the rollup included: exact now';
comment on column hourly_metrics.late_events is 'of these events, those that came when their UTC day was final';
