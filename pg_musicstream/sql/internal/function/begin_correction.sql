create function musicstream_internal.begin_correction(name text) returns void
    language c volatile strict
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    as 'MODULE_PATHNAME', 'begin_correction_wrapper';

comment on function musicstream_internal.begin_correction(text) is 'the first step of each correction: refuses isolation levels above READ COMMITTED, waits for rollups and other corrections, and blocks writers if raw_events is distributed';

revoke execute on function musicstream_internal.begin_correction(text) from public;
