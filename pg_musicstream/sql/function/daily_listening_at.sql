-- The offsets of all time zones are multiples of 15 minutes, so a quarter belongs to one day of any zone.
create function daily_listening_at(
    zone text,
    from_day date default null,
    to_day date default null,
    out day date,
    out region text,
    out plays bigint,
    out streams bigint,
    out skips bigint,
    out listening_seconds numeric,
    out sessions bigint,
    out is_settled boolean
) returns setof record
    language plpgsql stable
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
as $$
#variable_conflict use_column
declare
    -- As in daily_metrics_at().
    furthest constant interval := '16 hours';
    first constant timestamptz := coalesce(from_day::timestamp at time zone 'UTC' - furthest, '-infinity');
    past constant timestamptz := coalesce((to_day + 1)::timestamp at time zone 'UTC' + furthest, 'infinity');
    open_day constant date := musicstream_internal.open_day(zone, @extschema@.musicstream_settled_before());
begin
    return query
    with uncounted as materialized (
        -- A range may not end before it begins; days in the wrong order have no rows.
        select distinct (q.quarter at time zone zone)::date as day
        from unnest(
            musicstream_internal.uncounted_quarters() * tstzmultirange(tstzrange(first, greatest(first, past)))
        ) as u (span)
        cross join lateral generate_series(
            lower(u.span), upper(u.span) - interval '1 microsecond', interval '15 minutes'
        ) as q (quarter)
    )
    select
        m.day,
        m.region,
        sum(m.plays)::bigint,
        sum(m.streams)::bigint,
        sum(m.skips)::bigint,
        sum(m.listened_us) * 0.000001,
        sum(m.sessions)::bigint,
        coalesce(m.day < open_day, false) and m.day not in (select u.day from uncounted as u)
    from (
        select (c.quarter at time zone zone)::date as day, c.*
        from musicstream_internal.listening_counts as c
        where c.quarter >= first and c.quarter < past
    ) as m
    where m.day >= coalesce(from_day, '-infinity') and m.day <= coalesce(to_day, 'infinity')
    group by m.day, m.region
    order by 1, 2;
end
$$;

comment on function daily_listening_at(text, date, date) is 'daily_listening by day of a time zone, from from_day to to_day, both included (null: no limit)';
