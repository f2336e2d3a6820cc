create view active_listeners as
with sketches as (
    select day, region, sketch from daily_listeners
    union all
    select day, region, sketch from musicstream_internal.listener_deltas
)
select
    d.day,
    d.region,
    round(musicstream_sketch_estimate(s.sketch_1_day))::bigint as listeners_1_day,
    round(musicstream_sketch_estimate(s.sketch_7_days))::bigint as listeners_7_days,
    round(musicstream_sketch_estimate(s.sketch_28_days))::bigint as listeners_28_days
from (
    select day, region from daily_listeners
    union
    select day, region from musicstream_internal.listener_deltas
) as d
cross join lateral (
    select
        musicstream_sketch_union(k.sketch) filter (where k.day = d.day) as sketch_1_day,
        musicstream_sketch_union(k.sketch) filter (where k.day > d.day - 7) as sketch_7_days,
        musicstream_sketch_union(k.sketch) as sketch_28_days
    from sketches as k
    where k.region = d.region and k.day > d.day - 28 and k.day <= d.day
) as s;

comment on view active_listeners is 'distinct users by UTC day and region: of the day, and of the 7 and 28 days that end with it, including events that the next rollup will fold; no row for a day and region without users';
comment on column active_listeners.listeners_1_day is 'an estimate; standard error 0.8 %';
comment on column active_listeners.listeners_7_days is 'an estimate; standard error 0.8 %';
comment on column active_listeners.listeners_28_days is 'an estimate; standard error 0.8 %';
