-- As minute_metrics. minute_metrics_between() needs no series.
create view live_minute_metrics as
select
    s.minute,
    p.event_type,
    p.region,
    sum(musicstream_minute_events(p.minutes, s.minute))::bigint as events,
    sum(musicstream_minute_late_events(p.minutes, s.minute))::bigint as late_events
from (
    select generate_series(
        least((select min(hour) from minute_counts), (select min(hour) from metric_deltas)),
        greatest((select max(hour) from minute_counts), (select max(hour) from metric_deltas)) + interval '59 minutes',
        interval '1 minute'
    ) as minute
) as s
join (
    select hour, event_type, region, minutes from minute_counts
    union all
    select hour, event_type, region, minutes from metric_deltas
) as p on p.hour = date_bin('1 hour', s.minute, 'epoch'::timestamptz)
group by s.minute, p.event_type, p.region
having sum(musicstream_minute_events(p.minutes, s.minute)) <> 0;

comment on view live_minute_metrics is 'minute_metrics plus what waits for the rollup: exact now; minute_metrics_between() reads a span of it faster';
comment on column live_minute_metrics.late_events is 'of these events, those that came when their day was final';
