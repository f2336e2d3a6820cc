select day, event_type, region, events
from live_daily_metrics
where events <> 0
