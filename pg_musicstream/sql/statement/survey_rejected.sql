-- The sources of the rejected events with reason $1 (null: any but conflicting_duplicate; see take_rejected.sql) and source $2
-- (null: any), and the highest rejected_id. Ordered by name; with a limit ($3) ordered by their oldest rejected event. Rows that
-- are rejected again get new ids, so the next call continues with other rows, and one source whose rows never succeed does not
-- block the others.
select
    array_agg(source order by case when $3 then oldest end, source) filter (where oldest is not null),
    max(newest)
from (
    select
        source,
        min(rejected_id) filter (
            where (reason = $1 or $1 is null and reason <> 'conflicting_duplicate') and ($2 is null or source = $2)
        ) as oldest,
        max(rejected_id) as newest
    from rejected_events
    group by source
) as by_source
