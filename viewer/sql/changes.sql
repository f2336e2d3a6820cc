-- One row: number of rows written by rollups, days of those written after $1, and days with pending deltas.
-- It scans daily_metrics, which is much cheaper than sending it.
select count(*) filter (where events <> 0) as rolled_up,
       coalesce(array_agg(distinct day) filter (where updated_at > $1), '{}') as changed,
       array(select day from pending_days) as pending
from daily_metrics
