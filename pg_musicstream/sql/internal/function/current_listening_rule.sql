-- An event type that was deleted from event_types keeps its effect on playback, because its events are still stored.
create function musicstream_internal.current_listening_rule() returns integer
    language plpgsql volatile
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
as $$
declare
    newest @extschema@.listening_rules;
    starting text[];
    ending text[];
    drops_types boolean;
begin
    select r.* into newest from @extschema@.listening_rules as r order by r.rule desc limit 1;
    select
        array_agg(distinct t.event_type order by t.event_type) filter (where t.playback = 'starts'),
        array_agg(distinct t.event_type order by t.event_type) filter (where t.playback = 'ends')
    into starting, ending
    from (
        select b.event_type, b.playback from musicstream_internal.builtin_event_types as b
        union all
        select e.event_type, e.playback from @extschema@.event_types as e
        union all
        select k.event_type, 'starts' from unnest(newest.starting_types) as k (event_type)
        where k.event_type not in (select e.event_type from @extschema@.event_types as e)
        union all
        select k.event_type, 'ends' from unnest(newest.ending_types) as k (event_type)
        where k.event_type not in (select e.event_type from @extschema@.event_types as e)
    ) as t (event_type, playback);

    if (newest.max_listen, newest.stream_after, newest.session_gap, newest.starting_types, newest.ending_types)
        is distinct from (
            musicstream_internal.max_listen(), musicstream_internal.stream_after(), musicstream_internal.session_gap(),
            starting, ending
        )
    then
        drops_types := not (newest.starting_types || newest.ending_types) <@ (starting || ending);
        insert into @extschema@.listening_rules as r
            (rule, max_listen, stream_after, session_gap, starting_types, ending_types)
        values (
            coalesce(newest.rule, 0) + 1,
            musicstream_internal.max_listen(), musicstream_internal.stream_after(), musicstream_internal.session_gap(),
            starting, ending
        )
        returning r.* into newest;
        -- A longer max_listen, a shorter session_gap, or another effect of an event type can give numbers to hours that have none.
        -- So the hours whose events can reach such an hour are counted again; the hours with numbers keep their rule. If event
        -- types no longer affect playback, the users of an hour without numbers may no longer be active on its day.
        if newest.rule > 1 then
            -- One index probe per hour: there are many rows per hour, by event type and region. The last events of a frozen day
            -- can reach a later day; max_listen is at most 24 hours.
            with recursive stored as (
                (
                    select c.hour
                    from musicstream_internal.minute_counts as c
                    where c.hour >= musicstream_internal.frozen_before()::timestamp at time zone 'UTC' - interval '24 hours'
                    order by c.hour
                    limit 1
                )
                union all
                select (
                    select c.hour from musicstream_internal.minute_counts as c where c.hour > s.hour order by c.hour limit 1
                )
                from stored as s
                where s.hour is not null
            )
            insert into musicstream_internal.touched_hours (hour, has_removals)
            select s.hour, drops_types and bool_or(g.hour = s.hour)
            from stored as s
            cross join lateral generate_series(
                s.hour, s.hour + interval '1 hour' - interval '1 microsecond' + newest.max_listen, interval '1 hour'
            ) as g (hour)
            left join @extschema@.counted_hours as h on h.hour = g.hour
            where h.hour is null
            group by s.hour;
            -- Hours of deltas that no rollup has folded are not in minute_counts.
            insert into musicstream_internal.touched_hours (hour, has_removals)
            select distinct d.hour, true
            from musicstream_internal.metric_deltas as d
            left join @extschema@.counted_hours as h on h.hour = d.hour
            where drops_types and h.hour is null;
        end if;
    end if;
    return newest.rule;
end
$$;

comment on function musicstream_internal.current_listening_rule() is 'number of the listening rule that the settings and event_types define; adds it to listening_rules if it differs from the newest; the caller holds listening_lock';

revoke execute on function musicstream_internal.current_listening_rule() from public;
