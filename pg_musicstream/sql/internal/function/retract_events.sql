-- A day becomes final once, so the late events of a group are those that were stored last: late_events is reduced by the
-- number of them that are removed. One statement, so one snapshot, determines them before the events are deleted: events that
-- a batch adds meanwhile are neither counted nor ranked. Only corrections delete events, and only one of them runs at a time.
-- Users cannot be removed from a sketch, so the sketches of the days are built again.
create function musicstream_internal.retract_events(event_ids uuid[], times timestamptz[]) returns bigint
    language plpgsql volatile
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
as $$
declare
    late_ids uuid[];
    late_times timestamptz[];
    retracted bigint;
begin
    with touched as materialized (
        select distinct date_bin('1 minute', e.ts, 'epoch') as minute, e.event_type, e.region
        from musicstream_internal.stored_events(event_ids, times) as e
    ), late as (
        select minute, event_type, region, sum(late_events)::bigint as late_events
        from (
            select
                t.minute,
                t.event_type,
                t.region,
                musicstream_internal.minute_late_events(k.minutes, t.minute) as late_events
            from touched as t
            join (
                select c.hour, c.event_type, c.region, c.minutes from musicstream_internal.minute_counts as c
                union all
                select d.hour, d.event_type, d.region, d.minutes from musicstream_internal.metric_deltas as d
            ) as k
                on k.hour = date_bin('1 hour', t.minute, 'epoch')
                and k.event_type = t.event_type
                and k.region = t.region
        ) as known
        group by minute, event_type, region
        having sum(late_events) > 0
    ), late_groups as (
        select
            array_agg(minute) as minutes,
            array_agg(event_type) as event_types,
            array_agg(region) as regions,
            array_agg(late_events) as late_counts
        from late
    ), arrivals as materialized (
        -- Materialized, so that the function is called once for all groups in any plan.
        select a.*
        from late_groups as g
        cross join lateral musicstream_internal.stored_arrivals(g.minutes, g.event_types, g.regions) as a
    )
    select array_agg(r.event_id), array_agg(r.ts) into late_ids, late_times
    from (
        select
            a.event_id,
            a.ts,
            l.late_events >= row_number() over (
                partition by minute, event_type, region
                order by a.ingested_at desc, a.event_id
            ) as is_late
        from late_groups as g
        cross join lateral unnest(g.minutes, g.event_types, g.regions, g.late_counts)
            as l (minute, event_type, region, late_events)
        join arrivals as a using (minute, event_type, region)
    ) as r
    where r.is_late;

    with gone as materialized (
        select r.event_id, r.ts, r.event_type, r.region
        from musicstream_internal.remove_events(event_ids, times) as r
    ), touched as (
        select
            date_bin('1 minute', g.ts, 'epoch') as minute,
            g.event_type,
            g.region,
            count(*) as events,
            count(l.event_id) as late_events
        from gone as g
        left join unnest(late_ids, late_times) as l (event_id, ts) using (event_id, ts)
        group by 1, 2, 3
    ), taken_back as (
        insert into musicstream_internal.metric_deltas (hour, event_type, region, events, late_events, minutes)
        select
            date_bin('1 hour', minute, 'epoch'),
            event_type,
            region,
            -sum(events),
            -sum(late_events),
            musicstream_internal.pack_minutes(minute, -events, -late_events)
        from touched
        group by 1, 2, 3
        order by 1, 2, 3
    )
    select count(*) into retracted from gone;

    perform musicstream_internal.rebuild_listeners(
        array(select distinct (g.ts at time zone 'UTC')::date from unnest(times) as g (ts))
    );
    return retracted;
end
$$;

comment on function musicstream_internal.retract_events(uuid[], timestamptz[]) is 'deletes these events, given by event_id and ts, and subtracts them from the metrics and the listeners; returns their number';

revoke execute on function musicstream_internal.retract_events(uuid[], timestamptz[]) from public;
