select coalesce(kept.reason, counted.reason) || ': ' || coalesce(kept.rows, 0) || ' kept, ' || coalesce(counted.rows, 0) || ' counted'
from (select reason, count(*) as rows from rejected_events group by reason) as kept
full join (select reason, sum(rejected) as rows from musicstream_internal.reject_counts group by reason having sum(rejected) <> 0) as counted
    using (reason)
where kept.rows is distinct from counted.rows
