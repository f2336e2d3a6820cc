-- The slowest of the partitions that were active lately ($1: since when), less the lateness ($2, in seconds). Never moves back.
-- Returns the watermark and the revision, which grows where $3 (metrics changed) is true.
insert into rollup_state as s (watermark, revision, last_rollup_at)
select min(o.max_event_ts) - make_interval(secs => $2), $3::integer, clock_timestamp()
from ingest_offsets as o
where o.updated_at >= $1 and o.max_event_ts is not null
on conflict (singleton) do update
    set watermark = greatest(s.watermark, excluded.watermark),
        revision = s.revision + excluded.revision,
        last_rollup_at = excluded.last_rollup_at
returning s.watermark
