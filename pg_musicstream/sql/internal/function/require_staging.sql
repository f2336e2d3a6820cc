create function musicstream_internal.require_staging(name text) returns void
    language plpgsql stable strict
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
as $$
begin
    perform from pg_class as c
    where c.oid = to_regclass('pg_temp.' || name)
        and c.relowner = quote_ident(current_user)::regrole
        and c.relkind = 'r'
        and c.relpersistence = 't';
    if not found then
        raise exception 'pg_temp.% is not a table that pg_musicstream created', name
            using errcode = 'object_not_in_prerequisite_state',
                hint = 'Drop the object of that name if there is one. Before a batch is staged, call musicstream_session_staging() once per session.';
    end if;
end
$$;

comment on function musicstream_internal.require_staging(text) is 'raises an error unless the extension created this temporary table';

revoke execute on function musicstream_internal.require_staging(text) from public;
