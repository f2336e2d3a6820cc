-- The daily numbers for peers that do not maintain them: a nightly job.
insert into daily_metrics (day, event_type, region, events)
select (ts at time zone 'UTC')::date, event_type, region, count(*)
from raw_events
group by 1, 2, 3
