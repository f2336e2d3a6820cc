-- The owner is the owner of this function, not the caller: the caller cannot add a rule, a trigger or a column,
-- nor put a view in its place, and code that runs with the owner's rights may read it.
create function musicstream_session_staging() returns void
    language plpgsql volatile security definer
    set search_path = pg_catalog, @extschema@, pg_temp
    set client_min_messages = warning
as $$
begin
    if to_regclass('pg_temp.staging_batch') is not null then
        perform @extschema@.musicstream_require_staging('staging_batch');
        return;
    end if;
    create temporary table staging_batch (like @extschema@.staging_shape) on commit delete rows;
    -- A temporary table can be reached by its own session only.
    grant insert on pg_temp.staging_batch to public;
end
$$;

comment on function musicstream_session_staging() is 'makes pg_temp.staging_batch, where this session stages a batch for musicstream_upsert(source)';

revoke execute on function musicstream_session_staging() from public;
