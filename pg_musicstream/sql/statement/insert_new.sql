-- For a batch of which nothing is stored yet; else it raises unique_violation. An event_id that comes twice shows as two
-- rows next to one another.
-- Ordered as insert.sql is, and for the same reasons.
insert into raw_events (event_id, user_id, event_type, region, ts, song_id, device)
select event_id, user_id, event_type, region, ts, song_id, device
from pg_temp.staging_batch
order by event_id
returning ts, event_type, region, user_id, event_id
