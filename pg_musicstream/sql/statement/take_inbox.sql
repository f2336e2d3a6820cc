-- Moves the inbox into the session's staging table and checks each row. The rows are staged in the order of event_id, so that a
-- slice reads neighbouring rows and upsert/events.rs need not sort them.
-- DELETE … RETURNING takes the visible rows only. Rows that are committed meanwhile wait for the next call.
with taken as (
    delete from staging_events
    returning *
), checked as (
    select
        *,
        nextval('staging_position') as position,
        check_fields(event_id, user_id, event_type, region, ts, song_id, device) as rejection
    from taken
)
insert into pg_temp.staging_inbox (
    partition, position, event_id, user_id, event_type, region, ts, song_id, device, payload, reason, detail
)
select
    0,
    position,
    case when rejection is null then parse_event_id(event_id) end as id,
    user_id,
    event_type,
    region,
    case when rejection is null then parse_ts(ts) end,
    nullif(song_id, ''),
    nullif(device, ''),
    case when rejection is not null then
        event_json(event_id, user_id, event_type, region, ts, song_id, device)
    end,
    rejection[1],
    rejection[2]
from checked
order by id, position
