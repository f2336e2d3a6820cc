-- One statement, so one snapshot: writers and rollups may go on meanwhile. Planned for the days in question, so that only their
-- partitions are opened: each takes locks, of which a server has so many.
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
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    -- The wire format has no events before the year 1 or beyond the year 9999.
    first constant timestamptz := greatest(from_day, @extschema@.musicstream_frozen_before(), date '0001-01-01')::timestamp
        at time zone 'UTC';
    past constant timestamptz := (least(to_day, date '9999-12-31') + 1)::timestamp at time zone 'UTC';
begin
    return query execute $verify$
    with
    stored_minute as materialized (
        select m.minute as bucket, m.event_type, m.region, m.events
        from @extschema@.musicstream_stored_minutes($1, $2) as m
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
            @extschema@.musicstream_sketch_canonical(array[l.sketch]) as sketch
        from @extschema@.musicstream_stored_listeners($1, $2) as l
    ),
    kept_listeners as (
        select
            k.day::timestamp at time zone 'UTC' as bucket,
            k.region,
            @extschema@.musicstream_sketch_canonical(array_agg(k.sketch)) as sketch,
            -- Of the one row of daily_listeners, if there is one.
            max(k.listeners) as listeners,
            @extschema@.musicstream_sketch_canonical(array_agg(k.sketch) filter (where k.listeners is not null)) as folded,
            count(*) filter (where k.listeners is null) as pending
        from (
            select d.day, d.region, d.sketch, d.listeners from @extschema@.daily_listeners as d
            union all
            select p.day, p.region, p.sketch, null from @extschema@.listener_deltas as p
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
            or s.sketch is null -- then the other one cannot be read
            or k.listeners <> round(@extschema@.musicstream_sketch_estimate(k.folded))
    )
    select metric, bucket, event_type, region, counted, stored from difference
    union all
    select l.metric, l.bucket, null, l.region, l.counted, l.stored
    from @extschema@.musicstream_verify_listening($1, $2) as l
    order by 1, 2, 3, 4
    $verify$ using first, past;
end
$$;

comment on function musicstream_verify(date, date) is 'differences between the metrics and a count over raw_events, for these UTC days, both included, the frozen ones left out; no row: none; null: no bound; metric listeners: the sketch in daily_listeners, with what waits for the rollup, has not seen the users of the events, whose numbers may be equal all the same, or its estimate is another; plays, streams, skips, listened_us, sessions: those of a quarter in listening_counts, with song_ before them of one song in song_counts; listener_days: users of listener_days, of which some are others; first_days: users of listener_first_days who were first active on another day; quarters that musicstream_rollup_listening() has still to count are left out';
