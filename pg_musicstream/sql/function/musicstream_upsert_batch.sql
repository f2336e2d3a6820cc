create function musicstream_upsert_batch(source text)
    returns table (staged bigint, inserted bigint, duplicate bigint, conflicting bigint, rejected bigint)
    language c volatile strict security definer rows 1
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    -- Stored events are looked up by the index of their day, so that the cost of a batch depends on the batch only. A new partition
    -- has no statistics, and the planner would choose to read all of it.
    set enable_seqscan = off
    set jit = off -- enable_seqscan = off raises the estimated costs, which would trigger it
    set work_mem = '64MB' -- a batch is sorted in memory
    as 'MODULE_PATHNAME', 'musicstream_upsert_batch_wrapper';

comment on function musicstream_upsert_batch(text) is 'stores the batch in pg_temp.staging_batch: rejects rows that are not valid events, skips events that are stored already, inserts the others and counts them; source names the origin of the batch';

revoke execute on function musicstream_upsert_batch(text) from public;
