-- The sources of the rejected events with reason $1 and source $2, null for any, and the newest number of all.
select
    array_agg(distinct source order by source)
        filter (where ($1 is null or reason = $1) and ($2 is null or source = $2)),
    max(rejected_id)
from rejected_events
