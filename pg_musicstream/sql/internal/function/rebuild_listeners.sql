-- Users cannot be removed from a sketch, so the sketches of days that lost events are built again from the stored events.
-- Writers can continue. One statement per day reads the events and deletes the pending sketches of the same snapshot; events
-- that are committed later bring their own sketches, and merging a user twice changes nothing.
create function musicstream_internal.rebuild_listeners(days date[]) returns bigint
    language plpgsql volatile strict security definer
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
as $$
declare
    today date;
    frozen_before date;
    changed bigint;
    total bigint := 0;
begin
    -- A rollup must not merge sketches into the rows that this replaces.
    lock table only musicstream_internal.rollup_lock in share update exclusive mode;
    frozen_before := musicstream_internal.frozen_before();
    foreach today in array days loop
        -- The events of a frozen day were dropped, so its sketches cannot be built again.
        continue when today < frozen_before;
        execute $rebuild$
            with stored as materialized (
                select e.region, e.sketch
                from musicstream_internal.stored_listeners(
                    $1::timestamp at time zone 'UTC', ($1 + 1)::timestamp at time zone 'UTC'
                ) as e
            ), pending as (
                delete from musicstream_internal.listener_deltas where day = $1
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
                        or musicstream_internal.canonical_sketch(array[d.sketch])
                            is distinct from musicstream_internal.canonical_sketch(array[excluded.sketch])
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

comment on function musicstream_internal.rebuild_listeners(date[]) is 'builds the rows of daily_listeners for these UTC days again from raw_events, except for frozen days; returns the number of changed rows';

revoke execute on function musicstream_internal.rebuild_listeners(date[]) from public;
