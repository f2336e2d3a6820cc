-- One row an hour instead of many, where nobody calls musicstream_rollup_listening(). A run that is taking rows off keeps
-- them: rows that it has locked are left alone, and an hour that it waits for here is noted again.
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
