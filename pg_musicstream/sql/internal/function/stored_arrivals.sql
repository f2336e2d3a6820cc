-- STABLE, and a function and a query of its own, for the reasons given in stored_minutes().
create function musicstream_internal.stored_arrivals(
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
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    set client_encoding = 'UTF8' -- Citus sends the arguments in the encoding of the client
as $$
begin
    return query execute $stored$
        select r.event_id, r.ts, date_bin('1 minute', r.ts, 'epoch'::timestamptz), r.event_type, r.region, r.ingested_at
        from @extschema@.raw_events as r
        where (date_bin('1 minute', r.ts, 'epoch'::timestamptz), r.event_type, r.region)
                in (select g.minute, g.event_type, g.region from unnest($1, $2, $3) as g (minute, event_type, region))
            -- Limits the partitions that are read.
            and r.ts >= $4 and r.ts < $5
        $stored$ using minutes, event_types, regions,
            (select min(g.minute) from unnest(minutes) as g (minute)),
            (select max(g.minute) + interval '1 minute' from unnest(minutes) as g (minute));
end
$$;

comment on function musicstream_internal.stored_arrivals(timestamptz[], text[], text[]) is 'when the events of these groups were stored; a group is a minute, an event type and a region';

revoke execute on function musicstream_internal.stored_arrivals(timestamptz[], text[], text[]) from public;
