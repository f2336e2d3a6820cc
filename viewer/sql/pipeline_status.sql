-- How the pipeline is as a whole, and what the last rollup took.
select watermark,
       newest_event_ts,
       pending_deltas,
       staged,
       touched_hours,
       last_rollup_at,
       last_rollup_ms,
       last_rollup_deltas,
       now() as server_now
from musicstream_status
