create function musicstream_delete(event_ids uuid[]) returns bigint
    language plpgsql volatile strict security definer
    set search_path = pg_catalog, @extschema@, pg_temp
    set jit = off
as $$
declare
    ids uuid[];
    times timestamptz[];
begin
    perform @extschema@.musicstream_begin_correction('musicstream_delete()');
    select array_agg(r.event_id), array_agg(r.ts) into ids, times
    from @extschema@.raw_events as r
    where r.event_id = any (event_ids);
    return @extschema@.musicstream_retract(ids, times);
end
$$;

comment on function musicstream_delete(uuid[]) is 'erases these events and takes them out of the metrics; returns how many there were; one that is sent again is a new event';

revoke execute on function musicstream_delete(uuid[]) from public;
