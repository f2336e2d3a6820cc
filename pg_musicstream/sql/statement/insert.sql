-- What stands in comments is for the batches named there (upsert/insert.rs):
--   unordered: sorted by event_id, neighbours share index pages, and every session locks in the same order, so that two
--     batches with the same events cannot deadlock;
--   repeated: an event_id comes more than once, perhaps on two days, where no index would notice;
--   known: some events may be stored already; without this part, one that is raises unique_violation.
-- RETURNING gives what was really inserted.
insert into raw_events (event_id, user_id, event_type, region, ts, song_id, device)
select /* repeated: distinct on (event_id) */ event_id, user_id, event_type, region, ts, song_id, device
from pg_temp.staging_batch
/* unordered: order by event_id */
/* repeated: order by event_id, partition, position */
/* known: on conflict do nothing */
returning ts, event_type, region, user_id, event_id
