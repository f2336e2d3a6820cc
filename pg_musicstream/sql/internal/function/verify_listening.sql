-- Counts listening by its definition: all events of a user in order, for each rule the quarters that were counted by it.
-- STABLE, so it uses the snapshot of musicstream_verify().
create function musicstream_internal.verify_listening(
    first timestamptz,
    past timestamptz,
    out metric text,
    out bucket timestamptz,
    out region text,
    out counted bigint,
    out stored bigint
) returns setof record
    language plpgsql stable
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    set jit = off
as $$
#variable_conflict use_column
declare
    uncounted constant tstzmultirange := musicstream_internal.uncounted_quarters();
    newest constant integer := (select max(l.rule) from @extschema@.listening_rules as l);
    r @extschema@.listening_rules;
begin
    for r in
        select l.*
        from @extschema@.listening_rules as l
        where l.rule = newest
            or l.rule in (select h.rule from @extschema@.counted_hours as h where h.hour >= first and h.hour < past)
        order by l.rule
    loop
        return query execute $verify$
        with events as materialized (
            select r.event_id, r.user_id, r.event_type, r.region, r.ts, r.song_id
            from @extschema@.raw_events as r
            where r.ts >= $1 - greatest($3, $5) and r.ts < $2 + $3 and r.event_type = any ($6 || $7)
        ), ordered as materialized (
            select
                user_id,
                region,
                song_id,
                ts,
                event_type = any ($6) as is_start,
                lead(ts) over by_user as next_ts,
                lag(ts) over by_user as previous_ts
            from (
                select * from events
                union all
                select f.event_id, f.user_id, f.event_type, f.region, f.ts, f.song_id
                from musicstream_internal.frozen_playback as f
                where f.event_type = any ($6 || $7)
            ) as e
            window by_user as (partition by user_id order by ts, event_type = any ($6), event_id)
        ), plays as (
            select
                region,
                song_id,
                ts as began,
                least(next_ts, ts + $3) as ended,
                coalesce(next_ts <= ts + $3, false) as was_ended
            from ordered
            where is_start
        ), parts as (
            select
                quarter,
                region,
                song_id,
                count(*) filter (where began >= quarter) as plays,
                count(*) filter (where began >= quarter and ended - began >= $4) as streams,
                count(*) filter (where began >= quarter and ended - began < $4 and was_ended) as skips,
                sum(extract(epoch from least(ended, quarter + interval '15 minutes') - greatest(began, quarter)) * 1000000)
                    as listened_us,
                0 as sessions
            from plays
            cross join lateral generate_series(
                date_bin('15 minutes', began, 'epoch'), greatest(began, ended - interval '1 microsecond'), interval '15 minutes'
            ) as quarter
            group by quarter, region, song_id
            union all
            select date_bin('15 minutes', ts, 'epoch'), region, null, 0, 0, 0, 0, count(*)
            from ordered
            where previous_ts is null or ts - previous_ts > $5
            group by 1, 2
        ), defined as (
            select
                quarter,
                region,
                case when grouping(song_id) = 0 then 'song_' else '' end as kind,
                coalesce(song_id, '') as song_id,
                sum(plays)::bigint as plays,
                sum(streams)::bigint as streams,
                sum(skips)::bigint as skips,
                sum(listened_us)::bigint as listened_us,
                sum(sessions)::bigint as sessions
            from parts
            where quarter >= $1 and quarter < $2
            group by grouping sets ((quarter, region), (quarter, region, song_id))
            having grouping(song_id) = 1 or song_id is not null
        ), kept as (
            select c.quarter, c.region, '' as kind, '' as song_id, c.plays, c.streams, c.skips, c.listened_us, c.sessions
            from musicstream_internal.listening_counts as c
            where c.quarter >= $1 and c.quarter < $2
            union all
            select c.quarter, c.region, 'song_', s.song_id, s.plays, s.streams, s.skips, s.listened_us, 0
            from musicstream_internal.song_counts as c
            cross join lateral musicstream_internal.unpack_songs(c.songs) as s
            where c.quarter >= $1 and c.quarter < $2
        )
        select kind || n.name, quarter, region, coalesce(n.counted, 0), coalesce(n.stored, 0)
        from kept as k
        full join defined as d using (quarter, region, kind, song_id)
        left join @extschema@.counted_hours as h on h.hour = date_bin('1 hour', quarter, 'epoch')
        cross join lateral (
            values
                ('plays', k.plays, d.plays),
                ('streams', k.streams, d.streams),
                ('skips', k.skips, d.skips),
                ('listened_us', k.listened_us, d.listened_us),
                ('sessions', k.sessions, d.sessions)
        ) as n (name, counted, stored)
        where (k.plays, k.streams, k.skips, k.listened_us, k.sessions)
                is distinct from (d.plays, d.streams, d.skips, d.listened_us, d.sessions)
            and coalesce(n.counted, 0) <> coalesce(n.stored, 0)
            and coalesce(h.rule, $10) = $9
            and not tstzrange(quarter, quarter + interval '15 minutes') && $8
        $verify$ using first, past, r.max_listen, r.stream_after, r.session_gap, r.starting_types, r.ending_types, uncounted, r.rule, newest;
    end loop;

    -- Compares the active users of each day, and their first days.
    return query execute $verify$
    with seen as materialized (
        select distinct date_bin('1 hour', r.ts, 'epoch') as hour, r.region, r.user_id, r.event_type
        from @extschema@.raw_events as r
        where r.ts >= $1 and r.ts < $2
            and r.event_type = any (array(
                select unnest(l.starting_types || l.ending_types) from @extschema@.listening_rules as l
            ))
    ), stored as (
        select distinct date_bin('1 day', s.hour, 'epoch') as bucket, s.region, s.user_id
        from seen as s
        left join @extschema@.counted_hours as h on h.hour = s.hour
        join @extschema@.listening_rules as l on l.rule = coalesce(h.rule, $4)
        where s.event_type = any (l.starting_types || l.ending_types)
    ), kept as (
        select d.day::timestamp at time zone 'UTC' as bucket, d.region, d.user_id
        from musicstream_internal.listener_days as d
        where d.day::timestamp at time zone 'UTC' >= $1 and d.day::timestamp at time zone 'UTC' < $2
    )
    select 'listener_days', bucket, region, count(k.user_id), count(s.user_id)
    from kept as k
    full join stored as s using (bucket, region, user_id)
    where not tstzrange(bucket, bucket + interval '24 hours') && $3
    group by bucket, region
    having count(k.user_id) < count(*) or count(s.user_id) < count(*)
    union all
    select 'first_days', bucket, null, count(*), 0
    from (
        select coalesce(f.day, d.day)::timestamp at time zone 'UTC' as bucket
        from musicstream_internal.listener_first_days as f
        full join (
            select l.user_id, min(l.day) as day from musicstream_internal.listener_days as l group by l.user_id
        ) as d using (user_id)
        -- Of users who were first active on a frozen day, only the first day is kept.
        where f.day is null or f.day > d.day or f.day < d.day and f.day >= musicstream_internal.frozen_before()
            or d.day is null and f.day >= musicstream_internal.frozen_before()
    ) as wrong
    where bucket >= $1 and bucket < $2
    group by bucket
    $verify$ using first, past, uncounted, newest;
end
$$;

comment on function musicstream_internal.verify_listening(timestamptz, timestamptz) is 'differences between the kept listening counts and counts over the stored events, from first up to past; quarters that musicstream_rollup_listening() has not counted yet are left out';
