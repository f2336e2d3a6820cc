-- Records rule $3 for the hours of the quarters from $1 up to $2 that have listening counts.
with counted as materialized (
    select distinct date_bin('1 hour', c.quarter, 'epoch') as hour
    from listening_counts as c
    where c.quarter >= $1 and c.quarter < $2
), empty as (
    delete from counted_hours as h
    where h.hour >= date_bin('1 hour', $1, 'epoch') and h.hour < $2
        and not exists (
            select from listening_counts as c where c.quarter >= h.hour and c.quarter < h.hour + interval '1 hour'
        )
)
insert into counted_hours as h (hour, rule)
select hour, $3::integer
from counted
on conflict (hour) do update set rule = excluded.rule where h.rule <> excluded.rule
