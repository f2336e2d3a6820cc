create function musicstream_internal.read_playback(first timestamptz, past timestamptz, event_types text[]) returns bigint
    language plpgsql volatile strict
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
as $$
declare
    -- Whole minutes, because read_leaf() compares with metrics by minute.
    first_minute constant timestamptz := date_bin('1 minute', first, 'epoch');
    past_minute constant timestamptz := date_bin('1 minute', past + interval '1 minute' - interval '1 microsecond', 'epoch');
    day date;
    leaf regclass;
    events bigint := 0;
    frozen bigint;
begin
    perform musicstream_internal.make_staging_table('staging_playback');
    if musicstream_internal.is_distributed() then
        -- The coordinator holds no blocks of a distributed table.
        execute $read$
            insert into pg_temp.staging_playback (event_id, user_id, event_type, region, ts, song_id)
            select r.event_id, r.user_id, r.event_type, r.region, r.ts, r.song_id
            from @extschema@.raw_events as r
            where r.ts >= $1 and r.ts < $2 and r.event_type = any ($3)
        $read$ using first, past, event_types;
        get diagnostics events = row_count;
    else
        for day, leaf in
            -- By name, because musicstream_leaves() reads the names of all partitions, and this is called for each span.
            select d.day::date, c.oid::regclass
            from generate_series(
                date_trunc('day', first_minute at time zone 'UTC'),
                (past_minute - interval '1 microsecond') at time zone 'UTC',
                '1 day'
            ) as d (day)
            join pg_class as c on c.relname = 'raw_events_' || to_char(d.day, 'YYYYMMDD')
            join pg_inherits as i on i.inhrelid = c.oid and i.inhparent = '@extschema@.raw_events'::regclass
        loop
            events := events + musicstream_internal.read_leaf(
                day,
                leaf,
                greatest(first_minute, day::timestamp at time zone 'UTC'),
                least(past_minute, (day + 1)::timestamp at time zone 'UTC'),
                event_types
            );
        end loop;
    end if;
    insert into pg_temp.staging_playback (event_id, user_id, event_type, region, ts, song_id)
    select f.event_id, f.user_id, f.event_type, f.region, f.ts, f.song_id
    from musicstream_internal.frozen_playback as f
    where f.ts >= first_minute and f.ts < past_minute and f.event_type = any (event_types);
    get diagnostics frozen = row_count;
    return events + frozen;
end
$$;

comment on function musicstream_internal.read_playback(timestamptz, timestamptz, text[]) is 'copies the events of these types and at least this span of time to pg_temp.staging_playback; returns their number';

revoke execute on function musicstream_internal.read_playback(timestamptz, timestamptz, text[]) from public;
