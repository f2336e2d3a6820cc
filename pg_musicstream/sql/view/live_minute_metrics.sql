create view live_minute_metrics as
select
    minute,
    event_type,
    region,
    sum(events)::bigint as events,
    sum(late_events)::bigint as late_events
from (
    select minute, event_type, region, events, late_events from minute_metrics
    union all
    select minute, event_type, region, events, late_events from metric_deltas
) as part
group by minute, event_type, region
having sum(events) <> 0;

comment on view live_minute_metrics is 'minute_metrics plus what waits for the rollup: exact now';
