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
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    as 'MODULE_PATHNAME', 'musicstream_rollup_wrapper';

comment on function musicstream_rollup() is 'stores the events in staging_events, folds pending deltas into the metrics, advances the watermark, creates the partitions of the next days, and notifies the channel musicstream; run it every few seconds';

revoke execute on function musicstream_rollup() from public;
