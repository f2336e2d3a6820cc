-- A standalone table that is then attached: CREATE TABLE … PARTITION OF would lock the root against all readers
-- and writers. Makers come one after another, so that two of them cannot wait for one another's days.
-- Each partition that is made takes nine locks, of which Postgres has a fixed number: so a call has a limit, and what
-- meets it can go on with fewer days.
create function musicstream_provide_partitions(days date[], wait boolean, is_asked boolean)
    returns table (day date, reason text, detail text)
    language plpgsql volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
    set client_min_messages = warning
as $$
#variable_conflict use_column
declare
    most constant integer := 100;
    missing date[] := @extschema@.musicstream_days_without_partition(days);
    leaf text;
    made integer := 0;
    frozen_before date;
    today date := (now() at time zone 'UTC')::date;
    room bigint;
begin
    if cardinality(missing) = 0 then
        return;
    end if;
    -- Before the other lock, which a batch takes while it holds this one; see musicstream_expire().
    lock table only @extschema@.raw_events in row exclusive mode;
    frozen_before := @extschema@.musicstream_frozen_before();
    if wait then
        lock table only @extschema@.partition_turn in share update exclusive mode;
    else
        begin
            lock table only @extschema@.partition_turn in share update exclusive mode nowait;
        exception when lock_not_available then
            return;
        end;
    end if;

    if not is_asked then
        delete from @extschema@.new_days where made_at <= now() - interval '24 hours';
        select @extschema@.musicstream_max_new_days() - count(*) into room from @extschema@.new_days;
    end if;

    -- Again: the lock may have waited for another maker. The newest first: where there is no room for all, those matter most.
    for day in
        select m.day from unnest(@extschema@.musicstream_days_without_partition(missing)) as m (day) order by m.day desc
    loop
        -- Else a wrong clock, or a hostile caller, could make tables without end.
        if day < frozen_before
            or not @extschema@.musicstream_is_plausible(day::timestamp at time zone 'UTC')
            and not @extschema@.musicstream_is_plausible((day + 1)::timestamp at time zone 'UTC' - interval '1 microsecond')
            and day not between today and @extschema@.musicstream_premade_until()
        then
            reason := 'no_partition';
            detail := 'events of that day are not accepted';
            return next;
            continue;
        end if;
        if day < today and room <= 0 then
            reason := 'too_many_new_days';
            detail := format('musicstream.max_new_days allows events to make partitions of %s past days in 24 hours',
                @extschema@.musicstream_max_new_days());
            return next;
            continue;
        end if;
        if made = most then
            raise exception 'more than % partitions cannot be made at once', most
                using errcode = 'program_limit_exceeded',
                    detail = format('The next one would be that of %s.', day),
                    hint = 'Make them with musicstream_make_partitions() beforehand, a transaction for each 100 days, or store fewer days at once.';
        end if;

        leaf := 'raw_events_' || to_char(day, 'YYYYMMDD');
        reason := null;
        detail := null;
        begin
            if to_regclass('@extschema@.' || leaf) is not null then
                raise duplicate_table using message = format('%s is in the way: it is not the partition of that day, or has no unique index on event_id',
                    to_regclass('@extschema@.' || leaf));
            end if;
            execute format('create table @extschema@.%I (like @extschema@.raw_events including all, primary key (event_id))', leaf);
            -- As of the root: see table/raw_events.sql.
            execute format('alter table @extschema@.%I replica identity full', leaf);
            execute format('alter table @extschema@.raw_events attach partition @extschema@.%I for values from (%L) to (%L)',
                leaf, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
            made := made + 1;
            if not is_asked and day < today then
                insert into @extschema@.new_days as n (day) values (day)
                on conflict on constraint new_days_pkey do update set made_at = excluded.made_at;
                room := room - 1;
            end if;
        exception
            -- A type of that name; a partition for more days than one; one for all others that has events of that day.
            when duplicate_table or duplicate_object or invalid_object_definition or check_violation then
                reason := 'no_partition';
                detail := sqlerrm;
                raise warning 'cannot make the partition of %', day
                    using errcode = sqlstate,
                        detail = format('%s.', detail),
                        hint = 'Rename, drop or detach what is in the way, or attach it for exactly that day with a unique index on event_id; then run  select * from musicstream_retry_rejected(''no_partition'').';
        end;
        return next;
    end loop;
end
$$;

comment on function musicstream_provide_partitions(date[], boolean, boolean) is 'makes the partitions of raw_events that these UTC days lack; wait false: not while another session makes some; is_asked false: of past days no more than musicstream.max_new_days in 24 hours; returns a row for each of them, with a reason where it could not';

revoke execute on function musicstream_provide_partitions(date[], boolean, boolean) from public;
