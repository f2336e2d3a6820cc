create function musicstream_upsert()
    returns table (staged bigint, inserted bigint, duplicate bigint, conflicting bigint, rejected bigint)
    language c volatile strict security definer rows 1
    set search_path = pg_catalog, @extschema@, pg_temp
    -- As in musicstream_upsert(source).
    set enable_seqscan = off
    set jit = off
    set work_mem = '64MB'
    -- Two sessions that take the inbox at once lock its rows in the same order, from the first page on. A synchronised scan
    -- would begin where another one is, and each could wait for rows that the other has.
    set synchronize_seqscans = off
    as 'MODULE_PATHNAME', 'musicstream_upsert_inbox_wrapper';

comment on function musicstream_upsert() is 'stores what is in staging_events';

revoke execute on function musicstream_upsert() from public;
