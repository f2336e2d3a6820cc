create function musicstream_upsert(source text)
    returns table (staged bigint, inserted bigint, duplicate bigint, conflicting bigint, rejected bigint)
    language c volatile strict security definer rows 1
    set search_path = pg_catalog, @extschema@, pg_temp
    -- Lookups of stored events go through the index of their day, however large the day: the cost of a batch follows
    -- the batch. A planner that knows nothing of the staging table could choose to read the day.
    set enable_hashjoin = off
    set enable_mergejoin = off
    set work_mem = '64MB' -- a batch is sorted in memory
    as 'MODULE_PATHNAME', 'musicstream_upsert_wrapper';

comment on function musicstream_upsert(text) is 'stores the batch in pg_temp.staging_batch: judges it, leaves out what is stored already, counts the rest into the metrics; source names where it came from';

revoke execute on function musicstream_upsert(text) from public;
