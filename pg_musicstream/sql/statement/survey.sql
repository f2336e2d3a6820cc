-- What the batch touches: for each source partition and UTC day the number of rows, the span of their times, and
-- the newest time that is not ahead of the clock ($1).
select
    partition,
    date_bin('1 day', ts, 'epoch') as day,
    count(*) as rows,
    min(ts) as first_ts,
    max(ts) as last_ts,
    max(ts) filter (where ts <= $1) as max_event_ts
from pg_temp.staging_batch
group by 1, 2
