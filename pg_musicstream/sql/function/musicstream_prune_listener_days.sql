create function musicstream_prune_listener_days(day date) returns void
    language plpgsql volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
    set work_mem = '64MB'
as $$
#variable_conflict use_column
declare
    newest constant integer := @extschema@.musicstream_listening_rule();
    span record;
begin
    if day < @extschema@.musicstream_frozen_before() then
        return;
    end if;
    perform @extschema@.musicstream_stage('staging_playback');
    for span in
        select min(h.hour) as first, max(h.hour) + interval '1 hour' as past, r.starting_types || r.ending_types as event_types
        from (
            select
                d.hour,
                coalesce(c.rule, newest) as rule,
                row_number() over (partition by coalesce(c.rule, newest) order by d.hour) as number
            from generate_series(
                musicstream_prune_listener_days.day::timestamp at time zone 'UTC',
                (musicstream_prune_listener_days.day + 1)::timestamp at time zone 'UTC' - interval '1 hour',
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

    delete from @extschema@.listener_days as d
    where d.day = musicstream_prune_listener_days.day
        and not exists (select from pg_temp.staging_playback as s where s.region = d.region and s.user_id = d.user_id);

    with lost as (
        select f.user_id
        from @extschema@.listener_first_days as f
        where f.day = musicstream_prune_listener_days.day
            and not exists (select from @extschema@.listener_days as d where d.user_id = f.user_id and d.day = f.day)
    ), next as materialized (
        select l.user_id, (select min(d.day) from @extschema@.listener_days as d where d.user_id = l.user_id) as day
        from lost as l
    ), moved as (
        update @extschema@.listener_first_days as f
        set day = n.day
        from next as n
        where f.user_id = n.user_id and n.day is not null
    )
    delete from @extschema@.listener_first_days as f
    using next as n
    where f.user_id = n.user_id and n.day is null;
end
$$;

comment on function musicstream_prune_listener_days(date) is 'takes users out of listener_days who have no event left on this UTC day that starts or ends playback';

revoke execute on function musicstream_prune_listener_days(date) from public;
