-- Tables of their own: the session may have a batch of its own staged in the same transaction.
create function musicstream_stage(name text) returns void
    language plpgsql volatile strict security definer
    set search_path = pg_catalog, @extschema@, pg_temp
    set client_min_messages = warning
as $$
declare
    is_filled boolean;
begin
    if to_regclass(format('pg_temp.%I', name)) is null then
        execute format('create temporary table %I (like @extschema@.staging_shape) on commit delete rows', name);
        return;
    end if;
    perform @extschema@.musicstream_require_staging(name);
    execute format('select exists (select from pg_temp.%I)', name) into is_filled;
    if is_filled then
        execute format('truncate pg_temp.%I', name);
    end if;
end
$$;

comment on function musicstream_stage(text) is 'makes a temporary table of this name, empty, through which inbox and rejected events are upserted';

revoke execute on function musicstream_stage(text) from public;
