-- One statement, so one snapshot: writers and rollups may go on meanwhile.
create function musicstream_verify(
    from_day date default null,
    to_day date default null,
    out metric text,
    out bucket timestamptz,
    out event_type text,
    out region text,
    out counted bigint,
    out stored bigint
) returns setof record
    language sql stable
    set search_path = pg_catalog, @extschema@, pg_temp
begin atomic
    with bound as (
        select
            -- The wire format has no events before the year 1 or beyond the year 9999.
            greatest(from_day, @extschema@.musicstream_frozen_before(), date '0001-01-01')::timestamp
                at time zone 'UTC' as first,
            (least(to_day, date '9999-12-31') + 1)::timestamp at time zone 'UTC' as past
    ),
    stored_minute as materialized (
        select date_bin('1 minute', r.ts, 'epoch'::timestamptz) as bucket, r.event_type, r.region, count(*) as events
        from @extschema@.raw_events as r, bound
        where r.ts >= bound.first and r.ts < bound.past
        group by 1, 2, 3
    ),
    stored as (
        select 'minute' as metric, m.bucket, m.event_type, m.region, m.events from stored_minute as m
        union all
        select 'day', date_bin('1 day', m.bucket, 'epoch'::timestamptz), m.event_type, m.region, sum(m.events)::bigint
        from stored_minute as m
        group by 1, 2, 3, 4
    ),
    counted as (
        select 'minute' as metric, m.minute as bucket, m.event_type, m.region, m.events
        from @extschema@.live_minute_metrics as m, bound
        where m.minute >= bound.first and m.minute < bound.past
        union all
        select 'day', d.day::timestamp at time zone 'UTC', d.event_type, d.region, d.events
        from @extschema@.live_daily_metrics as d, bound
        where d.day::timestamp at time zone 'UTC' >= bound.first and d.day::timestamp at time zone 'UTC' < bound.past
    )
    select metric, bucket, event_type, region, coalesce(c.events, 0), coalesce(s.events, 0)
    from counted as c full join stored as s using (metric, bucket, event_type, region)
    where c.events is distinct from s.events
    order by 1, 2, 3, 4;
end;

comment on function musicstream_verify(date, date) is 'differences between the metrics and a count over raw_events, for these UTC days, both included, the frozen ones left out; no row: none; null: no bound';
