create function musicstream_keep_frozen_playback(past timestamptz) returns void
    language plpgsql volatile strict
    set search_path = pg_catalog, @extschema@, pg_temp
as $$
declare
    -- At least as far back as any rule so far looks, and an hour for rules to come.
    first constant timestamptz := past - (
        select greatest(max(r.max_listen), max(r.session_gap), interval '1 hour') from @extschema@.listening_rules as r
    );
begin
    delete from @extschema@.frozen_playback as f where f.ts < first;
    execute $keep$
        insert into @extschema@.frozen_playback (event_id, user_id, event_type, region, ts, song_id)
        select r.event_id, r.user_id, r.event_type, r.region, r.ts, r.song_id
        from @extschema@.raw_events as r
        where r.ts >= $1 and r.ts < $2
    $keep$ using first, past;
end
$$;

comment on function musicstream_keep_frozen_playback(timestamptz) is 'keeps those events of the days before this time, which are about to be dropped, that listening after it depends on';

revoke execute on function musicstream_keep_frozen_playback(timestamptz) from public;
