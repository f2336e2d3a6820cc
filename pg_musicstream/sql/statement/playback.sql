-- The events that read_playback() has staged. $1: event types that start playback.
select event_id, user_id, event_type = any ($1), region, ts, song_id
from pg_temp.staging_playback
