-- The partition of a day has the name of the day, covers exactly that day, and has a unique index on event_id. A table with
-- the right name only does not count: its rows could be stored twice, or be missed by musicstream_expire().
create function musicstream_internal.days_without_partition(days date[]) returns date[]
    language plpgsql stable strict
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    -- The bounds are compared as text, which depends on these settings.
    set timezone = 'UTC'
    set datestyle = 'ISO'
as $$
begin
    return array(
        select d.day
        from unnest(days) as d (day)
        where isfinite(d.day) and not exists (
            select
            from pg_class as c
            join pg_inherits as i on i.inhrelid = c.oid
            join pg_attribute as a on a.attrelid = c.oid and a.attname = 'event_id'
            join pg_index as x on x.indrelid = c.oid and x.indnkeyatts = 1 and x.indkey[0] = a.attnum
            where c.relname = 'raw_events_' || to_char(d.day, 'YYYYMMDD')
                and c.relnamespace = 'musicstream_internal'::regnamespace
                and i.inhparent = '@extschema@.raw_events'::regclass
                and not i.inhdetachpending
                and pg_get_expr(c.relpartbound, c.oid)
                    = format('FOR VALUES FROM (''%s 00:00:00+00'') TO (''%s 00:00:00+00'')', d.day, d.day + 1)
                and x.indisunique
                and x.indisvalid
                and x.indpred is null
        )
    );
end
$$;

comment on function musicstream_internal.days_without_partition(date[]) is 'the UTC days among these that have no partition of raw_events';
