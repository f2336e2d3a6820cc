create function musicstream_read_playback(first timestamptz, past timestamptz, event_types text[]) returns bigint
    language plpgsql volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    -- Whole minutes, whose events the metrics count.
    first_minute constant timestamptz := date_bin('1 minute', first, 'epoch');
    past_minute constant timestamptz := date_bin('1 minute', past + interval '1 minute' - interval '1 microsecond', 'epoch');
    day date;
    leaf regclass;
    events bigint := 0;
begin
    perform @extschema@.musicstream_stage('staging_playback');
    if @extschema@.musicstream_is_distributed() then
        -- The coordinator of a distributed table has no blocks.
        execute $read$
            insert into pg_temp.staging_playback (event_id, user_id, event_type, region, ts, song_id)
            select r.event_id, r.user_id, r.event_type, r.region, r.ts, r.song_id
            from @extschema@.raw_events as r
            where r.ts >= $1 and r.ts < $2 and r.event_type = any ($3)
        $read$ using first, past, event_types;
        get diagnostics events = row_count;
    else
        for day, leaf in
            select l.day, l.leaf
            from @extschema@.musicstream_leaves() as l
            where l.day::timestamp at time zone 'UTC' < past_minute
                and (l.day + 1)::timestamp at time zone 'UTC' > first_minute
        loop
            events := events + @extschema@.musicstream_read_leaf(
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
    from @extschema@.frozen_playback as f
    where f.ts >= first_minute and f.ts < past_minute and f.event_type = any (event_types);
    return events;
end
$$;

comment on function musicstream_read_playback(timestamptz, timestamptz, text[]) is 'puts the events of these types and at least this time into pg_temp.staging_playback; returns how many were read from raw_events';

revoke execute on function musicstream_read_playback(timestamptz, timestamptz, text[]) from public;
