-- A transaction can make so many partitions ($1), see musicstream_provide_partitions(). Of the days that have none yet, the
-- newest so many stay in the batch; the events of the others go back to the inbox, for the next call.
-- Returns how many went back, how many there were, and the days of the rest.
with days as materialized (
    select (date_bin('1 day', ts, 'epoch') at time zone 'UTC')::date as day
    from pg_temp.staging_inbox
    where reason is null
    group by 1
), beyond as materialized (
    select day
    from days
    where day >= musicstream_frozen_before()
        and (
            musicstream_is_plausible(day::timestamp at time zone 'UTC')
            or musicstream_is_plausible((day + 1)::timestamp at time zone 'UTC' - interval '1 microsecond')
        )
        and day = any (musicstream_days_without_partition(array(select day from days)))
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
    (select count(*) from pg_temp.staging_inbox), -- those that are held, too: it is of one snapshot
    array(select day from days except select day from beyond)
