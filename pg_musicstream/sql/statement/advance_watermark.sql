-- Moves the watermark forward: to the newest event time of the slowest active partition, or, if no partition is active, to
-- the newest event time of the released ones, less the lateness ($1, seconds). The watermark never moves back. $2: number of
-- folded deltas; $3: duration of the rollup in milliseconds.
insert into rollup_state as s (watermark, revision, last_rollup_at, last_rollup_ms, last_rollup_deltas)
select
    coalesce(
        min(p.max_event_ts) filter (where p.state = 'active'),
        max(p.max_event_ts) filter (where p.state = 'released')
    ) - make_interval(secs => $1),
    ($2 > 0)::integer,
    clock_timestamp(),
    $3,
    $2
from musicstream_progress as p
on conflict (singleton) do update
    set watermark = greatest(s.watermark, excluded.watermark),
        revision = s.revision + excluded.revision,
        last_rollup_at = excluded.last_rollup_at,
        last_rollup_ms = excluded.last_rollup_ms,
        last_rollup_deltas = excluded.last_rollup_deltas
returning s.watermark
