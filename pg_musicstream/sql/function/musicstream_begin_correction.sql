create function musicstream_begin_correction(name text) returns void
    language c volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
    as 'MODULE_PATHNAME', 'musicstream_begin_correction_wrapper';

comment on function musicstream_begin_correction(text) is 'what each correction does first: refuses isolation above READ COMMITTED, waits until no rollup and no other correction is under way, and keeps writers of a distributed raw_events out';

revoke execute on function musicstream_begin_correction(text) from public;
