-- The numbers of the days $1 as they stand now, in the columns of rows.sql.
select day,
       event_type,
       region,
       events::bigint as events,
       late_events::bigint as late_events,
       updated_at
from live_daily_metrics
where day = any ($1::date[])
