-- The same as one query with window functions over all events would give for these quarters: what is further away than
-- max_listen or session_gap has no influence on them.
create function musicstream_count_quarters(first timestamptz, past timestamptz, rule integer) returns bigint
    language plpgsql volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
    set work_mem = '64MB' -- the events of some hours are sorted in memory
as $$
#variable_conflict use_column
declare
    r @extschema@.listening_rules;
    events bigint;
begin
    select l.* into strict r from @extschema@.listening_rules as l where l.rule = musicstream_count_quarters.rule;
    events := @extschema@.musicstream_read_playback(
        first - greatest(r.max_listen, r.session_gap), past + r.max_listen, r.starting_types || r.ending_types
    );

    with ordered as materialized (
        select
            region,
            song_id,
            ts,
            event_type = any (r.starting_types) as is_start,
            lead(ts) over by_user as next_ts,
            lag(ts) over by_user as previous_ts
        from pg_temp.staging_playback
        -- Which user comes first is all the same: "C" is compared faster.
        window by_user as (partition by user_id collate "C" order by ts, event_type = any (r.starting_types), event_id)
    ), plays as materialized (
        select
            date_bin('15 minutes', ts, 'epoch') as quarter,
            region,
            song_id,
            ts as began,
            least(next_ts, ts + r.max_listen) as ended,
            coalesce(next_ts <= ts + r.max_listen, false) as was_ended
        from ordered
        where is_start and ts < past
    ), songs as materialized (
        select
            quarter,
            region,
            song_id,
            sum(plays)::bigint as plays,
            sum(streams)::bigint as streams,
            sum(skips)::bigint as skips,
            -- Exact: a double holds the microseconds of 200 years.
            sum(round(date_part('epoch', listened) * 1000000)::bigint)::bigint as listened_us
        from (
            select
                quarter,
                region,
                song_id,
                1 as plays,
                (ended - began >= r.stream_after)::integer as streams,
                (ended - began < r.stream_after and was_ended)::integer as skips,
                least(ended, quarter + interval '15 minutes') - began as listened
            from plays
            where quarter >= first
            union all
            -- The later quarters of those that go on.
            select later, region, song_id, 0, 0, 0, least(ended, later + interval '15 minutes') - later
            from plays
            cross join lateral generate_series(
                greatest(quarter + interval '15 minutes', first),
                least(ended, past) - interval '1 microsecond',
                interval '15 minutes'
            ) as later
            where ended > quarter + interval '15 minutes'
        ) as part
        group by quarter, region, song_id
    ), counted as materialized (
        select
            quarter,
            region,
            sum(plays)::bigint as plays,
            sum(streams)::bigint as streams,
            sum(skips)::bigint as skips,
            sum(listened_us)::bigint as listened_us,
            sum(sessions)::bigint as sessions
        from (
            select quarter, region, plays, streams, skips, listened_us, 0 as sessions from songs
            union all
            select date_bin('15 minutes', ts, 'epoch'), region, 0, 0, 0, 0, 1
            from ordered
            where ts >= first and ts < past and (previous_ts is null or ts - previous_ts > r.session_gap)
        ) as part
        group by quarter, region
    ), written as (
        insert into @extschema@.listening_counts as c (quarter, region, plays, streams, skips, listened_us, sessions)
        select quarter, region, plays, streams, skips, listened_us, sessions
        from counted
        -- What is kept already is not touched: ON CONFLICT would lock the row, which writes to it.
        except all
        select c.quarter, c.region, c.plays, c.streams, c.skips, c.listened_us, c.sessions
        from @extschema@.listening_counts as c
        where c.quarter >= first and c.quarter < past
        order by quarter, region
        on conflict (quarter, region) do update
            set plays = excluded.plays,
                streams = excluded.streams,
                skips = excluded.skips,
                listened_us = excluded.listened_us,
                sessions = excluded.sessions
    ), surplus as (
        delete from @extschema@.listening_counts as c
        where c.quarter >= first and c.quarter < past
            and not exists (select from counted as n where n.quarter = c.quarter and n.region = c.region)
    ), written_songs as (
        insert into @extschema@.song_counts as c (quarter, region, song_id, plays, streams, skips, listened_us)
        select quarter, region, song_id, plays, streams, skips, listened_us
        from songs
        where song_id is not null
        except all
        select c.quarter, c.region, c.song_id, c.plays, c.streams, c.skips, c.listened_us
        from @extschema@.song_counts as c
        where c.quarter >= first and c.quarter < past
        order by quarter, region, song_id
        on conflict (quarter, region, song_id) do update
            set plays = excluded.plays,
                streams = excluded.streams,
                skips = excluded.skips,
                listened_us = excluded.listened_us
    ), surplus_songs as (
        delete from @extschema@.song_counts as c
        where c.quarter >= first and c.quarter < past
            and not exists (
                select from songs as n where n.quarter = c.quarter and n.region = c.region and n.song_id = c.song_id
            )
    )
    insert into @extschema@.counted_hours as h (hour, rule)
    select distinct date_bin('1 hour', quarter, 'epoch'), r.rule
    from counted
    on conflict (hour) do update set rule = excluded.rule where h.rule <> excluded.rule;

    delete from @extschema@.counted_hours as h
    where h.hour >= date_bin('1 hour', first, 'epoch') and h.hour < past
        and not exists (
            select from @extschema@.listening_counts as c
            where c.quarter >= h.hour and c.quarter < h.hour + interval '1 hour'
        );

    with added as (
        insert into @extschema@.listener_days (day, region, user_id)
        select day, region, user_id
        from (
            select distinct (ts at time zone 'UTC')::date as day, region collate "C" as region, user_id collate "C" as user_id
            from pg_temp.staging_playback
            where ts >= first and ts < past
            except all
            select d.day, d.region, d.user_id
            from @extschema@.listener_days as d
            where d.day >= (first at time zone 'UTC')::date and d.day <= (past at time zone 'UTC')::date
        ) as seen
        order by day, region, user_id
        on conflict do nothing
        returning day, user_id
    )
    insert into @extschema@.listener_first_days as f (user_id, day)
    select user_id, min(day)
    from added
    group by user_id
    order by user_id
    on conflict (user_id) do update set day = excluded.day where excluded.day < f.day;

    return events;
end
$$;

comment on function musicstream_count_quarters(timestamptz, timestamptz, integer) is 'counts the listening of the quarters from first up to past, which are no more than one day, anew by a rule, and notes who was active in them; returns how many events it read';

revoke execute on function musicstream_count_quarters(timestamptz, timestamptz, integer) from public;
