create function musicstream_internal.keep_frozen_playback(past timestamptz) returns void
    language plpgsql volatile strict
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
as $$
declare
    -- As far back as the longest duration of any rule so far, and at least one hour for future rules.
    first constant timestamptz := past - (
        select greatest(max(r.max_listen), max(r.session_gap), interval '1 hour') from @extschema@.listening_rules as r
    );
begin
    delete from musicstream_internal.frozen_playback as f where f.ts < first;
    execute $keep$
        insert into musicstream_internal.frozen_playback (event_id, user_id, event_type, region, ts, song_id)
        select r.event_id, r.user_id, r.event_type, r.region, r.ts, r.song_id
        from @extschema@.raw_events as r
        where r.ts >= $1 and r.ts < $2
    $keep$ using first, past;
end
$$;

comment on function musicstream_internal.keep_frozen_playback(timestamptz) is 'copies the events before this time that later listening depends on to frozen_playback, before their partitions are dropped';

revoke execute on function musicstream_internal.keep_frozen_playback(timestamptz) from public;
