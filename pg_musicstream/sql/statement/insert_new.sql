-- For a batch of which nothing is stored yet; else it raises unique_violation. In the order of insert_missing.sql.
insert into raw_events (event_id, user_id, event_type, region, ts, song_id, device)
select distinct on (event_id) event_id, user_id, event_type, region, ts, song_id, device
from pg_temp.staging_batch
order by event_id, partition, position
returning ts, event_type, region, user_id, event_id
