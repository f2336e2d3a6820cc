with ordered as (
    select
        region,
        ts,
        event_type,
        $1::date::timestamp at time zone 'UTC' as midnight,
        lead(ts) over by_user as next_ts,
        lag(ts) over by_user as previous_ts
    from raw_events
    where ts >= $1::date::timestamp at time zone 'UTC' - interval '1 hour'
        and ts < ($1::date + 1)::timestamp at time zone 'UTC' + interval '1 hour'
    window by_user as (partition by user_id order by ts, event_type = 'play', event_id)
), events as (
    select
        o.*,
        o.event_type = 'play' as is_play,
        o.ts >= o.midnight and o.ts < o.midnight + interval '1 day' as is_of_day,
        coalesce(o.next_ts - o.ts <= interval '15 minutes', false) as is_ended,
        least(o.next_ts, o.ts + interval '15 minutes') as until
    from ordered as o
)
select
    region,
    count(*) filter (where is_play and is_of_day),
    count(*) filter (where is_play and is_of_day and until - ts >= interval '30 seconds'),
    count(*) filter (where is_play and is_of_day and is_ended and until - ts < interval '30 seconds'),
    coalesce(sum(
        extract(epoch from least(until, midnight + interval '1 day') - greatest(ts, midnight)) * 1000000
    ) filter (where is_play and until > midnight and ts < midnight + interval '1 day'), 0)::bigint,
    count(*) filter (where is_of_day and (previous_ts is null or ts - previous_ts > interval '30 minutes'))
from events
group by region
having count(*) filter (where is_of_day) > 0
    or count(*) filter (where is_play and until > midnight and ts < midnight) > 0
