-- Hours that begin in a span are looked up in the index of minute_metrics one by one: a filter on hour reaches the
-- series, and an hour its minutes, where it could not be carried through date_bin() to the column minute.
create view hourly_metrics as
select
    hour,
    event_type,
    region,
    sum(events)::bigint as events,
    sum(late_events)::bigint as late_events
from (
    select h.hour, m.event_type, m.region, m.events, m.late_events
    from generate_series(
        (select date_bin('1 hour', min(minute), 'epoch'::timestamptz) from minute_metrics),
        (select max(minute) from minute_metrics),
        interval '1 hour'
    ) as h (hour)
    join minute_metrics as m on m.minute >= h.hour and m.minute < h.hour + interval '1 hour'
    union all
    select date_bin('1 hour', minute, 'epoch'::timestamptz), event_type, region, events, late_events
    from metric_deltas
) as part
group by hour, event_type, region
having sum(events) <> 0;

comment on view hourly_metrics is 'events by UTC hour, event type and region, what waits for the rollup included: exact now';
comment on column hourly_metrics.late_events is 'of these events, those that came when their UTC day was final';
