-- Listening by day of a zone and region, in microseconds: the driver has no numeric type.
select day,
       region,
       plays,
       streams,
       skips,
       (listening_seconds * 1000000)::bigint as listened_us,
       sessions,
       is_settled
from daily_listening_at($1, $2, $3)
