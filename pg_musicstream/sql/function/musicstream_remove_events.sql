-- A query of its own for the reasons of musicstream_stored_minutes().
create function musicstream_remove_events(
    event_ids uuid[],
    times timestamptz[],
    out event_id uuid,
    out ts timestamptz,
    out event_type text,
    out region text
) returns setof record
    language plpgsql volatile
    set search_path = pg_catalog, @extschema@, pg_temp
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

comment on function musicstream_remove_events(uuid[], timestamptz[]) is 'removes these events, given by id and time, from raw_events alone; returns those that were there';

revoke execute on function musicstream_remove_events(uuid[], timestamptz[]) from public;
