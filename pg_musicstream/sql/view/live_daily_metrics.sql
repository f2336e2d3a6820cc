-- One statement reads both parts in one snapshot, and a rollup moves rows between them in one transaction, so the sum is
-- always exact.
--
-- Compared with raw_events in one statement at READ COMMITTED there is one exception. Postgres plans before it takes the
-- snapshot, so the plan can lack a partition whose deltas the snapshot shows. This needs a batch that creates a partition and
-- commits in between. Rollups create the partitions of the coming days, and the ingestor creates partitions in a transaction
-- before the batch, so this concerns musicstream_upsert(), musicstream_retry_rejected(), and clients that call
-- musicstream_upsert_batch() without musicstream_prepare_days() before it. At REPEATABLE READ, and in musicstream_verify(), the
-- snapshot comes first.
--
-- Most days have no pending deltas and are read as they are. The others are summed.
create view live_daily_metrics as
with pending as (
    select
        (hour at time zone 'UTC')::date as day,
        event_type,
        region,
        sum(events)::bigint as events,
        sum(late_events)::bigint as late_events
    from musicstream_internal.metric_deltas
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
    coalesce(day < (select (watermark at time zone 'UTC')::date from musicstream_internal.rollup_state), false) as is_final
from live
where events <> 0;

comment on view live_daily_metrics is 'events by UTC day, event type and region: daily_metrics and the deltas that the next rollup will fold; to compare it with raw_events in one statement, use REPEATABLE READ';
comment on column live_daily_metrics.updated_at is 'time of the last rollup that changed the row; null if no rollup has folded it yet';
comment on column live_daily_metrics.is_final is 'the watermark has passed the end of the day; events that still arrive are counted as late';
