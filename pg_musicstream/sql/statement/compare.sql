-- Of these rows ($2) those whose event_id is stored on the day of their time, and how many differ from what is stored: the
-- first arrival wins, the others are kept as rejects. $1 source, $3 and $4: the span of the days of these rows, so that
-- only their partitions are opened.
-- $5 says that all of them are known to be stored: one that is not on its day was stored with a time on another.
with compared as materialized (
    select
        b.ctid as place,
        b.*,
        case
            when r.event_id is null then 'ts'
            else concat_ws(', ',
                case when r.ts <> b.ts then 'ts' end,
                case when r.user_id <> b.user_id then 'user_id' end,
                case when r.event_type <> b.event_type then 'event_type' end,
                case when r.region <> b.region then 'region' end,
                case when nullif(r.song_id, '') is distinct from nullif(b.song_id, '') then 'song_id' end,
                case when nullif(r.device, '') is distinct from nullif(b.device, '') then 'device' end
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
    where b.ctid = any ($2) and (r.event_id is not null or $5)
), kept as (
    insert into rejected_events (source, partition, position, key, payload, reason, detail)
    select
        $1,
        coalesce(partition, 0),
        coalesce(position, -1 - nextval('staging_position')),
        key,
        coalesce(payload, musicstream_event_json(event_id, user_id, event_type, region, ts, song_id, device)),
        'conflicting_duplicate',
        'event_id is stored with another ' || differing
    from compared
    where differing <> ''
    on conflict do nothing
)
select array_agg(place), count(*) filter (where differing <> '') from compared
