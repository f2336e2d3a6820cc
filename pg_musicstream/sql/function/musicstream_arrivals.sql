-- STABLE and with a query of its own for the reasons of musicstream_stored_minutes().
create function musicstream_arrivals(
    minutes timestamptz[],
    event_types text[],
    regions text[],
    out event_id uuid,
    out ts timestamptz,
    out minute timestamptz,
    out event_type text,
    out region text,
    out ingested_at timestamptz
) returns setof record
    language plpgsql stable
    set search_path = pg_catalog, @extschema@, pg_temp
    set client_encoding = 'UTF8' -- in which Citus takes the arguments for those of the client
as $$
begin
    return query execute $stored$
        select r.event_id, r.ts, date_bin('1 minute', r.ts, 'epoch'::timestamptz), r.event_type, r.region, r.ingested_at
        from @extschema@.raw_events as r
        where (date_bin('1 minute', r.ts, 'epoch'::timestamptz), r.event_type, r.region)
                in (select g.minute, g.event_type, g.region from unnest($1, $2, $3) as g (minute, event_type, region))
            -- Only these days are read.
            and r.ts >= $4 and r.ts < $5
        $stored$ using minutes, event_types, regions,
            (select min(g.minute) from unnest(minutes) as g (minute)),
            (select max(g.minute) + interval '1 minute' from unnest(minutes) as g (minute));
end
$$;

comment on function musicstream_arrivals(timestamptz[], text[], text[]) is 'when the events of these groups, each a minute, an event type and a region, were stored';

revoke execute on function musicstream_arrivals(timestamptz[], text[], text[]) from public;
