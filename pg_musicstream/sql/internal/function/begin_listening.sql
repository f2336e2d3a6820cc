create function musicstream_internal.begin_listening(name text) returns void
    language c volatile strict
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    as 'MODULE_PATHNAME', 'begin_listening_wrapper';

comment on function musicstream_internal.begin_listening(text) is 'the first step of each run that counts listening: refuses isolation levels above READ COMMITTED, blocks writers if raw_events is distributed, and waits for other such runs';

revoke execute on function musicstream_internal.begin_listening(text) from public;
