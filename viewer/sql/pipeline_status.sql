-- State of the pipeline and duration of the last rollup.
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
