-- The index of minute_counts knows hours. A filter on minute is applied to the series, and each minute that is left looks
-- its hour up: only the hours that were asked for are read. The series itself takes 40 ms a year that is stored.
create view minute_metrics as
select
    s.minute,
    c.event_type,
    c.region,
    musicstream_minute_events(c.minutes, s.minute) as events,
    musicstream_minute_late_events(c.minutes, s.minute) as late_events
from (
    select generate_series(
        (select min(hour) from minute_counts),
        (select max(hour) + interval '59 minutes' from minute_counts),
        interval '1 minute'
    ) as minute
) as s
join minute_counts as c on c.hour = date_bin('1 hour', s.minute, 'epoch'::timestamptz)
where musicstream_minute_events(c.minutes, s.minute) <> 0;

comment on view minute_metrics is 'events by minute, event type and region, as of the last rollup';
comment on column minute_metrics.late_events is 'of these events, those that came when their day was final';
