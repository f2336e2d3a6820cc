-- The events of a row in touched_hours were stored before the row, so a later statement sees them in raw_events. Events that
-- are stored meanwhile add a row, and their hour is counted again. Counting an hour twice gives the same numbers.
create function musicstream_internal.count_touched_hours(
    before timestamptz,
    most_events bigint,
    out hours_counted bigint,
    out hours_left bigint,
    out events_read bigint
)
    language plpgsql volatile
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    set timezone = 'UTC'
as $$
declare
    hours timestamptz[];
    days date[];
begin
    -- Before the hours are chosen, because a new rule adds hours. The first rule is not added until there is an hour to count.
    if exists (select from @extschema@.listening_rules) then
        perform musicstream_internal.current_listening_rule();
    end if;

    with waiting as materialized (
        select hour, bool_or(has_removals) as has_removals
        from (
            select t.hour, t.has_removals from musicstream_internal.touched_hours as t
            union all
            select d.hour, d.events < 0 from musicstream_internal.metric_deltas as d
        ) as w
        where hour < before
        group by hour
    ), sized as (
        select
            w.*,
            w.is_newest or coalesce(sum(coalesce(c.events, 0)) over (
                partition by w.is_newest order by w.hour rows between unbounded preceding and 1 preceding
            ), 0) < coalesce(most_events, 'infinity'::numeric) as is_taken
        from (
            -- Current events do not wait until an archive is counted. The limit does not include their hours: otherwise, if these had
            -- most_events and changed before each call, no older hour would ever be counted.
            -- Hours ahead of the clock do not take the place of the current ones.
            select
                w.*,
                w.hour >= least(max(w.hour) over (), date_bin('1 hour', now(), 'epoch')) - interval '1 hour' as is_newest
            from waiting as w
        ) as w
        left join lateral (
            select sum(k.events) as events from musicstream_internal.minute_counts as k where k.hour = w.hour
        ) as c on true
    )
    select
        coalesce(array_agg(hour order by hour) filter (where is_taken), '{}'),
        coalesce(array_agg(distinct hour::date) filter (where is_taken and has_removals), '{}'),
        count(*) filter (where not is_taken)
    into hours, days, hours_left
    from sized;

    hours_counted := cardinality(hours);
    events_read := 0;
    if hours_counted = 0 then
        return;
    end if;

    with taken as (
        delete from musicstream_internal.touched_hours as t
        where t.hour = any (hours)
        returning t.hour, t.has_removals
    )
    select array(select distinct hour::date from taken where has_removals union select unnest(days) order by 1) into days;

    events_read := musicstream_internal.count_hours(hours);
    perform musicstream_internal.prune_listener_days(d.day) from unnest(days) as d (day);
end
$$;

comment on function musicstream_internal.count_touched_hours(timestamptz, bigint) is 'counts listening near the touched hours before this time: the two newest hours up to the current one, those after it, and the oldest of the others until these have about most_events events (null: all); the caller holds listening_lock';

revoke execute on function musicstream_internal.count_touched_hours(timestamptz, bigint) from public;
