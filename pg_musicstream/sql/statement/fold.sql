-- Moves the visible rows of metric_deltas into the metrics. They are grouped first, because ON CONFLICT DO UPDATE may update
-- a row only once per statement. Deltas that are committed meanwhile wait for the next rollup.
-- Also records the hours in touched_hours for musicstream_rollup_listening().
-- Returns the number of deltas, and the hours in which a group may have become empty.
with taken as (
    delete from metric_deltas
    returning hour, event_type, region, events, late_events, minutes
), touched as (
    insert into touched_hours (hour, has_removals)
    select hour, bool_or(events < 0)
    from taken
    group by hour
    order by hour
), hours as materialized (
    select
        hour,
        event_type,
        region,
        sum(events)::bigint as events,
        sum(late_events)::bigint as late_events,
        sum_minutes(minutes) as minutes
    from taken
    group by hour, event_type, region
), folded_hours as (
    insert into minute_counts as c (hour, event_type, region, events, late_events, minutes)
    select hour, event_type, region, events, late_events, minutes
    from hours
    order by hour, event_type, region
    on conflict (hour, event_type, region) do update
        set events = c.events + excluded.events,
            late_events = c.late_events + excluded.late_events,
            minutes = add_minutes(c.minutes, excluded.minutes)
), folded_days as (
    insert into daily_metrics as d (day, event_type, region, events, late_events, updated_at)
    select
        (hour at time zone 'UTC')::date as day,
        event_type,
        region,
        sum(events)::bigint,
        sum(late_events)::bigint,
        (select clock_timestamp())
    from hours
    group by 1, 2, 3
    order by 1, 2, 3
    on conflict (day, event_type, region) do update
        set events = d.events + excluded.events,
            late_events = d.late_events + excluded.late_events,
            updated_at = excluded.updated_at
)
select (select count(*) from taken), (select array_agg(distinct hour) from hours where events <= 0)
