create function musicstream_require_staging(name text) returns void
    language plpgsql stable strict
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
begin
    perform from pg_class as c
    where c.oid = to_regclass('pg_temp.' || name)
        and c.relowner = quote_ident(current_user)::regrole
        and c.relkind = 'r'
        and c.relpersistence = 't';
    if not found then
        raise exception 'there is no table pg_temp.% that musicstream_session_staging() made', name
            using errcode = 'object_not_in_prerequisite_state',
                hint = 'Drop what has that name, and call musicstream_session_staging() once in each session.';
    end if;
end
$$;

comment on function musicstream_require_staging(text) is 'raises unless the temporary table is one that the extension made';

revoke execute on function musicstream_require_staging(text) from public;
