select substr(region, 2)::integer, sum(events)::bigint
from live_daily_metrics
group by region
