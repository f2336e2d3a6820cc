-- Merges what is visible of listener_deltas into daily_listeners. The rollup's lock keeps other writers of
-- daily_listeners away: the sketch that is read is the one that is replaced.
with taken as (
    delete from listener_deltas
    returning day, region, sketch
), part as (
    select day, region, sketch from taken
    union all
    select day, region, stored.sketch
    from (select distinct day, region from taken) as cell
    -- OFFSET keeps it a lookup for each cell, however many days there are.
    cross join lateral (
        select d.sketch from daily_listeners as d where d.day = cell.day and d.region = cell.region offset 0
    ) as stored
), merged as (
    select day, region, musicstream_sketch_union(sketch) as sketch
    from part
    group by day, region
)
insert into daily_listeners as d (day, region, listeners, sketch, updated_at)
select day, region, round(musicstream_sketch_estimate(sketch))::bigint, sketch, (select clock_timestamp())
from merged
order by day, region
on conflict (day, region) do update
    set listeners = excluded.listeners, sketch = excluded.sketch, updated_at = excluded.updated_at
