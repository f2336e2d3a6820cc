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
    set search_path = pg_catalog, @extschema@, pg_temp
begin atomic
    select u.minute, p.event_type, p.region, sum(u.events)::bigint, sum(u.late_events)::bigint
    from (
        select c.hour, c.event_type, c.region, c.minutes
        from @extschema@.minute_counts as c
        where c.hour >= date_bin('1 hour', from_minute, 'epoch') and c.hour < to_minute
        union all
        select d.hour, d.event_type, d.region, d.minutes
        from @extschema@.metric_deltas as d
        where d.hour >= date_bin('1 hour', from_minute, 'epoch') and d.hour < to_minute
    ) as p
    cross join lateral @extschema@.musicstream_unpack(p.hour, p.minutes) as u
    where u.minute >= from_minute and u.minute < to_minute
    group by u.minute, p.event_type, p.region
    having sum(u.events) <> 0;
end;

comment on function minute_metrics_between(timestamptz, timestamptz) is 'live_minute_metrics from one minute up to another, which is not included: exact now, and only these hours are read';
