-- The temporary table belongs to the owner of this function. So the caller cannot add a rule, a trigger or a column, or
-- replace the table by a view, and code that runs with the owner's rights may read it.
create function musicstream_session_staging() returns void
    language plpgsql volatile security definer
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    set client_min_messages = warning
as $$
begin
    if to_regclass('pg_temp.staging_batch') is not null then
        perform musicstream_internal.require_staging('staging_batch');
        return;
    end if;
    create temporary table staging_batch (like musicstream_internal.staging_shape) on commit delete rows;
    -- Only the session that created a temporary table can access it.
    grant insert on pg_temp.staging_batch to public;
end
$$;

comment on function musicstream_session_staging() is 'creates pg_temp.staging_batch, into which the session copies a batch for musicstream_upsert_batch(); call it once per session';

revoke execute on function musicstream_session_staging() from public;
