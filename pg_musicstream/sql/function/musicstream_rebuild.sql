-- Exact while writers continue. One statement per day deletes the pending deltas that its snapshot shows and counts the
-- events that its snapshot shows. A batch commits both together, so the snapshot shows both or neither; later deltas stay
-- pending. rollup_lock excludes other sessions that delete deltas.
-- stored_minutes() plans its query after that snapshot was taken, so it includes every partition whose deltas are deleted.
create function musicstream_rebuild(from_day date default null, to_day date default null)
    returns table (day date, written bigint)
    language plpgsql volatile security definer
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    set jit = off
as $$
#variable_conflict use_column
declare
    frozen_before date;
    first timestamptz;
    past timestamptz;
    folded bigint;
    changed boolean := false;
begin
    if from_day > to_day then
        raise exception 'the first day % is after the last day %', from_day, to_day
            using errcode = 'invalid_parameter_value';
    end if;
    perform musicstream_internal.begin_correction('musicstream_rebuild()');
    perform musicstream_internal.begin_listening('musicstream_rebuild()');
    frozen_before := musicstream_internal.frozen_before();
    if from_day < frozen_before then
        raise exception 'day % is frozen', from_day
            using errcode = 'object_not_in_prerequisite_state',
                detail = format('musicstream_expire() dropped the events of the days before %s.', frozen_before),
                hint = 'Their metrics cannot be counted again. Begin at a later day.';
    end if;
    -- The wire format has no events after the year 9999.
    first := greatest(from_day, frozen_before, date '0001-01-01')::timestamp at time zone 'UTC';
    past := (least(to_day, date '9999-12-31') + 1)::timestamp at time zone 'UTC';

    for day in
        select l.day from @extschema@.musicstream_leaves() as l
        where l.day >= (first at time zone 'UTC')::date and l.day < (past at time zone 'UTC')::date
        union
        select d.day from @extschema@.daily_metrics as d
        where d.day >= (first at time zone 'UTC')::date and d.day < (past at time zone 'UTC')::date
        union
        select (c.hour at time zone 'UTC')::date from musicstream_internal.minute_counts as c
        where c.hour >= first and c.hour < past
        union
        select (p.hour at time zone 'UTC')::date from musicstream_internal.metric_deltas as p
        where p.hour >= first and p.hour < past
        union
        select l.day from @extschema@.daily_listeners as l
        where l.day >= (first at time zone 'UTC')::date and l.day < (past at time zone 'UTC')::date
        union
        select l.day from musicstream_internal.listener_deltas as l
        where l.day >= (first at time zone 'UTC')::date and l.day < (past at time zone 'UTC')::date
        order by 1
    loop
        execute $rebuild$
            with pending as (
                delete from musicstream_internal.metric_deltas
                where hour >= $1 and hour < $2
                returning hour, event_type, region, minutes
            ), late as materialized (
                -- Stored events do not show whether they were late, so the late counts are kept.
                select u.minute, k.event_type, k.region, sum(u.late_events)::bigint as late_events
                from (
                    select hour, event_type, region, minutes from pending
                    union all
                    select hour, event_type, region, minutes
                    from musicstream_internal.minute_counts
                    where hour >= $1 and hour < $2
                ) as k
                cross join lateral musicstream_internal.unpack_minutes(k.hour, k.minutes) as u
                group by u.minute, k.event_type, k.region
            ), minutes as materialized (
                select
                    minute,
                    event_type,
                    region,
                    s.events,
                    greatest(0, least(s.events, coalesce(l.late_events, 0))) as late_events
                from musicstream_internal.stored_minutes($1, $2) as s
                left join late as l using (minute, event_type, region)
            ), hours as materialized (
                select
                    date_bin('1 hour', minute, 'epoch') as hour,
                    event_type,
                    region,
                    sum(events)::bigint as events,
                    sum(late_events)::bigint as late_events,
                    musicstream_internal.pack_minutes(minute, events, late_events) as minutes
                from minutes
                group by 1, 2, 3
            ), days as materialized (
                select event_type, region, sum(events)::bigint as events, sum(late_events)::bigint as late_events
                from hours
                group by event_type, region
            ), written_hours as (
                insert into musicstream_internal.minute_counts as c (hour, event_type, region, events, late_events, minutes)
                select hour, event_type, region, events, late_events, minutes
                from hours
                order by hour, event_type, region
                on conflict (hour, event_type, region) do update
                    set events = excluded.events, late_events = excluded.late_events, minutes = excluded.minutes
                    where (c.events, c.late_events, c.minutes)
                        is distinct from (excluded.events, excluded.late_events, excluded.minutes)
                returning 1
            ), surplus_hours as (
                delete from musicstream_internal.minute_counts as c
                where c.hour >= $1 and c.hour < $2
                    and not exists (
                        select from hours as s
                        where s.hour = c.hour and s.event_type = c.event_type and s.region = c.region
                    )
                returning 1
            ), written_days as (
                insert into @extschema@.daily_metrics as d (day, event_type, region, events, late_events, updated_at)
                select $3, event_type, region, events, late_events, clock_timestamp()
                from days
                order by event_type, region
                on conflict (day, event_type, region) do update
                    set events = excluded.events, late_events = excluded.late_events, updated_at = excluded.updated_at
                    where (d.events, d.late_events) is distinct from (excluded.events, excluded.late_events)
                returning 1
            ), surplus_days as (
                delete from @extschema@.daily_metrics as d
                where d.day = $3
                    and not exists (
                        select from days as s where s.event_type = d.event_type and s.region = d.region
                    )
                returning 1
            )
            select (select count(*) from pending), count(*) from (
                table written_hours union all table surplus_hours union all table written_days union all table surplus_days
            ) as changes
            $rebuild$
            into folded, written
            using day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC', day;
        changed := changed
            or folded > 0
            or exists (select from musicstream_internal.listener_deltas as p where p.day = musicstream_rebuild.day);
        written := written + musicstream_internal.rebuild_listeners(array[day]);
        changed := changed or written > 0;
        perform musicstream_internal.rebuild_listening(day);
        raise notice 'day % counted again, % rows of the metrics changed', day, written;
        return next;
    end loop;

    if changed then
        insert into musicstream_internal.rollup_state as s (revision) values (1)
        on conflict (singleton) do update set revision = s.revision + 1;
        perform pg_notify('musicstream', '');
    end if;
end
$$;

comment on function musicstream_rebuild(date, date) is 'counts the metrics, the listeners and, by the newest rule, the listening of the UTC days from from_day to to_day again from raw_events, both included (null: no limit), while writers continue; returns for each day the number of changed rows';

revoke execute on function musicstream_rebuild(date, date) from public;
