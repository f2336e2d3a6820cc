-- The function does not see rows that other sessions have not committed yet, so remove the user from the sources first.
create function musicstream_forget_user(user_id text, out events bigint, out rejected bigint, out staged bigint)
    language plpgsql volatile strict security definer
    set search_path = pg_catalog, musicstream_internal, @extschema@, pg_temp
    set jit = off
    set synchronize_seqscans = off -- locks rows of the inbox in the same order as musicstream_upsert()
as $$
#variable_conflict use_column
declare
    ids uuid[];
    times timestamptz[];
begin
    perform musicstream_internal.begin_correction('musicstream_forget_user()');
    -- A concurrent run that has already read events of this user would record the user again.
    perform musicstream_internal.begin_listening('musicstream_forget_user()');

    delete from @extschema@.staging_events as s where s.user_id = musicstream_forget_user.user_id;
    get diagnostics staged = row_count;

    delete from @extschema@.rejected_events as r
    where musicstream_internal.names_user(r.key, r.payload, musicstream_forget_user.user_id);
    get diagnostics rejected = row_count;

    select array_agg(r.event_id), array_agg(r.ts) into ids, times
    from @extschema@.raw_events as r
    where r.user_id = musicstream_forget_user.user_id;
    events := musicstream_internal.retract_events(ids, times);

    delete from musicstream_internal.listener_days as d where d.user_id = musicstream_forget_user.user_id;
    delete from musicstream_internal.listener_first_days as f where f.user_id = musicstream_forget_user.user_id;
    with gone as (
        delete from musicstream_internal.frozen_playback as f where f.user_id = musicstream_forget_user.user_id returning f.ts
    )
    insert into musicstream_internal.touched_hours (hour, has_removals)
    select distinct date_bin('1 hour', ts, 'epoch'), false from gone;
end
$$;

comment on function musicstream_forget_user(text) is 'deletes everything about a user: events, which are also subtracted from the metrics, days of listening, rejected input and rows of the inbox; returns the number of each; metrics of frozen days stay, because they contain no user_id';

revoke execute on function musicstream_forget_user(text) from public;
