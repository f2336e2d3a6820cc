-- Merges the rows of reject_counts to one row per reason. The result would be correct without a lock; rollup_lock avoids
-- waiting for another session that merges.
with taken as (
    delete from reject_counts
    returning reason, rejected
)
insert into reject_counts (reason, rejected)
select reason, sum(rejected)::bigint
from taken
group by reason
having sum(rejected) <> 0
