-- STABLE and with a query of its own for the reasons of musicstream_stored_minutes().
create function musicstream_stored_listeners(
    from_ts timestamptz,
    to_ts timestamptz,
    out day date,
    out region text,
    out sketch bytea
) returns setof record
    language plpgsql stable
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
begin
    return query execute $stored$
        select (date_bin('1 day', r.ts, 'epoch'::timestamptz) at time zone 'UTC')::date, r.region, @extschema@.musicstream_sketch(r.user_id)
        from @extschema@.raw_events as r
        where r.ts >= $1 and r.ts < $2
        group by 1, 2
        $stored$ using from_ts, to_ts;
end
$$;

comment on function musicstream_stored_listeners(timestamptz, timestamptz) is 'sketches of the users of the events stored, by UTC day and region, from one time up to another, which is not included; null: none';
