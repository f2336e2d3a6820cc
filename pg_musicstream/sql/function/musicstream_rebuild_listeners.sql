-- A sketch forgets nobody: where events were taken away, the day's sketches are made anew from what is stored.
-- Writers may go on: one statement a day reads the events and takes the pending sketches of the same snapshot away;
-- what commits meanwhile brings its own sketches, and merging is idempotent.
create function musicstream_rebuild_listeners(days date[]) returns bigint
    language plpgsql volatile strict security definer
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    today date;
    frozen_before date;
    changed bigint;
    total bigint := 0;
begin
    -- No rollup may merge meanwhile what this is about to replace.
    lock table only @extschema@.rollup_turn in share update exclusive mode;
    frozen_before := @extschema@.musicstream_frozen_before();
    foreach today in array days loop
        -- The events of a frozen day are gone: its sketches are all that is left.
        continue when today < frozen_before;
        execute $rebuild$
            with stored as materialized (
                select e.region, e.sketch
                from @extschema@.musicstream_stored_listeners(
                    $1::timestamp at time zone 'UTC', ($1 + 1)::timestamp at time zone 'UTC'
                ) as e
            ), pending as (
                delete from @extschema@.listener_deltas where day = $1
            ), gone as (
                delete from @extschema@.daily_listeners as d
                where d.day = $1 and d.region not in (select s.region from stored as s)
                returning 1
            ), kept as (
                insert into @extschema@.daily_listeners as d (day, region, listeners, sketch, updated_at)
                select
                    $1,
                    s.region,
                    round(@extschema@.musicstream_sketch_estimate(s.sketch))::bigint,
                    s.sketch,
                    (select clock_timestamp())
                from stored as s
                order by s.region
                on conflict (day, region) do update
                    set listeners = excluded.listeners, sketch = excluded.sketch, updated_at = excluded.updated_at
                    where d.listeners <> excluded.listeners
                        or @extschema@.musicstream_sketch_canonical(array[d.sketch])
                            is distinct from @extschema@.musicstream_sketch_canonical(array[excluded.sketch])
                returning 1
            )
            select (select count(*) from gone) + (select count(*) from kept)
            $rebuild$
            into changed
            using today;
        total := total + changed;
    end loop;
    return total;
end
$$;

comment on function musicstream_rebuild_listeners(date[]) is 'makes daily_listeners of these UTC days anew from raw_events, and leaves frozen days alone; returns how many rows were written or taken away';

revoke execute on function musicstream_rebuild_listeners(date[]) from public;
