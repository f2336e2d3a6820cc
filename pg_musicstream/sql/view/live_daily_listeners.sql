-- Only cells with something pending are merged anew; the others are read as they stand, by the index where a day is
-- asked for.
create view live_daily_listeners as
with pending as (
    select distinct day, region from listener_deltas
), live as (
    select day, region, listeners, updated_at
    from daily_listeners
    where (day, region) not in (select day, region from pending) -- hashed
    union all
    select day, region, round(musicstream_sketch_estimate(musicstream_sketch_union(sketch)))::bigint, max(updated_at)
    from (
        select day, region, sketch, updated_at from daily_listeners where (day, region) in (select day, region from pending)
        union all
        select day, region, sketch, null from listener_deltas
    ) as part
    group by day, region
)
select
    day,
    region,
    listeners,
    updated_at,
    coalesce(day < (select (watermark at time zone 'UTC')::date from rollup_state), false) as is_final
from live;

comment on view live_daily_listeners is 'distinct users by UTC day and region, what waits for the rollup included';
comment on column live_daily_listeners.listeners is 'an estimate; standard error 0.8 %';
comment on column live_daily_listeners.updated_at is 'when a rollup last changed the row; null: no rollup has seen it yet';
comment on column live_daily_listeners.is_final is 'the watermark is past the end of the day';
