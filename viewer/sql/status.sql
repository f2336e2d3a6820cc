-- One row: state of the pipeline, and a revision that tells the viewer when numbers have changed.
select watermark,
       newest_event_ts,
       coalesce(pending_deltas, 0)::bigint as pending_deltas,
       coalesce(staged, 0)::bigint as staged,
       coalesce(rejected, 0)::bigint as rejected,
       last_rollup_at,
       coalesce(revision, 0)::bigint as revision,
       now() as server_now
from musicstream_status
