-- Only days and regions with pending sketches are merged here. The others are read from daily_listeners, by the index if the
-- query has a condition on the day.
create view live_daily_listeners as
with pending as (
    select distinct day, region from musicstream_internal.listener_deltas
), live as (
    select day, region, listeners, updated_at
    from daily_listeners
    where (day, region) not in (select day, region from pending) -- hashed
    union all
    select day, region, round(musicstream_sketch_estimate(musicstream_sketch_union(sketch)))::bigint, max(updated_at)
    from (
        select day, region, sketch, updated_at from daily_listeners where (day, region) in (select day, region from pending)
        union all
        select day, region, sketch, null from musicstream_internal.listener_deltas
    ) as part
    group by day, region
)
select
    day,
    region,
    listeners,
    updated_at,
    coalesce(day < (select (watermark at time zone 'UTC')::date from musicstream_internal.rollup_state), false) as is_final
from live;

comment on view live_daily_listeners is 'distinct users by UTC day and region, including events that the next rollup will fold';
comment on column live_daily_listeners.listeners is 'an estimate; standard error 0.8 %';
comment on column live_daily_listeners.updated_at is 'time of the last rollup that changed the row; null if no rollup has folded it yet';
comment on column live_daily_listeners.is_final is 'the watermark has passed the end of the day';
