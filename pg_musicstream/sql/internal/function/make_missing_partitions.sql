-- A partition is created as a separate table and then attached, because CREATE TABLE … PARTITION OF locks the root against
-- all readers and writers. partition_lock prevents two sessions from waiting for each other's partitions.
-- Each new partition takes nine entries of the lock table, whose size is fixed. So the number per call is limited, and a
-- caller that reaches the limit can continue with fewer days.
create function musicstream_internal.make_missing_partitions(days date[], wait boolean, is_explicit boolean)
    returns table (day date, reason text, detail text)
    language plpgsql volatile strict
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    set client_min_messages = warning
as $$
#variable_conflict use_column
declare
    most constant integer := 100;
    missing date[] := musicstream_internal.days_without_partition(days);
    leaf text;
    made integer := 0;
    frozen_before date;
    today date := (now() at time zone 'UTC')::date;
    room bigint;
begin
    if cardinality(missing) = 0 then
        return;
    end if;
    -- Taken before partition_lock, because a batch takes partition_lock while it holds this lock; see musicstream_expire().
    lock table only @extschema@.raw_events in row exclusive mode;
    frozen_before := musicstream_internal.frozen_before();
    if wait then
        lock table only musicstream_internal.partition_lock in share update exclusive mode;
    else
        begin
            lock table only musicstream_internal.partition_lock in share update exclusive mode nowait;
        exception when lock_not_available then
            return;
        end;
    end if;

    if not is_explicit then
        -- A time ahead of the clock was written before the clock was set back. It would count until the clock shows it again.
        -- Not compared with now(), because another session may have created a partition since this transaction began.
        delete from musicstream_internal.new_days
        where made_at not between now() - interval '24 hours' and clock_timestamp() + interval '1 minute';
        select musicstream_internal.max_new_days() - count(*) into room from musicstream_internal.new_days;
    end if;

    -- Checked again, because another session may have created partitions before this one got the lock. The newest days come first:
    -- they matter most if the limit is reached.
    for day in
        select m.day from unnest(musicstream_internal.days_without_partition(missing)) as m (day) order by m.day desc
    loop
        -- Without this check a wrong clock or a hostile caller could create any number of tables.
        if day < frozen_before
            or not musicstream_internal.is_plausible(day::timestamp at time zone 'UTC')
            and not musicstream_internal.is_plausible((day + 1)::timestamp at time zone 'UTC' - interval '1 microsecond')
            and day not between today and musicstream_internal.premade_until()
        then
            reason := 'no_partition';
            detail := 'events of that day are not accepted';
            return next;
            continue;
        end if;
        if day < today and room <= 0 then
            reason := 'too_many_new_days';
            detail := format('musicstream.max_new_days allows events to make partitions of %s past days in 24 hours',
                musicstream_internal.max_new_days());
            return next;
            continue;
        end if;
        if made = most then
            raise exception 'cannot create more than % partitions in one call', most
                using errcode = 'program_limit_exceeded',
                    detail = format('The next partition would be that of %s.', day),
                    hint = 'Create them before with musicstream_make_partitions(), 100 days per transaction, or store fewer days at once.';
        end if;

        leaf := 'raw_events_' || to_char(day, 'YYYYMMDD');
        reason := null;
        detail := null;
        begin
            if to_regclass('musicstream_internal.' || leaf) is not null then
                raise duplicate_table using message = format('musicstream_internal.%s is in the way: it is not the partition of that day, or has no unique index on event_id',
                    leaf);
            end if;
            execute format('create table musicstream_internal.%I (like @extschema@.raw_events including all, primary key (event_id))', leaf);
            -- As for the root: see table/raw_events.sql.
            execute format('alter table musicstream_internal.%I replica identity full', leaf);
            execute format('alter table @extschema@.raw_events attach partition musicstream_internal.%I for values from (%L) to (%L)',
                leaf, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
            made := made + 1;
            if not is_explicit and day < today then
                insert into musicstream_internal.new_days as n (day) values (day)
                on conflict on constraint new_days_pkey do update set made_at = excluded.made_at;
                room := room - 1;
            end if;
        exception
            -- A type of the same name; a partition that covers several days; a default partition that has events of the day.
            when duplicate_table or duplicate_object or invalid_object_definition or check_violation then
                reason := 'no_partition';
                detail := sqlerrm;
                raise warning 'cannot create the partition of %', day
                    using errcode = sqlstate,
                        detail = format('%s.', detail),
                        hint = 'Rename, drop or detach the table that is in the way, or attach it for exactly that day with a unique index on event_id. Then run  select * from musicstream_retry_rejected(''no_partition'');';
        end;
        return next;
    end loop;
end
$$;

comment on function musicstream_internal.make_missing_partitions(date[], boolean, boolean) is 'creates the partitions of raw_events that these UTC days lack; wait false: returns at once if another session creates partitions; is_explicit false: at most musicstream.max_new_days past days in 24 hours; returns one row per day, with a reason if there is still no partition';

revoke execute on function musicstream_internal.make_missing_partitions(date[], boolean, boolean) from public;
