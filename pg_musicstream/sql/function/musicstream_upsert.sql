create function musicstream_upsert()
    returns table (staged bigint, inserted bigint, duplicate bigint, conflicting bigint, rejected bigint)
    language c volatile strict security definer rows 1
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    -- As in musicstream_upsert_batch().
    set enable_seqscan = off
    set jit = off
    set work_mem = '64MB'
    -- Sessions that take the inbox at the same time must lock its rows in the same order, from the first page on. A synchronised
    -- scan would begin in the middle, and two sessions could wait for each other's rows.
    set synchronize_seqscans = off
    as 'MODULE_PATHNAME', 'musicstream_upsert_wrapper';

comment on function musicstream_upsert() is 'stores the events in staging_events, each event_id once; rows that are not valid events go to rejected_events; musicstream_rollup() does this, too';

revoke execute on function musicstream_upsert() from public;
