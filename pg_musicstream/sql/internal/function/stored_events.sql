-- STABLE, and a function and a query of its own, for the reasons given in stored_minutes().
create function musicstream_internal.stored_events(
    event_ids uuid[],
    times timestamptz[],
    out event_id uuid,
    out user_id text,
    out event_type text,
    out region text,
    out ts timestamptz,
    out song_id text,
    out device text
) returns setof record
    language plpgsql stable
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
as $$
begin
    return query execute $stored$
        select r.event_id, r.user_id, r.event_type, r.region, r.ts, r.song_id, r.device
        from @extschema@.raw_events as r
        where (r.event_id, r.ts) in (select g.event_id, g.ts from unnest($1, $2) as g (event_id, ts))
            and r.ts >= $3 and r.ts <= $4
        $stored$ using event_ids, times,
            (select min(g.ts) from unnest(times) as g (ts)), (select max(g.ts) from unnest(times) as g (ts));
end
$$;

comment on function musicstream_internal.stored_events(uuid[], timestamptz[]) is 'the events among these, given by event_id and ts, that are stored';

revoke execute on function musicstream_internal.stored_events(uuid[], timestamptz[]) from public;
