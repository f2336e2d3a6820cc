-- Every zone's offset since 1972 is of whole minutes, so a minute belongs to one day of any zone.
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
    first_minute constant timestamptz := coalesce(from_day::timestamp at time zone 'UTC' - furthest, '-infinity');
    past_minute constant timestamptz := coalesce((to_day + 1)::timestamp at time zone 'UTC' + furthest, 'infinity');
    open_day date;
begin
    begin
        -- The day that the watermark is in. A clock that is set back soon after midnight will be in it again.
        select min(((s.watermark + ahead * interval '15 minutes') at time zone zone)::date) into open_day
        from generate_series(0, 12) as ahead
        left join @extschema@.rollup_state as s on true;
        -- Postgres would also take an offset of one's own making, such as UTC+3, which is west of UTC.
        if (now() at time zone zone) is null
            or zone ~ '[0-9]' and zone not in (select name from pg_timezone_names) then
            raise invalid_parameter_value;
        end if;
    exception when invalid_parameter_value then
        raise exception 'time zone "%" is not known', zone
            using errcode = 'invalid_parameter_value',
                hint = 'Name it as in Asia/Kathmandu; select name from pg_timezone_names lists all.';
    end;

    return query
    select m.day, m.event_type, m.region, sum(m.events)::bigint, sum(m.late_events)::bigint, coalesce(m.day < open_day, false)
    from (
        select (minute at time zone zone)::date as day, event_type, region, events, late_events
        from @extschema@.minute_metrics
        where minute >= first_minute and minute < past_minute
        union all
        select (minute at time zone zone)::date, event_type, region, events, late_events
        from @extschema@.metric_deltas
        where minute >= first_minute and minute < past_minute
    ) as m
    where m.day >= coalesce(from_day, '-infinity') and m.day <= coalesce(to_day, 'infinity')
    group by m.day, m.event_type, m.region
    having sum(m.events) <> 0
    order by 1, 2, 3;
end
$$;

comment on function daily_metrics_at(text, date, date) is 'events by day of a time zone, event type and region, what waits for the rollup included: exact now; from_day and to_day, both included, bound what is read; is_final: the watermark is past the end of that day; late_events: of these events, those that came when their UTC day was final';
