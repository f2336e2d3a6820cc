-- Merges the rows of touched_hours to one row per hour, so that the table stays small if musicstream_rollup_listening() is not
-- called. Skips rows that a run of that function has locked: the run is deleting them, and waiting for it would delay the
-- rollup.
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
