-- Since 1972 the offsets of all time zones are whole minutes, so a minute belongs to one day of any zone. Most hours do, too:
-- an hour is split into minutes only if midnight or a change of the clock falls into it.
create function daily_metrics_at(
    zone text,
    from_day date default null,
    to_day date default null,
    out day date,
    out event_type text,
    out region text,
    out events bigint,
    out late_events bigint,
    out is_final boolean
) returns setof record
    language plpgsql stable
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
as $$
#variable_conflict use_column
declare
    -- No zone is further from UTC. Only limits what is read; the exact limit is the day itself, because midnight can occur twice
    -- or not at all.
    furthest constant interval := '16 hours';
    first_hour constant timestamptz := coalesce(from_day::timestamp at time zone 'UTC' - furthest, '-infinity');
    past_hour constant timestamptz := coalesce((to_day + 1)::timestamp at time zone 'UTC' + furthest, 'infinity');
    open_day constant date := musicstream_internal.open_day(zone, (select s.watermark from musicstream_internal.rollup_state as s));
begin
    return query
    select m.day, p.event_type, p.region, sum(m.events)::bigint, sum(m.late_events)::bigint, coalesce(m.day < open_day, false)
    from (
        select
            part.*,
            (part.hour at time zone zone) as opens,
            ((part.hour + interval '59 minutes') at time zone zone) as closes
        from (
            select c.hour, c.event_type, c.region, c.events, c.late_events, c.minutes
            from musicstream_internal.minute_counts as c
            where c.hour >= first_hour and c.hour < past_hour
            union all
            select d.hour, d.event_type, d.region, d.events, d.late_events, d.minutes
            from musicstream_internal.metric_deltas as d
            where d.hour >= first_hour and d.hour < past_hour
        ) as part
    ) as p
    cross join lateral (
        select p.opens::date as day, p.events, p.late_events
        where p.opens::date = p.closes::date and p.closes - p.opens = interval '59 minutes'
        union all
        select (u.minute at time zone zone)::date, u.events, u.late_events
        from musicstream_internal.unpack_minutes(p.hour, p.minutes) as u
        where p.opens::date <> p.closes::date or p.closes - p.opens <> interval '59 minutes'
    ) as m
    where m.day >= coalesce(from_day, '-infinity') and m.day <= coalesce(to_day, 'infinity')
    group by m.day, p.event_type, p.region
    having sum(m.events) <> 0
    order by 1, 2, 3;
end
$$;

comment on function daily_metrics_at(text, date, date) is 'events by day of a time zone, event type and region, including events that the next rollup will fold; from from_day to to_day, both included (null: no limit); is_final: the watermark has passed the end of that day; late_events: events that were stored after their UTC day was final';
