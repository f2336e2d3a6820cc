-- A batch locks raw_events before it reads which days are frozen. The exclusive lock here makes sure that a batch either
-- commits before the partitions are dropped or sees that the days are frozen. It waits for all readers and writers of
-- raw_events, and later ones wait for it: set lock_timeout if that can take long.
-- Each dropped partition takes about nine entries of the lock table, whose size is fixed. So a call drops the oldest hundred
-- partitions and freezes the days up to the last of them.
create function musicstream_expire(keep interval) returns table (day date, events bigint)
    language plpgsql volatile strict security definer
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    set jit = off
    set timezone = 'UTC' -- so that a day of the interval has 24 hours
as $$
#variable_conflict use_column
declare
    most constant integer := 100;
    -- The first day that is kept, and the last day that this call drops.
    oldest_kept constant date := ((now() - keep) at time zone 'UTC')::date;
    newest date;
    past timestamptz;
    waiting bigint;
    leaf regclass;
    difference record;
begin
    if keep < interval '1 day' then
        raise exception 'keep must be at least one day, but is %', keep
            using errcode = 'invalid_parameter_value',
                hint = 'Pass the age from which on events are dropped, for example  select * from musicstream_expire(interval ''400 days'');';
    end if;
    perform musicstream_internal.begin_correction('musicstream_expire()');
    -- If there are more partitions than one call drops: up to the day before the first that remains.
    select coalesce(min(l.day), oldest_kept) - 1, count(*) into newest, waiting
    from (
        select l.day from @extschema@.musicstream_leaves() as l where l.day < oldest_kept order by l.day offset most
    ) as l;
    if newest < musicstream_internal.frozen_before() then
        return;
    end if;
    past := (newest + 1)::timestamp at time zone 'UTC';

    -- Checked before the events are dropped, because afterwards the metrics cannot be corrected.
    perform musicstream_internal.begin_listening('musicstream_expire()');
    perform musicstream_internal.count_touched_hours(past + interval '1 day', null);
    select * into difference from @extschema@.musicstream_verify(null, newest) limit 1;
    if found then
        raise exception 'the metrics of % differ from its events', (difference.bucket at time zone 'UTC')::date
            using errcode = 'object_not_in_prerequisite_state',
                detail = format('The %s metric of %s in "%s" at %s counts %s, and %s are stored.',
                    difference.metric, coalesce(quote_ident(difference.event_type), 'any type'), difference.region,
                    to_char(difference.bucket at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"'),
                    difference.counted, difference.stored),
                hint = 'musicstream_verify() lists all differences; musicstream_rebuild() counts the days again.';
    end if;

    lock table only @extschema@.raw_events in access exclusive mode;
    -- Again, for events that were stored before the lock was granted.
    perform musicstream_internal.count_touched_hours(past + interval '1 day', null);
    perform musicstream_internal.keep_frozen_playback(past);
    perform musicstream_internal.freeze_listeners(newest + 1);
    for day, leaf in
        select l.day, l.leaf from @extschema@.musicstream_leaves() as l where l.day <= newest order by l.day
    loop
        select coalesce(sum(m.events), 0) into events
        from @extschema@.live_daily_metrics as m
        where m.day = musicstream_expire.day;
        insert into @extschema@.frozen_days (day, events) values (day, events) on conflict do nothing;
        delete from musicstream_internal.hour_blocks as h
        where h.hour >= day::timestamp at time zone 'UTC' and h.hour < (day + 1)::timestamp at time zone 'UTC';
        delete from musicstream_internal.scanned_leaves as s where s.day = musicstream_expire.day;
        execute format('drop table %s', leaf);
        raise notice 'day % is frozen with % events', day, events;
        return next;
    end loop;
    insert into @extschema@.frozen_days (day, events) values (newest, 0) on conflict do nothing;
    if waiting > 0 then
        raise notice '% more days remain for the next call of musicstream_expire(), because one call drops %', waiting, most;
    end if;
end
$$;

comment on function musicstream_expire(interval) is 'drops the events of UTC days that ended longer ago than keep and freezes these days: their metrics stay, and later events for them are rejected as day_frozen; drops at most a hundred days per call and returns them; call it until it returns none';

revoke execute on function musicstream_expire(interval) from public;
