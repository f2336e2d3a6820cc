-- Every day's numbers as they stand now; the casts keep the client's types the same whatever the view sums with.
select day,
       event_type,
       region,
       events::bigint as events,
       late_events::bigint as late_events,
       updated_at
from live_daily_metrics
order by day, event_type, region
