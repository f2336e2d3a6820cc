create function musicstream_begin_listening(name text) returns void
    language c volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
    as 'MODULE_PATHNAME', 'musicstream_begin_listening_wrapper';

comment on function musicstream_begin_listening(text) is 'what each run that counts listening does first: refuses isolation above READ COMMITTED, and waits until no other one is under way';

revoke execute on function musicstream_begin_listening(text) from public;
