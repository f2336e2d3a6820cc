select count(*)
from (
    select from minute_metrics
    where minute >= (:day - 1)::timestamp at time zone 'UTC'
    for update
) as touched
