-- One row: how many rows rollups have written, the days of those written after $1, and the days with deltas that wait.
-- It reads daily_metrics through, which takes a small part of the time that sending it would take.
select count(*) filter (where events <> 0) as rolled_up,
       coalesce(array_agg(distinct day) filter (where updated_at > $1), '{}') as changed,
       array(select day from pending_days) as pending
from daily_metrics
