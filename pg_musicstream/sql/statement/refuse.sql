-- Takes out of the batch what cannot be stored (survey.sql decides by the same rules), and keeps it.
-- $1 source, $2 oldest and $3 newest plausible time, $4 the oldest that musicstream.retention allows: days from there to $2
-- are frozen.
with refused as (
    delete from pg_temp.staging_batch as b
    where b.reason is not null
        or b.ts < $2
        or b.ts > $3
        or b.event_id is null
        or b.user_id is null
        or b.region is null
        or b.ts is null
        or b.event_type is null
        or b.event_type <> all (array(select t.event_type from event_types as t))
    returning b.*
), kept as (
    insert into rejected_events (source, partition, position, key, payload, reason, detail)
    select
        $1,
        partition,
        position,
        key,
        -- A writer that gave a reason gave what bytes there were.
        case
            when reason is not null then payload
            else coalesce(payload, musicstream_event_json(event_id, user_id, event_type, region, ts, song_id, device))
        end,
        case
            when reason is not null then reason
            when ts < $4 then 'too_old'
            when ts < $2 then 'day_frozen'
            when ts > $3 then 'too_far_in_future'
            when event_id is null or user_id is null or event_type is null or region is null or ts is null
                then 'missing_field'
            else 'unknown_event_type'
        end,
        case
            when reason is not null then detail
            when ts < $4 then 'ts is before ' || to_char($4 at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
                || ', the limit that musicstream.retention sets'
            when ts < $2 then 'ts is before ' || to_char($2 at time zone 'UTC', 'YYYY-MM-DD')
                || ', and musicstream_expire() dropped the events of those days'
            when ts > $3 then 'ts is after ' || to_char($3 at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
                || ', the limit that musicstream.max_future sets'
            when event_id is null or user_id is null or event_type is null or region is null or ts is null
                then 'event_id, user_id, event_type, region and ts must not be null'
            else 'event_type is not in the table event_types'
        end
    from refused
    on conflict do nothing
)
select count(*) from refused
