-- A dump has no word for a row that is missing: without this, a type that comes with CREATE EXTENSION and was taken out
-- of event_types would be back after a restore. Restoring this table takes it out again.
create table withdrawn_event_types (
    event_type text not null primary key
);

comment on table withdrawn_event_types is 'of the event types that the extension brings, those that were taken out of event_types; kept in step by itself, for dumps';

select pg_catalog.pg_extension_config_dump('withdrawn_event_types', '');

create function musicstream_note_withdrawn() returns trigger
    language plpgsql volatile security definer
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
begin
    if tg_relid = '@extschema@.withdrawn_event_types'::regclass then
        -- Statements without rows have triggers, too: these two would call one another for ever.
        if exists (select from @extschema@.event_types join added using (event_type)) then
            delete from @extschema@.event_types where event_type in (select event_type from added);
        end if;
        return null;
    end if;
    delete from @extschema@.withdrawn_event_types where event_type in (select event_type from @extschema@.event_types);
    insert into @extschema@.withdrawn_event_types (event_type)
    select event_type from unnest(array['play', 'pause', 'stop']) as brought (event_type)
    where event_type not in (select event_type from @extschema@.event_types)
    on conflict do nothing;
    return null;
end
$$;

comment on function musicstream_note_withdrawn() is 'keeps withdrawn_event_types in step with event_types, and in a restore the other way round';

revoke execute on function musicstream_note_withdrawn() from public;

create trigger note_withdrawn after insert or update or delete or truncate on event_types
    for each statement execute function musicstream_note_withdrawn();

create trigger withdraw after insert on withdrawn_event_types
    referencing new table as added
    for each statement execute function musicstream_note_withdrawn();

comment on trigger note_withdrawn on event_types is 'notes which of the types that the extension brings were taken out';
comment on trigger withdraw on withdrawn_event_types is 'takes types out that were taken out where the dump was made';
