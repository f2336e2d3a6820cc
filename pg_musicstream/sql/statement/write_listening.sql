-- Replaces the listening counts of the quarters from $8 up to $9 by those in $1 to $7. Rows that do not change are left out,
-- because ON CONFLICT DO UPDATE locks the row, which is a write.
with counted as materialized (
    select *
    from unnest($1::timestamptz[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
        as n (quarter, region, plays, streams, skips, listened_us, sessions)
), surplus as (
    delete from listening_counts as c
    where c.quarter >= $8 and c.quarter < $9
        and not exists (select from counted as n where n.quarter = c.quarter and n.region = c.region)
)
insert into listening_counts as c (quarter, region, plays, streams, skips, listened_us, sessions)
select quarter, region, plays, streams, skips, listened_us, sessions
from counted
except all
select c.quarter, c.region, c.plays, c.streams, c.skips, c.listened_us, c.sessions
from listening_counts as c
where c.quarter >= $8 and c.quarter < $9
order by quarter, region
on conflict (quarter, region) do update
    set plays = excluded.plays,
        streams = excluded.streams,
        skips = excluded.skips,
        listened_us = excluded.listened_us,
        sessions = excluded.sessions
