create function minute_metrics_between(
    from_minute timestamptz,
    to_minute timestamptz,
    out minute timestamptz,
    out event_type text,
    out region text,
    out events bigint,
    out late_events bigint
) returns setof record
    language sql stable
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
begin atomic
    select u.minute, p.event_type, p.region, sum(u.events)::bigint, sum(u.late_events)::bigint
    from (
        select c.hour, c.event_type, c.region, c.minutes
        from musicstream_internal.minute_counts as c
        where c.hour >= date_bin('1 hour', from_minute, 'epoch') and c.hour < to_minute
        union all
        select d.hour, d.event_type, d.region, d.minutes
        from musicstream_internal.metric_deltas as d
        where d.hour >= date_bin('1 hour', from_minute, 'epoch') and d.hour < to_minute
    ) as p
    cross join lateral musicstream_internal.unpack_minutes(p.hour, p.minutes) as u
    where u.minute >= from_minute and u.minute < to_minute
    group by u.minute, p.event_type, p.region
    having sum(u.events) <> 0;
end;

comment on function minute_metrics_between(timestamptz, timestamptz) is 'live_minute_metrics from from_minute up to to_minute, which is excluded; reads only the hours of this span';
