-- A day is final from one moment on, so of a group's events the late ones are those that were stored last: how many of
-- them go is how much late_events goes down. Which these are is read before they are removed. Only corrections remove
-- events, one after another; what a batch adds meanwhile is neither removed nor ranked.
-- A sketch forgets nobody, so the days' sketches are made anew.
create function musicstream_retract(event_ids uuid[], times timestamptz[]) returns bigint
    language plpgsql volatile
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    late_minutes timestamptz[];
    late_event_types text[];
    late_regions text[];
    late_counts bigint[];
    late_ids uuid[];
    late_times timestamptz[];
    retracted bigint;
begin
    with touched as materialized (
        select distinct date_bin('1 minute', e.ts, 'epoch') as minute, e.event_type, e.region
        from @extschema@.musicstream_stored_events(event_ids, times) as e
    ), late as (
        select minute, event_type, region, sum(late_events)::bigint as late_events
        from (
            select
                t.minute,
                t.event_type,
                t.region,
                @extschema@.musicstream_minute_late_events(k.minutes, t.minute) as late_events
            from touched as t
            join (
                select c.hour, c.event_type, c.region, c.minutes from @extschema@.minute_counts as c
                union all
                select d.hour, d.event_type, d.region, d.minutes from @extschema@.metric_deltas as d
            ) as k
                on k.hour = date_bin('1 hour', t.minute, 'epoch')
                and k.event_type = t.event_type
                and k.region = t.region
        ) as known
        group by minute, event_type, region
        having sum(late_events) > 0
    )
    select array_agg(minute), array_agg(event_type), array_agg(region), array_agg(late_events)
    into late_minutes, late_event_types, late_regions, late_counts
    from late;

    select array_agg(r.event_id), array_agg(r.ts) into late_ids, late_times
    from (
        select
            a.event_id,
            a.ts,
            l.late_events >= row_number() over (
                partition by minute, event_type, region
                order by a.ingested_at desc, a.event_id
            ) as is_late
        from @extschema@.musicstream_arrivals(late_minutes, late_event_types, late_regions) as a
        join unnest(late_minutes, late_event_types, late_regions, late_counts) as l (minute, event_type, region, late_events)
            using (minute, event_type, region)
    ) as r
    where r.is_late;

    with gone as materialized (
        select r.event_id, r.ts, r.event_type, r.region
        from @extschema@.musicstream_remove_events(event_ids, times) as r
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
        insert into @extschema@.metric_deltas (hour, event_type, region, events, late_events, minutes)
        select
            date_bin('1 hour', minute, 'epoch'),
            event_type,
            region,
            -sum(events),
            -sum(late_events),
            @extschema@.musicstream_pack(minute, -events, -late_events)
        from touched
        group by 1, 2, 3
        order by 1, 2, 3
    )
    select count(*) into retracted from gone;

    perform @extschema@.musicstream_rebuild_listeners(
        array(select distinct (g.ts at time zone 'UTC')::date from unnest(times) as g (ts))
    );
    return retracted;
end
$$;

comment on function musicstream_retract(uuid[], timestamptz[]) is 'removes these events, given by id and time, and takes them out of the metrics by negative deltas and out of the listeners; returns how many there were';

revoke execute on function musicstream_retract(uuid[], timestamptz[]) from public;
