select region, plays, streams, skips, (listening_seconds * 1000000)::bigint, sessions
from daily_listening
where day = $1
