create function musicstream_delete(event_ids uuid[]) returns bigint
    language plpgsql volatile strict security definer
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    set jit = off
as $$
declare
    ids uuid[];
    times timestamptz[];
begin
    perform musicstream_internal.begin_correction('musicstream_delete()');
    select array_agg(r.event_id), array_agg(r.ts) into ids, times
    from @extschema@.raw_events as r
    where r.event_id = any (event_ids);
    return musicstream_internal.retract_events(ids, times);
end
$$;

comment on function musicstream_delete(uuid[]) is 'deletes these events and subtracts them from the metrics; returns their number; an event that is sent again is stored as a new one';

revoke execute on function musicstream_delete(uuid[]) from public;
