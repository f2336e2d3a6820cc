-- Of the rows whose event_id was stored already ($2), those that differ from what is stored. $1 source, $3 and $4:
-- the span of the batch's days, so that the plan has only their partitions.
-- The left join finds no stored row on the same day where the id was stored with a time on another day.
with conflicting as (
    select
        b.*,
        case
            when r.event_id is null then 'ts'
            else concat_ws(', ',
                case when r.ts <> b.ts then 'ts' end,
                case when r.user_id <> b.user_id then 'user_id' end,
                case when r.event_type <> b.event_type then 'event_type' end,
                case when r.region <> b.region then 'region' end,
                case when r.song_id is distinct from b.song_id then 'song_id' end,
                case when r.device is distinct from b.device then 'device' end
            )
        end as differing
    from pg_temp.staging_batch as b
    -- LIMIT keeps it a lookup for each row.
    left join lateral (
        select *
        from raw_events
        where event_id = b.event_id
            and ts >= date_bin('1 day', b.ts, 'epoch')
            and ts < date_bin('1 day', b.ts, 'epoch') + interval '24 hours'
            and ts >= $3
            and ts < $4
        limit 1
    ) as r on true
    where b.event_id = any ($2)
), kept as (
    insert into rejected_events (source, partition, position, key, payload, reason, detail)
    select
        $1,
        partition,
        position,
        key,
        coalesce(payload, musicstream_event_json(
            event_id::text, user_id, event_type, region,
            to_char(ts at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), song_id, device
        )),
        'conflicting_duplicate',
        'event_id is stored with another ' || differing
    from conflicting
    where differing <> ''
    on conflict do nothing
)
select count(*) from conflicting where differing <> ''
