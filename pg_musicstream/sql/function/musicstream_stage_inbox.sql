-- A table of its own: the session may have a batch of its own staged in the same transaction.
create function musicstream_stage_inbox() returns void
    language plpgsql volatile security definer
    set search_path = pg_catalog, @extschema@, pg_temp
    set client_min_messages = warning
as $$
begin
    if to_regclass('pg_temp.staging_inbox') is null then
        create temporary table staging_inbox (like @extschema@.staging_shape) on commit delete rows;
    else
        perform @extschema@.musicstream_require_staging('staging_inbox');
        if exists (select from pg_temp.staging_inbox) then
            truncate pg_temp.staging_inbox;
        end if;
    end if;
end
$$;

comment on function musicstream_stage_inbox() is 'makes pg_temp.staging_inbox, empty, through which the inbox is upserted';

revoke execute on function musicstream_stage_inbox() from public;
