-- The index of minute_counts has hours. A condition on minute limits the series, and each remaining minute looks up its hour,
-- so only the hours that the query needs are read. Generating the series takes 40 ms per stored year.
create view minute_metrics as
select
    s.minute,
    c.event_type,
    c.region,
    musicstream_internal.minute_events(c.minutes, s.minute) as events,
    musicstream_internal.minute_late_events(c.minutes, s.minute) as late_events
from (
    select generate_series(
        (select min(hour) from musicstream_internal.minute_counts),
        (select max(hour) + interval '59 minutes' from musicstream_internal.minute_counts),
        interval '1 minute'
    ) as minute
) as s
join musicstream_internal.minute_counts as c on c.hour = date_bin('1 hour', s.minute, 'epoch'::timestamptz)
where musicstream_internal.minute_events(c.minutes, s.minute) <> 0;

comment on view minute_metrics is 'events by minute, event type and region, as of the last rollup';
comment on column minute_metrics.late_events is 'number of these events that were stored after their day was final';
