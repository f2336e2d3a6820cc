-- A function of its own, as all that read or change raw_events beside other tables: Citus plans a query over a distributed
-- table alone, but not one that also writes tables of this node.
-- STABLE: it reads by the snapshot of the statement that calls it. It is planned after that snapshot was taken, and so knows
-- each partition whose events the snapshot has. The bounds are constants to the planner: only their partitions are opened.
create function musicstream_stored_minutes(
    from_ts timestamptz,
    to_ts timestamptz,
    out minute timestamptz,
    out event_type text,
    out region text,
    out events bigint
) returns setof record
    language plpgsql stable
    set search_path = pg_catalog, @extschema@, pg_temp
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

comment on function musicstream_stored_minutes(timestamptz, timestamptz) is 'events stored, by minute, event type and region, from one time up to another, which is not included; null: no minutes';
