-- insert_missing.sql for a batch whose rows lie in the order of their event_ids, each once.
insert into raw_events (event_id, user_id, event_type, region, ts, song_id, device)
select event_id, user_id, event_type, region, ts, song_id, device
from pg_temp.staging_batch
on conflict do nothing
returning ts, event_type, region, user_id, event_id
