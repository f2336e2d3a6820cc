-- An event can end a play that began up to max_listen earlier, can begin a play that lasts up to max_listen, and decides
-- whether an event up to session_gap later begins a session.
create function musicstream_internal.touched_quarters(hours timestamptz[]) returns tstzmultirange
    language sql stable
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
begin atomic
    select coalesce(
        range_agg(tstzrange(
            date_bin('15 minutes', t.hour - r.back, 'epoch'),
            date_bin('15 minutes', t.hour + interval '75 minutes' + r.ahead - interval '1 microsecond', 'epoch')
        )),
        '{}'
    )
    from unnest(hours) as t (hour)
    cross join (
        select max(l.max_listen) as back, greatest(max(l.max_listen), max(l.session_gap)) as ahead
        from @extschema@.listening_rules as l
    ) as r
    where r.back is not null;
end;

comment on function musicstream_internal.touched_quarters(timestamptz[]) is 'the quarters whose listening counts depend on the events of these UTC hours, by any rule so far';
