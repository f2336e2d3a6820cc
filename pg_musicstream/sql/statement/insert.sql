-- What stands in comments is for the batches named there (upsert/insert.rs):
--   skipped: some rows are not to be inserted: later ones of an event_id that comes twice, and those found stored;
--   unordered: sorted by event_id, neighbours share index pages, and every session locks in the same order, so that two
--     batches with the same events cannot deadlock;
--   known: some events may be stored already; without this part, one that is raises unique_violation.
-- RETURNING gives what was really inserted.
insert into raw_events (event_id, user_id, event_type, region, ts, song_id, device)
select event_id, user_id, event_type, region, ts, nullif(song_id, ''), nullif(device, '')
from pg_temp.staging_batch
/* skipped: where ctid not in (select unnest('{}'::tid[])) */
/* unordered: order by event_id */
/* known: on conflict do nothing */
returning ts, event_type, region, user_id, event_id
