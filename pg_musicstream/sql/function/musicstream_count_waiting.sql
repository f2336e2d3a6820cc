-- What is taken off touched_hours was stored before it was noted there, so a later statement sees it in raw_events. What is
-- stored meanwhile is noted later, and counted again: counting an hour twice is the same as once.
create function musicstream_count_waiting(
    before timestamptz,
    most_events bigint,
    out hours_counted bigint,
    out hours_left bigint,
    out events_read bigint
)
    language plpgsql volatile
    set search_path = pg_catalog, @extschema@, pg_temp
    set timezone = 'UTC'
as $$
declare
    hours timestamptz[];
    days date[];
begin
    with waiting as materialized (
        select hour, bool_or(has_removals) as has_removals
        from (
            select t.hour, t.has_removals from @extschema@.touched_hours as t
            union all
            select d.hour, d.events < 0 from @extschema@.metric_deltas as d
        ) as w
        where hour < before
        group by hour
    ), sized as (
        select
            w.*,
            coalesce(sum(coalesce(c.events, 0)) over (
                order by w.is_newest desc, w.hour rows between unbounded preceding and 1 preceding
            ), 0) < coalesce(most_events, 'infinity'::numeric) as is_taken
        from (
            -- What streams now does not wait for an archive.
            select w.*, w.hour >= max(w.hour) over () - interval '1 hour' as is_newest from waiting as w
        ) as w
        left join lateral (
            select sum(k.events) as events from @extschema@.minute_counts as k where k.hour = w.hour
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
        delete from @extschema@.touched_hours as t
        where t.hour = any (hours)
        returning t.hour, t.has_removals
    )
    select array(select distinct hour::date from taken where has_removals union select unnest(days) order by 1) into days;

    events_read := @extschema@.musicstream_count_hours(hours);
    perform @extschema@.musicstream_prune_listener_days(d.day) from unnest(days) as d (day);
end
$$;

comment on function musicstream_count_waiting(timestamptz, bigint) is 'counts listening near the touched hours before this time, the two newest and then the oldest, until their events are about as many as allowed; null: all; called by who has the turn';

revoke execute on function musicstream_count_waiting(timestamptz, bigint) from public;
