-- Merges the visible rows of listener_deltas into daily_listeners. rollup_lock excludes other writers of daily_listeners, so
-- the sketch that is read is the one that is replaced.
-- A sketch that does not grow is not written, because each write costs 8 kB of WAL per day and region.
with taken as (
    delete from listener_deltas
    returning day, region, sketch
), added as (
    select day, region, musicstream_sketch_union(sketch) as sketch
    from taken
    group by day, region
), grown as materialized (
    select a.day, a.region, grown_sketch(stored.sketch, a.sketch) as sketch
    from added as a
    -- OFFSET prevents the planner from turning the lookup of a cell into a join with the whole table.
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
