-- Exact while writers go on: one statement a day takes the pending deltas that its snapshot has and counts the events
-- that its snapshot has. A batch commits both together, so it is in both or in neither; deltas that come later stay
-- pending. Nobody else takes deltas meanwhile: rollups and corrections queue on one lock.
-- musicstream_stored_minutes() plans its query after that snapshot was taken, so that no partition is missed whose deltas are
-- taken.
create function musicstream_rebuild(from_day date default null, to_day date default null)
    returns table (day date, written bigint)
    language plpgsql volatile security definer
    set search_path = pg_catalog, @extschema@, pg_temp
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
    perform @extschema@.musicstream_begin_correction('musicstream_rebuild()');
    perform @extschema@.musicstream_begin_listening('musicstream_rebuild()');
    frozen_before := @extschema@.musicstream_frozen_before();
    if from_day < frozen_before then
        raise exception 'day % is frozen', from_day
            using errcode = 'object_not_in_prerequisite_state',
                detail = format('musicstream_expire() dropped the events of the days before %s.', frozen_before),
                hint = 'Their metrics are all that is left of them; begin at a later day.';
    end if;
    -- The wire format has no events beyond the year 9999.
    first := greatest(from_day, frozen_before, date '0001-01-01')::timestamp at time zone 'UTC';
    past := (least(to_day, date '9999-12-31') + 1)::timestamp at time zone 'UTC';

    for day in
        select l.day from @extschema@.musicstream_leaves() as l
        where l.day >= (first at time zone 'UTC')::date and l.day < (past at time zone 'UTC')::date
        union
        select d.day from @extschema@.daily_metrics as d
        where d.day >= (first at time zone 'UTC')::date and d.day < (past at time zone 'UTC')::date
        union
        select (c.hour at time zone 'UTC')::date from @extschema@.minute_counts as c
        where c.hour >= first and c.hour < past
        union
        select (p.hour at time zone 'UTC')::date from @extschema@.metric_deltas as p
        where p.hour >= first and p.hour < past
        union
        select l.day from @extschema@.daily_listeners as l
        where l.day >= (first at time zone 'UTC')::date and l.day < (past at time zone 'UTC')::date
        union
        select l.day from @extschema@.listener_deltas as l
        where l.day >= (first at time zone 'UTC')::date and l.day < (past at time zone 'UTC')::date
        order by 1
    loop
        execute $rebuild$
            with pending as (
                delete from @extschema@.metric_deltas
                where hour >= $1 and hour < $2
                returning hour, event_type, region, minutes
            ), late as materialized (
                -- The events do not tell which of them came late: what is counted is kept.
                select u.minute, k.event_type, k.region, sum(u.late_events)::bigint as late_events
                from (
                    select hour, event_type, region, minutes from pending
                    union all
                    select hour, event_type, region, minutes
                    from @extschema@.minute_counts
                    where hour >= $1 and hour < $2
                ) as k
                cross join lateral @extschema@.musicstream_unpack(k.hour, k.minutes) as u
                group by u.minute, k.event_type, k.region
            ), minutes as materialized (
                select
                    minute,
                    event_type,
                    region,
                    s.events,
                    greatest(0, least(s.events, coalesce(l.late_events, 0))) as late_events
                from @extschema@.musicstream_stored_minutes($1, $2) as s
                left join late as l using (minute, event_type, region)
            ), hours as materialized (
                select
                    date_bin('1 hour', minute, 'epoch') as hour,
                    event_type,
                    region,
                    sum(events)::bigint as events,
                    sum(late_events)::bigint as late_events,
                    @extschema@.musicstream_pack(minute, events, late_events) as minutes
                from minutes
                group by 1, 2, 3
            ), days as materialized (
                select event_type, region, sum(events)::bigint as events, sum(late_events)::bigint as late_events
                from hours
                group by event_type, region
            ), written_hours as (
                insert into @extschema@.minute_counts as c (hour, event_type, region, events, late_events, minutes)
                select hour, event_type, region, events, late_events, minutes
                from hours
                order by hour, event_type, region
                on conflict (hour, event_type, region) do update
                    set events = excluded.events, late_events = excluded.late_events, minutes = excluded.minutes
                    where (c.events, c.late_events, c.minutes)
                        is distinct from (excluded.events, excluded.late_events, excluded.minutes)
                returning 1
            ), surplus_hours as (
                delete from @extschema@.minute_counts as c
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
            or exists (select from @extschema@.listener_deltas as p where p.day = musicstream_rebuild.day);
        written := written + @extschema@.musicstream_rebuild_listeners(array[day]);
        changed := changed or written > 0;
        perform @extschema@.musicstream_rebuild_listening(day);
        raise notice 'day % is counted anew, % rows of the metrics changed', day, written;
        return next;
    end loop;

    if changed then
        insert into @extschema@.rollup_state as s (revision) values (1)
        on conflict (singleton) do update set revision = s.revision + 1;
        perform pg_notify('musicstream', '');
    end if;
end
$$;

comment on function musicstream_rebuild(date, date) is 'makes the metrics, the listeners and, by the newest rule, the listening of these UTC days, both included, anew from raw_events, while writers go on; returns how many rows of minute_counts, daily_metrics and daily_listeners it wrote or removed; null: no bound';

revoke execute on function musicstream_rebuild(date, date) from public;
