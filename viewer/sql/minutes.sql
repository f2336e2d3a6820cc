-- The last minutes, and the same minutes a day before.
select extract(epoch from minute)::bigint / 60 as minute,
       event_type,
       region,
       events::bigint as events,
       late_events::bigint as late_events
from live_minute_metrics
where minute >= $1
    and minute < $2
union all
select extract(epoch from minute)::bigint / 60,
       event_type,
       region,
       events::bigint,
       late_events::bigint
from live_minute_metrics
where minute >= $1 - interval '24 hours'
    and minute < least($2 - interval '24 hours', $1)
