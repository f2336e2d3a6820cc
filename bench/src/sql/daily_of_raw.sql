select (ts at time zone 'UTC')::date, event_type, region, count(*)
from raw_events
group by 1, 2, 3
