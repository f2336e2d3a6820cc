select day, event_type, region, events
from daily_metrics
where events <> 0
