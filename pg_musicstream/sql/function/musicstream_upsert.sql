create function musicstream_upsert(source text)
    returns table (staged bigint, inserted bigint, duplicate bigint, conflicting bigint, rejected bigint)
    language c volatile strict security definer rows 1
    set search_path = pg_catalog, @extschema@, pg_temp
    -- A stored event is looked up through the index of its day, however large the day: the cost of a batch follows the
    -- batch. The planner, which knows nothing of a day made a second ago, would rather read it.
    set enable_seqscan = off
    set jit = off -- the costs that this makes look like long queries
    set work_mem = '64MB' -- a batch is sorted in memory
    as 'MODULE_PATHNAME', 'musicstream_upsert_wrapper';

comment on function musicstream_upsert(text) is 'stores the batch in pg_temp.staging_batch: judges it, leaves out what is stored already, counts the rest into the metrics; source names where it came from';

revoke execute on function musicstream_upsert(text) from public;
