-- Replaces the packed songs of the quarters from $4 up to $5 by those in $1 to $3. Rows that do not change are not written.
with counted as materialized (
    select * from unnest($1::timestamptz[], $2::text[], $3::bytea[]) as n (quarter, region, songs)
), kept as materialized (
    select c.quarter, c.region, c.songs
    from song_counts as c
    where c.quarter >= $4 and c.quarter < $5
), surplus as (
    delete from song_counts as c
    where c.quarter >= $4 and c.quarter < $5
        and not exists (select from counted as n where n.quarter = c.quarter and n.region = c.region)
)
insert into song_counts as c (quarter, region, songs)
select n.quarter, n.region, n.songs
from counted as n
left join kept as k on k.quarter = n.quarter and k.region = n.region
where k.songs is distinct from n.songs
order by n.quarter, n.region
on conflict (quarter, region) do update set songs = excluded.songs
