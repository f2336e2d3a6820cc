-- STABLE, and a function and a query of its own, for the reasons given in stored_minutes().
create function musicstream_internal.stored_listeners(
    from_ts timestamptz,
    to_ts timestamptz,
    out day date,
    out region text,
    out sketch bytea
) returns setof record
    language plpgsql stable
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
as $$
begin
    return query execute $stored$
        select (date_bin('1 day', r.ts, 'epoch'::timestamptz) at time zone 'UTC')::date, r.region, musicstream_internal.sketch_users(r.user_id)
        from @extschema@.raw_events as r
        where r.ts >= $1 and r.ts < $2
        group by 1, 2
        $stored$ using from_ts, to_ts;
end
$$;

comment on function musicstream_internal.stored_listeners(timestamptz, timestamptz) is 'sketches of the users of stored events, by UTC day and region, from from_ts up to to_ts, which is excluded';
