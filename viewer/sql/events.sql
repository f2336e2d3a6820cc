-- Single events from $1 to $2, the newest first. A leaf has no index on time, so all events of the day are scanned.
-- The block ranges that listening records by hour may lack blocks, and only the owner may complete them.
select ts,
       event_type,
       region,
       user_id,
       song_id,
       device,
       event_id::text as event_id
from raw_events
where ts >= $1
  and ts < $2
  and ($3::text[] is null or event_type = any ($3))
  and ($4::text[] is null or region = any ($4))
order by ts desc, event_id
limit $5
