-- Days of a zone, summed up from minutes: only as far back as they are shown.
select day,
       event_type,
       region,
       events::bigint as events,
       late_events::bigint as late_events,
       null::timestamptz as updated_at
from daily_metrics_at($1, $2)
