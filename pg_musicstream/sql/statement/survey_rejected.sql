-- The sources of the rejected events with reason $1 and source $2, null for any, and the newest number of all; by name.
-- With a limit ($3) the source with the lowest number comes first: what is refused again gets new ones, so that a call goes
-- on where the last one ended, and no source waits for another's hopeless ones.
select
    array_agg(source order by case when $3 then oldest end, source) filter (where oldest is not null),
    max(newest)
from (
    select
        source,
        min(rejected_id) filter (where ($1 is null or reason = $1) and ($2 is null or source = $2)) as oldest,
        max(rejected_id) as newest
    from rejected_events
    group by source
) as by_source
