insert into ingest_offsets as o (source, partition, max_event_ts)
select $1, p.partition, p.max_event_ts
from unnest($2::integer[], $3::timestamptz[]) as p (partition, max_event_ts)
on conflict (source, partition) do update
    set max_event_ts = greatest(o.max_event_ts, excluded.max_event_ts), active_at = now(), updated_at = now()
    -- active_at also changes if the batch holds old events only, because the source is active. It may be ahead of now(), if the
    -- server's clock was set back.
    where o.max_event_ts is null or o.max_event_ts < excluded.max_event_ts or o.active_at <> now()
