-- A function of its own, like all code that reads or changes raw_events together with other tables: Citus can plan a query
-- over a distributed table, but not a query that also writes local tables.
-- STABLE, so it reads by the snapshot of the calling statement. Its query is planned after that snapshot was taken, so it
-- includes every partition that the snapshot shows. The planner sees the bounds as constants and opens only their partitions.
create function musicstream_internal.stored_minutes(
    from_ts timestamptz,
    to_ts timestamptz,
    out minute timestamptz,
    out event_type text,
    out region text,
    out events bigint
) returns setof record
    language plpgsql stable
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
as $$
begin
    return query execute $stored$
        select date_bin('1 minute', r.ts, 'epoch'::timestamptz), r.event_type, r.region, count(*)
        from @extschema@.raw_events as r
        where r.ts >= $1 and r.ts < $2
        group by 1, 2, 3
        $stored$ using from_ts, to_ts;
end
$$;

comment on function musicstream_internal.stored_minutes(timestamptz, timestamptz) is 'number of stored events by minute, event type and region, from from_ts up to to_ts, which is excluded';
