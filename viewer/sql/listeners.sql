-- Distinct listeners by UTC day and region.
select day,
       region,
       listeners::bigint as listeners,
       updated_at
from live_daily_listeners
where day between $1 and $2
