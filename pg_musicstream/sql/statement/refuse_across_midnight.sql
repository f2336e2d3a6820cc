-- Events near a day's edge whose event_id is stored on the other side of it. The same id with another time: a
-- conflict, the first arrival wins. $1 source, $2 how near (seconds), $3 and $4 the span of the days to look into, so
-- that only their partitions are opened, $5 the rows that may be stored there.
-- OFFSET keeps each lookup one for a row: as a join it could be turned round, to scan the day beyond.
with refused as (
    delete from pg_temp.staging_batch as b
    where b.ctid = any ($5)
        and (
            b.ts < date_bin('1 day', b.ts, 'epoch') + make_interval(secs => $2)
            and exists (
                select from raw_events as r
                where r.event_id = b.event_id
                    and r.ts >= date_bin('1 day', b.ts, 'epoch') - interval '24 hours'
                    and r.ts < date_bin('1 day', b.ts, 'epoch')
                    and r.ts >= $3 and r.ts < $4
                offset 0
            )
            or b.ts >= date_bin('1 day', b.ts, 'epoch') + interval '24 hours' - make_interval(secs => $2)
            and exists (
                select from raw_events as r
                where r.event_id = b.event_id
                    and r.ts >= date_bin('1 day', b.ts, 'epoch') + interval '24 hours'
                    and r.ts < date_bin('1 day', b.ts, 'epoch') + interval '48 hours'
                    and r.ts >= $3 and r.ts < $4
                offset 0
            )
        )
    returning b.ctid as place, b.*
), kept as (
    insert into rejected_events (source, partition, position, key, payload, reason, detail)
    select
        $1,
        coalesce(partition, 0),
        coalesce(position, -1 - nextval('staging_position')),
        key,
        coalesce(payload, musicstream_event_json(event_id, user_id, event_type, region, ts, song_id, device)),
        'conflicting_duplicate',
        'event_id is stored with another ts'
    from refused
    on conflict do nothing
)
select array_agg(place) from refused
