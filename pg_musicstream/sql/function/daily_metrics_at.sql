-- Every zone's offset since 1972 is of whole minutes, so a minute belongs to one day of any zone. Most hours do, too: those
-- that neither midnight nor a change of the clock divides are counted as a whole.
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
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
#variable_conflict use_column
declare
    -- No zone is further from UTC than this; where midnight is twice, or never, only the day itself is exact.
    furthest constant interval := '16 hours';
    first_hour constant timestamptz := coalesce(from_day::timestamp at time zone 'UTC' - furthest, '-infinity');
    past_hour constant timestamptz := coalesce((to_day + 1)::timestamp at time zone 'UTC' + furthest, 'infinity');
    open_day constant date := @extschema@.musicstream_open_day(zone, (select s.watermark from @extschema@.rollup_state as s));
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
            from @extschema@.minute_counts as c
            where c.hour >= first_hour and c.hour < past_hour
            union all
            select d.hour, d.event_type, d.region, d.events, d.late_events, d.minutes
            from @extschema@.metric_deltas as d
            where d.hour >= first_hour and d.hour < past_hour
        ) as part
    ) as p
    cross join lateral (
        select p.opens::date as day, p.events, p.late_events
        where p.opens::date = p.closes::date and p.closes - p.opens = interval '59 minutes'
        union all
        select (u.minute at time zone zone)::date, u.events, u.late_events
        from @extschema@.musicstream_unpack(p.hour, p.minutes) as u
        where p.opens::date <> p.closes::date or p.closes - p.opens <> interval '59 minutes'
    ) as m
    where m.day >= coalesce(from_day, '-infinity') and m.day <= coalesce(to_day, 'infinity')
    group by m.day, p.event_type, p.region
    having sum(m.events) <> 0
    order by 1, 2, 3;
end
$$;

comment on function daily_metrics_at(text, date, date) is 'events by day of a time zone, event type and region, what waits for the rollup included: exact now; from_day and to_day, both included, bound what is read; is_final: the watermark is past the end of that day; late_events: of these events, those that came when their UTC day was final';
