-- Moves the inbox into the session's staging table, each row judged. Sorted, so that where it is upserted in parts these
-- are in the order in which every session takes its locks.
-- DELETE … RETURNING takes what is visible and no more: a COPY that commits meanwhile waits for the next call.
with taken as (
    delete from staging_events
    returning *
), judged as (
    select
        *,
        nextval('staging_position') as position,
        musicstream_refusal(event_id, user_id, event_type, region, ts, song_id, device) as refusal
    from taken
)
insert into pg_temp.staging_inbox (
    partition, position, event_id, user_id, event_type, region, ts, song_id, device, payload, reason, detail
)
select
    0,
    position,
    case when refusal is null then musicstream_event_id(event_id) end as id,
    user_id,
    event_type,
    region,
    case when refusal is null then musicstream_ts(ts) end,
    nullif(song_id, ''),
    nullif(device, ''),
    case when refusal is not null then
        musicstream_event_json(event_id, user_id, event_type, region, ts, song_id, device)
    end,
    refusal[1],
    refusal[2]
from judged
order by id, position
