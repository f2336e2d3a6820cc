create function musicstream_internal.prune_listener_days(day date) returns void
    language plpgsql volatile strict
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    set work_mem = '64MB'
as $$
#variable_conflict use_column
declare
    newest constant integer := musicstream_internal.current_listening_rule();
    span record;
begin
    if day < musicstream_internal.frozen_before() then
        return;
    end if;
    perform musicstream_internal.make_staging_table('staging_playback');
    for span in
        select min(h.hour) as first, max(h.hour) + interval '1 hour' as past, r.starting_types || r.ending_types as event_types
        from (
            select
                d.hour,
                coalesce(c.rule, newest) as rule,
                row_number() over (partition by coalesce(c.rule, newest) order by d.hour) as number
            from generate_series(
                prune_listener_days.day::timestamp at time zone 'UTC',
                (prune_listener_days.day + 1)::timestamp at time zone 'UTC' - interval '1 hour',
                interval '1 hour'
            ) as d (hour)
            left join @extschema@.counted_hours as c on c.hour = d.hour
        ) as h
        join @extschema@.listening_rules as r on r.rule = h.rule
        group by r.rule, h.hour - h.number * interval '1 hour'
        order by 1
    loop
        execute $read$
            insert into pg_temp.staging_playback (user_id, region)
            select distinct r.user_id, r.region
            from @extschema@.raw_events as r
            where r.ts >= $1 and r.ts < $2 and r.event_type = any ($3)
        $read$ using span.first, span.past, span.event_types;
    end loop;

    delete from musicstream_internal.listener_days as d
    where d.day = prune_listener_days.day
        and not exists (select from pg_temp.staging_playback as s where s.region = d.region and s.user_id = d.user_id);

    with lost as (
        select f.user_id
        from musicstream_internal.listener_first_days as f
        where f.day = prune_listener_days.day
            and not exists (select from musicstream_internal.listener_days as d where d.user_id = f.user_id and d.day = f.day)
    ), next as materialized (
        select l.user_id, (select min(d.day) from musicstream_internal.listener_days as d where d.user_id = l.user_id) as day
        from lost as l
    ), moved as (
        update musicstream_internal.listener_first_days as f
        set day = n.day
        from next as n
        where f.user_id = n.user_id and n.day is not null
    )
    delete from musicstream_internal.listener_first_days as f
    using next as n
    where f.user_id = n.user_id and n.day is null;
end
$$;

comment on function musicstream_internal.prune_listener_days(date) is 'deletes users from listener_days who have no event left on this UTC day that starts or ends playback, and corrects their first days';

revoke execute on function musicstream_internal.prune_listener_days(date) from public;
