-- The events that read_playback() has staged, of one part of the users. $1: event types that start playback; $2: number of parts;
-- $3: the part, from 0.
select event_id, user_id, event_type = any ($1), region, ts, song_id
from pg_temp.staging_playback
-- The planner removes the condition if there is one part. The mask makes the hash non-negative.
where $2 = 1 or (hashtextextended(user_id, 0) & 9223372036854775807) % $2 = $3
