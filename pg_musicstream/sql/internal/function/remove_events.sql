-- A function and a query of its own for the reasons given in stored_minutes().
create function musicstream_internal.remove_events(
    event_ids uuid[],
    times timestamptz[],
    out event_id uuid,
    out ts timestamptz,
    out event_type text,
    out region text
) returns setof record
    language plpgsql volatile
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
as $$
begin
    return query execute $removed$
        delete from @extschema@.raw_events as r
        where (r.event_id, r.ts) in (select g.event_id, g.ts from unnest($1, $2) as g (event_id, ts))
            and r.ts >= $3 and r.ts <= $4
        returning r.event_id, r.ts, r.event_type, r.region
        $removed$ using event_ids, times,
            (select min(g.ts) from unnest(times) as g (ts)), (select max(g.ts) from unnest(times) as g (ts));
end
$$;

comment on function musicstream_internal.remove_events(uuid[], timestamptz[]) is 'deletes these events, given by event_id and ts, from raw_events only; returns the deleted events';

revoke execute on function musicstream_internal.remove_events(uuid[], timestamptz[]) from public;
