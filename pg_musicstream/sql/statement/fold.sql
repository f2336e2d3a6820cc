-- Moves what is visible of metric_deltas into the metrics. Grouped, because ON CONFLICT DO UPDATE may meet a row once
-- only; a delta that commits meanwhile waits for the next rollup.
-- Returns how many there were, and the minutes in which a group may have become empty.
with taken as (
    delete from metric_deltas
    returning minute, event_type, region, events, late_events
), minutes as materialized (
    select minute, event_type, region, sum(events)::bigint as events, sum(late_events)::bigint as late_events
    from taken
    group by minute, event_type, region
), folded_minutes as (
    insert into minute_metrics as m (minute, event_type, region, events, late_events)
    select minute, event_type, region, events, late_events
    from minutes
    order by minute, event_type, region
    on conflict (minute, event_type, region) do update
        set events = m.events + excluded.events, late_events = m.late_events + excluded.late_events
), folded_days as (
    insert into daily_metrics as d (day, event_type, region, events, late_events, updated_at)
    select
        (date_bin('1 day', minute, 'epoch') at time zone 'UTC')::date as day,
        event_type,
        region,
        sum(events)::bigint,
        sum(late_events)::bigint,
        (select clock_timestamp())
    from minutes
    group by 1, 2, 3
    order by 1, 2, 3
    on conflict (day, event_type, region) do update
        set events = d.events + excluded.events,
            late_events = d.late_events + excluded.late_events,
            updated_at = excluded.updated_at
)
select (select count(*) from taken), (select array_agg(distinct minute) from minutes where events <= 0)
