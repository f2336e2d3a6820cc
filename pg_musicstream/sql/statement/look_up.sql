-- Stored events with these event_ids ($1) and a ts from $2 up to $3, which is excluded: one day, so that one partition is
-- read.
select event_id, ts, user_id, event_type, region, song_id, device
from raw_events
where event_id = any ($1) and ts >= $2 and ts < $3
