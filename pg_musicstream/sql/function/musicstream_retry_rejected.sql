create function musicstream_retry_rejected(
    reason text default null,
    source text default null,
    max_rows bigint default null
)
    returns table (retried bigint, inserted bigint, duplicate bigint, conflicting bigint, rejected bigint)
    language c volatile security definer rows 1
    set search_path = pg_catalog, @extschema@, pg_temp
    set jit = off
    set work_mem = '64MB' -- as in musicstream_upsert(source)
    as 'MODULE_PATHNAME', 'musicstream_retry_rejected_wrapper';

comment on function musicstream_retry_rejected(text, text, bigint) is 'judges rejected events again, oldest first, after a fix: those of this reason and source, null for any, and at most so many of those that can be read as events; what is stored now leaves rejected_events, the rest has the reason of today';

revoke execute on function musicstream_retry_rejected(text, text, bigint) from public;
