-- Only cells with something pending are merged anew.
create view live_daily_listeners as
select
    day,
    region,
    coalesce(p.listeners, d.listeners) as listeners,
    d.updated_at,
    coalesce(day < (select (watermark at time zone 'UTC')::date from rollup_state), false) as is_final
from daily_listeners as d
full join (
    select day, region, round(musicstream_sketch_estimate(musicstream_sketch_union(sketch)))::bigint as listeners
    from (
        select day, region, sketch from listener_deltas
        union all
        select day, region, sketch from daily_listeners where (day, region) in (select day, region from listener_deltas)
    ) as part
    group by day, region
) as p using (day, region);

comment on view live_daily_listeners is 'distinct users by UTC day and region, what waits for the rollup included';
comment on column live_daily_listeners.listeners is 'an estimate; standard error 0.8 %';
comment on column live_daily_listeners.updated_at is 'when a rollup last changed the row; null: no rollup has seen it yet';
comment on column live_daily_listeners.is_final is 'the watermark is past the end of the day';
