-- The numbers of the minutes $1 as they stand now.
select extract(epoch from minute)::bigint / 60 as minute,
       event_type,
       region,
       events::bigint as events,
       late_events::bigint as late_events
from live_minute_metrics
where minute = any ($1::timestamptz[])
