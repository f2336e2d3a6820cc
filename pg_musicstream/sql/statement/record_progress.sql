insert into ingest_offsets as o (source, partition, max_event_ts)
select $1, p.partition, p.max_event_ts
from unnest($2::integer[], $3::timestamptz[]) as p (partition, max_event_ts)
on conflict (source, partition) do update
    set max_event_ts = greatest(o.max_event_ts, excluded.max_event_ts), updated_at = now()
    -- updated_at also moves if the batch holds old events only, because the source is active. After musicstream_advance() in the
    -- same transaction it is already now().
    where o.max_event_ts is null or o.max_event_ts < excluded.max_event_ts or o.updated_at < now()
