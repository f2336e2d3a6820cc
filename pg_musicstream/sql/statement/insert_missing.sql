-- Sorted by event_id: neighbours share index pages, and every session locks in the same order, so that two batches
-- with the same events cannot deadlock. RETURNING gives what was really inserted.
insert into raw_events (event_id, user_id, event_type, region, ts, song_id, device)
select distinct on (event_id) event_id, user_id, event_type, region, ts, song_id, device
from pg_temp.staging_batch
order by event_id, partition, position
on conflict do nothing
returning ts, event_type, region, user_id, event_id
