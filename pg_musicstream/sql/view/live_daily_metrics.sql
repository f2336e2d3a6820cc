-- One statement reads both parts in one snapshot, and a rollup moves rows between them in one transaction:
-- the sum is exact at every instant.
--
-- Beside raw_events in one statement at READ COMMITTED there is one exception: Postgres plans before it takes the
-- snapshot, so a plan may lack a day's partition whose deltas the snapshot has. It takes a batch that makes a
-- partition to commit in between: rollups make those of the next days ahead, the ingestor makes its own in a
-- transaction before the batch, only the inbox makes old days together with their events. In a transaction at
-- REPEATABLE READ, and in musicstream_verify(), the snapshot comes first.
-- Most days have nothing pending and are read as they stand; the others are summed up.
create view live_daily_metrics as
with pending as (
    select
        (hour at time zone 'UTC')::date as day,
        event_type,
        region,
        sum(events)::bigint as events,
        sum(late_events)::bigint as late_events
    from metric_deltas
    group by 1, 2, 3
), live as (
    select day, event_type, region, events, late_events, updated_at
    from daily_metrics
    where day not in (select day from pending) -- hashed
    union all
    select day, event_type, region, sum(events)::bigint, sum(late_events)::bigint, max(updated_at)
    from (
        select day, event_type, region, events, late_events, updated_at
        from daily_metrics
        where day = any (array(select distinct day from pending)) -- by the index
        union all
        select day, event_type, region, events, late_events, null
        from pending
    ) as part
    group by day, event_type, region
)
select
    day,
    event_type,
    region,
    events,
    late_events,
    updated_at,
    coalesce(day < (select (watermark at time zone 'UTC')::date from rollup_state), false) as is_final
from live
where events <> 0;

comment on view live_daily_metrics is 'daily_metrics plus what waits for the rollup: exact now; to compare it with raw_events in one statement, do so at REPEATABLE READ';
comment on column live_daily_metrics.updated_at is 'when a rollup last changed the day; null: no rollup has seen it yet';
comment on column live_daily_metrics.is_final is 'the watermark is past the end of the day; what still comes counts as late';
