-- What the peers that keep no metrics run at night.
insert into daily_metrics (day, event_type, region, events)
select (ts at time zone 'UTC')::date, event_type, region, count(*)
from raw_events
group by 1, 2, 3
