-- The lock on raw_events is the fence: a batch takes its own on it before it asks which days are frozen, so that it either
-- commits before the partitions go or sees that they are frozen. It waits for whoever reads or writes raw_events, and
-- whoever comes later waits behind it: set lock_timeout where that may last.
-- Each partition that is dropped takes about nine locks, of which Postgres has a fixed number. So a call drops the oldest hundred
-- and freezes the days up to the last of them: what it leaves behind is what a call with a longer interval would.
create function musicstream_expire(keep interval) returns table (day date, events bigint)
    language plpgsql volatile strict security definer
    set search_path = pg_catalog, @extschema@, pg_temp
    set jit = off
    set timezone = 'UTC' -- a day of the interval has 24 hours
as $$
#variable_conflict use_column
declare
    most constant integer := 100;
    -- The first day that stays, and the last that goes by this call.
    oldest_kept constant date := ((now() - keep) at time zone 'UTC')::date;
    newest date;
    past timestamptz;
    waiting bigint;
    leaf regclass;
    difference record;
begin
    if keep < interval '1 day' then
        raise exception 'keep % is less than a day', keep
            using errcode = 'invalid_parameter_value',
                hint = 'Say how much to keep, as in  select * from musicstream_expire(interval ''400 days'');';
    end if;
    perform @extschema@.musicstream_begin_correction('musicstream_expire()');
    -- The day before that of the next partition, if there are more.
    select coalesce(min(l.day), oldest_kept) - 1, count(*) into newest, waiting
    from (
        select l.day from @extschema@.musicstream_leaves() as l where l.day < oldest_kept order by l.day offset most
    ) as l;
    if newest < @extschema@.musicstream_frozen_before() then
        return;
    end if;
    past := (newest + 1)::timestamp at time zone 'UTC';

    -- Afterwards nothing could tell which number was right.
    perform @extschema@.musicstream_begin_listening('musicstream_expire()');
    perform @extschema@.musicstream_count_waiting(past + interval '1 day', null);
    select * into difference from @extschema@.musicstream_verify(null, newest) limit 1;
    if found then
        raise exception 'the metrics of % differ from its events', (difference.bucket at time zone 'UTC')::date
            using errcode = 'object_not_in_prerequisite_state',
                detail = format('The %s metric of %s in "%s" at %s counts %s, and %s are stored.',
                    difference.metric, coalesce(quote_ident(difference.event_type), 'any type'), difference.region,
                    to_char(difference.bucket at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"'),
                    difference.counted, difference.stored),
                hint = 'See musicstream_verify(); musicstream_rebuild() counts anew.';
    end if;

    lock table only @extschema@.raw_events in access exclusive mode;
    -- Again: what came before the lock.
    perform @extschema@.musicstream_count_waiting(past + interval '1 day', null);
    perform @extschema@.musicstream_keep_frozen_playback(past);
    perform @extschema@.musicstream_freeze_listeners(newest + 1);
    for day, leaf in
        select l.day, l.leaf from @extschema@.musicstream_leaves() as l where l.day <= newest order by l.day
    loop
        select coalesce(sum(m.events), 0) into events
        from @extschema@.live_daily_metrics as m
        where m.day = musicstream_expire.day;
        insert into @extschema@.frozen_days (day, events) values (day, events) on conflict do nothing;
        delete from @extschema@.hour_blocks as h
        where h.hour >= day::timestamp at time zone 'UTC' and h.hour < (day + 1)::timestamp at time zone 'UTC';
        delete from @extschema@.scanned_leaves as s where s.day = musicstream_expire.day;
        execute format('drop table %s', leaf);
        raise notice 'day % is frozen with % events', day, events;
        return next;
    end loop;
    insert into @extschema@.frozen_days (day, events) values (newest, 0) on conflict do nothing;
    if waiting > 0 then
        raise notice '% more days wait for the next call of musicstream_expire(): one call drops %', waiting, most;
    end if;
end
$$;

comment on function musicstream_expire(interval) is 'drops the events of the UTC days that ended longer ago than this, and freezes the days: their metrics stay, what still comes for them is rejected as day_frozen; returns the days, the oldest hundred if there are more: call it until it returns none';

revoke execute on function musicstream_expire(interval) from public;
