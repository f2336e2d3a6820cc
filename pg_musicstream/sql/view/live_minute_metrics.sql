-- See minute_metrics. minute_metrics_between() does not need the series of minutes.
create view live_minute_metrics as
select
    s.minute,
    p.event_type,
    p.region,
    sum(musicstream_internal.minute_events(p.minutes, s.minute))::bigint as events,
    sum(musicstream_internal.minute_late_events(p.minutes, s.minute))::bigint as late_events
from (
    select generate_series(
        least((select min(hour) from musicstream_internal.minute_counts), (select min(hour) from musicstream_internal.metric_deltas)),
        greatest((select max(hour) from musicstream_internal.minute_counts), (select max(hour) from musicstream_internal.metric_deltas)) + interval '59 minutes',
        interval '1 minute'
    ) as minute
) as s
join (
    select hour, event_type, region, minutes from musicstream_internal.minute_counts
    union all
    select hour, event_type, region, minutes from musicstream_internal.metric_deltas
) as p on p.hour = date_bin('1 hour', s.minute, 'epoch'::timestamptz)
group by s.minute, p.event_type, p.region
having sum(musicstream_internal.minute_events(p.minutes, s.minute)) <> 0;

comment on view live_minute_metrics is 'minute_metrics, including events that the next rollup will fold; minute_metrics_between() reads a span of it faster';
comment on column live_minute_metrics.late_events is 'number of these events that were stored after their day was final';
