-- A standalone table that is then attached: CREATE TABLE … PARTITION OF would lock the root against all readers
-- and writers. Makers come one after another, so that two of them cannot wait for one another's days.
-- A writer does well to call it in a transaction of its own before the batch. The lock is then held for a moment, and
-- no statement that was planned without the partition can run on a snapshot that has the partition's deltas.
-- Each partition that is made takes nine locks, of which Postgres has a fixed number: so a call has a limit, and what
-- meets it can go on with fewer days.
create function musicstream_make_partitions(days date[], wait boolean default true) returns integer
    language plpgsql volatile strict security definer
    set search_path = pg_catalog, @extschema@, pg_temp
    set client_min_messages = warning
as $$
declare
    most constant integer := 100;
    day date;
    leaf text;
    made integer := 0;
    frozen_before date;
begin
    foreach day in array days loop
        -- Else a wrong clock, or a hostile caller, could make tables without end.
        continue when not @extschema@.musicstream_is_plausible(day::timestamp at time zone 'UTC')
            and not @extschema@.musicstream_is_plausible((day + 1)::timestamp at time zone 'UTC' - interval '1 microsecond')
            and day not between (now() at time zone 'UTC')::date and @extschema@.musicstream_premade_until();
        leaf := 'raw_events_' || to_char(day, 'YYYYMMDD');
        continue when to_regclass(format('%I.%I', '@extschema@', leaf)) is not null;

        -- Before the other lock, which a batch takes while it holds this one; see musicstream_expire().
        lock table only @extschema@.raw_events in row exclusive mode;
        frozen_before := @extschema@.musicstream_frozen_before();
        continue when day < frozen_before;

        if wait then
            lock table only @extschema@.partition_turn in share update exclusive mode;
        else
            begin
                lock table only @extschema@.partition_turn in share update exclusive mode nowait;
            exception when lock_not_available then
                return made;
            end;
        end if;
        -- By a query: the lock waited for another maker, and a lookup by name may remember what was not there before.
        continue when exists (
            select from pg_class where relname = leaf and relnamespace = '@extschema@'::regnamespace
        );

        if made = most then
            raise exception 'more than % partitions cannot be made at once', most
                using errcode = 'program_limit_exceeded',
                    detail = format('The next one would be that of %s.', day),
                    hint = 'Make them with musicstream_make_partitions() beforehand, a transaction for each 100 days, or store fewer days at once.';
        end if;
        execute format('create table %I.%I (like @extschema@.raw_events including all)', '@extschema@', leaf);
        execute format('alter table %I.%I add unique (event_id)', '@extschema@', leaf);
        execute format('alter table @extschema@.raw_events attach partition %I.%I for values from (%L) to (%L)',
            '@extschema@', leaf, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
        made := made + 1;
    end loop;
    return made;
end
$$;

comment on function musicstream_make_partitions(date[], boolean) is 'makes the partitions of raw_events for those of these UTC days whose events are accepted and that are not frozen, where they are missing, at most 100 at once; returns how many; wait false: not while another session makes some';

revoke execute on function musicstream_make_partitions(date[], boolean) from public;
