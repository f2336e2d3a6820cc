-- One statement, so one snapshot: writers and rollups can continue. It is planned with the days as constants, so that only
-- their partitions are opened and locked.
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
    language plpgsql stable
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
as $$
declare
    -- The wire format has no events before the year 1 or after the year 9999.
    first constant timestamptz := greatest(from_day, musicstream_internal.frozen_before(), date '0001-01-01')::timestamp
        at time zone 'UTC';
    past constant timestamptz := (least(to_day, date '9999-12-31') + 1)::timestamp at time zone 'UTC';
begin
    if from_day > to_day then
        raise exception 'the first day % is after the last day %', from_day, to_day
            using errcode = 'invalid_parameter_value';
    end if;
    return query execute $verify$
    with
    stored_minute as materialized (
        select m.minute as bucket, m.event_type, m.region, m.events
        from musicstream_internal.stored_minutes($1, $2) as m
    ),
    stored as (
        select 'minute' as metric, m.bucket, m.event_type, m.region, m.events from stored_minute as m
        union all
        select 'hour', date_bin('1 hour', m.bucket, 'epoch'::timestamptz), m.event_type, m.region, sum(m.events)::bigint
        from stored_minute as m
        group by 1, 2, 3, 4
        union all
        select 'day', date_bin('1 day', m.bucket, 'epoch'::timestamptz), m.event_type, m.region, sum(m.events)::bigint
        from stored_minute as m
        group by 1, 2, 3, 4
    ),
    counted as (
        select 'minute' as metric, m.minute as bucket, m.event_type, m.region, m.events
        from @extschema@.minute_metrics_between($1, $2) as m
        union all
        select 'hour', h.hour, h.event_type, h.region, h.events
        from @extschema@.hourly_metrics as h
        where h.hour >= $1 and h.hour < $2
        union all
        select 'day', d.day::timestamp at time zone 'UTC', d.event_type, d.region, d.events
        from @extschema@.live_daily_metrics as d
        where d.day::timestamp at time zone 'UTC' >= $1 and d.day::timestamp at time zone 'UTC' < $2
    ),
    stored_listeners as (
        select
            l.day::timestamp at time zone 'UTC' as bucket,
            l.region,
            musicstream_internal.canonical_sketch(array[l.sketch]) as sketch
        from musicstream_internal.stored_listeners($1, $2) as l
    ),
    kept_listeners as (
        select
            k.day::timestamp at time zone 'UTC' as bucket,
            k.region,
            musicstream_internal.canonical_sketch(array_agg(k.sketch)) as sketch,
            -- From the row of daily_listeners, if there is one.
            max(k.listeners) as listeners,
            musicstream_internal.canonical_sketch(array_agg(k.sketch) filter (where k.listeners is not null)) as folded,
            count(*) filter (where k.listeners is null) as pending
        from (
            select d.day, d.region, d.sketch, d.listeners from @extschema@.daily_listeners as d
            union all
            select p.day, p.region, p.sketch, null from musicstream_internal.listener_deltas as p
        ) as k
        where k.day::timestamp at time zone 'UTC' >= $1 and k.day::timestamp at time zone 'UTC' < $2
        group by k.day, k.region
    ),
    difference as (
        select metric, bucket, event_type, region, coalesce(c.events, 0) as counted, coalesce(s.events, 0) as stored
        from counted as c full join stored as s using (metric, bucket, event_type, region)
        where c.events is distinct from s.events
        union all
        select
            'listeners',
            bucket,
            null,
            region,
            coalesce(
                case when k.pending = 0 then k.listeners end,
                round(@extschema@.musicstream_sketch_estimate(k.sketch))::bigint,
                k.listeners,
                0
            ),
            coalesce(round(@extschema@.musicstream_sketch_estimate(s.sketch))::bigint, 0)
        from kept_listeners as k full join stored_listeners as s using (bucket, region)
        where k.sketch is distinct from s.sketch
            or s.sketch is null -- the kept sketch is malformed
            or k.listeners <> round(@extschema@.musicstream_sketch_estimate(k.folded))
    )
    select metric, bucket, event_type, region, counted, stored from difference
    union all
    select l.metric, l.bucket, null, l.region, l.counted, l.stored
    from musicstream_internal.verify_listening($1, $2) as l
    order by 1, 2, 3, 4
    $verify$ using first, past;
end
$$;

comment on function musicstream_verify(date, date) is 'compares the metrics with counts over raw_events, for the UTC days from from_day to to_day, both included (null: no limit), without frozen days; returns one row per difference. Metrics: minute, hour, day; listeners: the sketch in daily_listeners and pending sketches lack users of the events or have others, even if the estimates are equal; plays, streams, skips, listened_us, sessions: of a quarter, with the prefix song_ of a song in a quarter; listener_days: users of a day; first_days: users with a wrong first day. Quarters that musicstream_rollup_listening() has not counted yet are left out';
