with counted as (
    select 'day' as metric, day::timestamp as bucket, event_type, region, events
    from live_daily_metrics
    union all
    select 'minute', minute at time zone 'UTC', event_type, region, events
    from live_minute_metrics
), stored as (
    select 'day' as metric, date_trunc('day', ts at time zone 'UTC') as bucket, event_type, region, count(*) as events
    from raw_events
    group by 2, 3, 4
    union all
    select 'minute', date_trunc('minute', ts at time zone 'UTC'), event_type, region, count(*)
    from raw_events
    group by 2, 3, 4
), difference as (
    select 'counted, not stored' as difference, surplus.* from (table counted except all table stored) as surplus
    union all
    select 'stored, not counted', lack.* from (table stored except all table counted) as lack
)
select to_jsonb(d)::text from difference as d limit 20
