-- Moves rows of the batch to rejected_events. $1: source; $2: ctids of the rows; $3 and $4: reason and detail of each row. A
-- null reason means that the writer refused the record: the row holds reason, detail and the bytes.
with refused as (
    delete from pg_temp.staging_batch as b
    using unnest($2::tid[], $3::text[], $4::text[]) as g (place, reason, detail)
    where b.ctid = g.place
    returning b.*, g.reason as new_reason, g.detail as new_detail
)
insert into rejected_events (source, partition, position, key, payload, reason, detail)
select
    $1,
    coalesce(partition, 0),
    coalesce(position, -1 - nextval('staging_position')),
    key,
    case
        when new_reason is null then payload
        else coalesce(payload, event_json(event_id, user_id, event_type, region, ts, song_id, device))
    end,
    coalesce(new_reason, reason),
    case when new_reason is null then detail else new_detail end
from refused
on conflict do nothing
