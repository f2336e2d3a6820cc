-- Separate from staging_batch, because the caller may have staged a batch of its own in the same transaction.
create function musicstream_internal.make_staging_table(name text) returns void
    language plpgsql volatile strict security definer
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    set client_min_messages = warning
as $$
declare
    is_filled boolean;
begin
    if to_regclass(format('pg_temp.%I', name)) is null then
        execute format('create temporary table %I (like musicstream_internal.staging_shape) on commit delete rows', name);
        return;
    end if;
    perform musicstream_internal.require_staging(name);
    execute format('select exists (select from pg_temp.%I)', name) into is_filled;
    if is_filled then
        execute format('truncate pg_temp.%I', name);
    end if;
end
$$;

comment on function musicstream_internal.make_staging_table(text) is 'creates or empties a temporary table of this name with the columns of staging_shape: for rows of the inbox, for rejected events, and for events whose listening is counted';

revoke execute on function musicstream_internal.make_staging_table(text) from public;
