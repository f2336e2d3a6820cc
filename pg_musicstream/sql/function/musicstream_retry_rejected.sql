create function musicstream_retry_rejected(
    reason text default null,
    source text default null,
    max_rows bigint default null
)
    returns table (retried bigint, inserted bigint, duplicate bigint, conflicting bigint, rejected bigint)
    language c volatile security definer rows 1
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    set jit = off
    set work_mem = '64MB' -- as in musicstream_upsert_batch(source)
    as 'MODULE_PATHNAME', 'musicstream_retry_rejected_wrapper';

comment on function musicstream_retry_rejected(text, text, bigint) is 'tries to store rejected events again, the oldest first, after the cause was fixed: those with this reason (null: any but conflicting_duplicate; after retrying that one, run musicstream_reconcile()) and this source (null: any), at most max_rows that can be decoded; stored events leave rejected_events, the others get their present reason';

revoke execute on function musicstream_retry_rejected(text, text, bigint) from public;
