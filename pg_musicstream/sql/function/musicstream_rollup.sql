create function musicstream_rollup()
    returns table (
        staged bigint,
        inserted bigint,
        duplicate bigint,
        conflicting bigint,
        rejected bigint,
        folded_deltas bigint,
        watermark timestamptz
    )
    language c volatile strict security definer rows 1
    set search_path = pg_catalog, @extschema@, pg_temp
    as 'MODULE_PATHNAME', 'musicstream_rollup_wrapper';

comment on function musicstream_rollup() is 'stores what is in staging_events, folds pending deltas into the metrics, advances the watermark, makes the partitions of the next days, notifies channel musicstream';

revoke execute on function musicstream_rollup() from public;
