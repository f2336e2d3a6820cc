-- Merges what is visible of listener_deltas into daily_listeners. The rollup's lock keeps other writers of
-- daily_listeners away: the sketch that is read is the one that is replaced.
-- A sketch that has seen all of these users is not written again: it would be 8 kB of WAL for each day and region.
with taken as (
    delete from listener_deltas
    returning day, region, sketch
), added as (
    select day, region, musicstream_sketch_union(sketch) as sketch
    from taken
    group by day, region
), grown as materialized (
    select a.day, a.region, musicstream_sketch_grown(stored.sketch, a.sketch) as sketch
    from added as a
    -- OFFSET keeps it a lookup for each cell, however many days there are.
    left join lateral (
        select d.sketch from daily_listeners as d where d.day = a.day and d.region = a.region offset 0
    ) as stored on true
)
insert into daily_listeners as d (day, region, listeners, sketch, updated_at)
select day, region, round(musicstream_sketch_estimate(sketch))::bigint, sketch, (select clock_timestamp())
from grown
where sketch is not null
order by day, region
on conflict (day, region) do update
    set listeners = excluded.listeners, sketch = excluded.sketch, updated_at = excluded.updated_at
