-- What musicstream_read_playback() has read, and whether each event starts playback: its type is one of $1.
select event_id, user_id, event_type = any ($1), region, ts, song_id
from pg_temp.staging_playback
