-- One row a reason instead of many. Without a lock it would be as right, but the rollup's keeps it from waiting.
with taken as (
    delete from reject_counts
    returning reason, rejected
)
insert into reject_counts (reason, rejected)
select reason, sum(rejected)::bigint
from taken
group by reason
having sum(rejected) <> 0
