-- Limits the number of days in the batch that need a new partition to $1, because one transaction cannot create more: see
-- make_missing_partitions(). The newest of these days stay; events of the others return to the inbox for the next call.
-- Returns the number of rows that returned, the number of rows before, and the remaining days.
with days as materialized (
    select (date_bin('1 day', ts, 'epoch') at time zone 'UTC')::date as day
    from pg_temp.staging_inbox
    where reason is null
    group by 1
), missing as materialized (
    -- Once for all days: in a condition it would be called for each day, and its cost grows with the number of days.
    select day from unnest(days_without_partition(array(select day from days))) as d (day)
), beyond as materialized (
    select day
    from missing
    where day >= frozen_before()
        and (
            is_plausible(day::timestamp at time zone 'UTC')
            or is_plausible((day + 1)::timestamp at time zone 'UTC' - interval '1 microsecond')
            -- musicstream_prepare_days() also creates these, although no event of them is accepted.
            or day between (now() at time zone 'UTC')::date and premade_until()
        )
    order by day desc
    offset $1
), held as (
    delete from pg_temp.staging_inbox as b
    where b.reason is null
        and (date_bin('1 day', b.ts, 'epoch') at time zone 'UTC')::date in (select day from beyond)
    returning b.*
), returned as (
    insert into staging_events (event_id, user_id, event_type, region, ts, song_id, device)
    select
        event_id::text,
        user_id,
        event_type,
        region,
        to_char(ts at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        song_id,
        device
    from held
    order by position
)
select
    (select count(*) from held),
    (select count(*) from pg_temp.staging_inbox), -- includes the held rows, because all parts of the statement see one snapshot
    array(select day from days except select day from beyond)
