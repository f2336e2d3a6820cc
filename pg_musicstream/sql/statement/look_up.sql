-- What is stored with these ids ($1) on one day, from $2 up to $3.
select event_id, ts, user_id, event_type, region, song_id, device
from raw_events
where event_id = any ($1) and ts >= $2 and ts < $3
