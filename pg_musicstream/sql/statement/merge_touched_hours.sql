-- Merges the rows of touched_hours to one row per hour, so that the table stays small where nobody calls
-- musicstream_rollup_listening(). Skips rows that such a call has locked: it is deleting them, and waiting for it would delay
-- the rollup.
with taken as (
    delete from touched_hours
    where ctid = any (array(select ctid from touched_hours for update skip locked))
    returning hour, has_removals
)
insert into touched_hours (hour, has_removals)
select hour, bool_or(has_removals)
from taken
group by hour
order by hour
