-- A day is final from one moment on, so of a group's events the late ones are those that were stored last: how many of
-- them go is how much late_events goes down.
-- A sketch forgets nobody, so the days' sketches are made anew.
create function musicstream_retract(event_ids uuid[], times timestamptz[]) returns bigint
    language plpgsql volatile
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    retracted bigint;
begin
    with gone as (
        delete from @extschema@.raw_events as r
        using unnest(event_ids, times) as g (event_id, ts)
        where r.event_id = g.event_id and r.ts = g.ts
        returning r.event_id, date_bin('1 minute', r.ts, 'epoch') as minute, r.event_type, r.region
    ), touched as materialized (
        select minute, event_type, region, count(*) as events
        from gone
        group by minute, event_type, region
    ), late as materialized (
        select minute, event_type, region, sum(late_events) as late_events
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
    ), ranked as (
        select
            r.event_id,
            l.minute,
            l.event_type,
            l.region,
            l.late_events >= row_number() over (
                partition by l.minute, l.event_type, l.region
                order by r.ingested_at desc, r.event_id
            ) as is_late
        from late as l
        join @extschema@.raw_events as r
            on date_bin('1 minute', r.ts, 'epoch') = l.minute and r.event_type = l.event_type and r.region = l.region
        -- Only these days are read, and none where nothing was late.
        where r.ts >= (select min(minute) from late)
            and r.ts < (select max(minute) + interval '1 minute' from late)
    ), late_gone as (
        select minute, event_type, region, count(*) as late_events
        from gone join ranked using (event_id, minute, event_type, region)
        where is_late
        group by minute, event_type, region
    ), taken_back as (
        insert into @extschema@.metric_deltas (hour, event_type, region, events, late_events, minutes)
        select
            date_bin('1 hour', minute, 'epoch'),
            event_type,
            region,
            -sum(t.events),
            -sum(coalesce(l.late_events, 0)),
            @extschema@.musicstream_pack(minute, -t.events, -coalesce(l.late_events, 0))
        from touched as t left join late_gone as l using (minute, event_type, region)
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
