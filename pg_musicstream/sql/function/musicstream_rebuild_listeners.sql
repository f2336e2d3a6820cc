-- A sketch forgets nobody: where events were taken away, the day's sketches are made anew from what is stored.
-- Writers may go on: one statement a day reads the events and takes the pending sketches of the same snapshot away;
-- what commits meanwhile brings its own sketches, and merging is idempotent.
create function musicstream_rebuild_listeners(days date[]) returns bigint
    language plpgsql volatile strict security definer
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    today date;
    changed bigint;
    total bigint := 0;
begin
    -- No rollup may merge meanwhile what this is about to replace.
    perform pg_advisory_xact_lock(hashtext('pg_musicstream'), 1);
    foreach today in array days loop
        -- The events of a day without a partition are gone: its sketches are all that is left.
        continue when to_regclass(format('%I.%I', '@extschema@', 'raw_events_' || to_char(today, 'YYYYMMDD'))) is null;
        with stored as materialized (
            select e.region, @extschema@.musicstream_sketch(e.user_id) as sketch
            from @extschema@.raw_events as e
            where e.ts >= today::timestamp at time zone 'UTC' and e.ts < (today + 1)::timestamp at time zone 'UTC'
            group by e.region
        ), pending as (
            delete from @extschema@.listener_deltas where day = today
        ), gone as (
            delete from @extschema@.daily_listeners as d
            where d.day = today and d.region not in (select s.region from stored as s)
            returning 1
        ), kept as (
            insert into @extschema@.daily_listeners as d (day, region, listeners, sketch, updated_at)
            select
                today,
                s.region,
                round(@extschema@.musicstream_sketch_estimate(s.sketch))::bigint,
                s.sketch,
                (select clock_timestamp())
            from stored as s
            order by s.region
            on conflict (day, region) do update
                set listeners = excluded.listeners, sketch = excluded.sketch, updated_at = excluded.updated_at
            returning 1
        )
        select (select count(*) from gone) + (select count(*) from kept) into changed;
        total := total + changed;
    end loop;
    return total;
end
$$;

comment on function musicstream_rebuild_listeners(date[]) is 'makes daily_listeners of these UTC days anew from raw_events, and leaves alone days whose events are gone; returns how many rows were written or taken away';

revoke execute on function musicstream_rebuild_listeners(date[]) from public;
