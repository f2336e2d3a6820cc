-- What another session has not committed yet is not seen: the sources are to forget the user first.
create function musicstream_forget_user(user_id text, out events bigint, out rejected bigint, out staged bigint)
    language plpgsql volatile strict security definer
    set search_path = pg_catalog, @extschema@, pg_temp
    set jit = off
    set synchronize_seqscans = off -- rows of the inbox are locked in the order in which musicstream_upsert() locks them
as $$
#variable_conflict use_column
declare
    ids uuid[];
    times timestamptz[];
begin
    perform @extschema@.musicstream_begin_correction('musicstream_forget_user()');
    -- A run that has read the events of this user would write the user down after this.
    perform @extschema@.musicstream_begin_listening('musicstream_forget_user()');

    delete from @extschema@.staging_events as s where s.user_id = musicstream_forget_user.user_id;
    get diagnostics staged = row_count;

    delete from @extschema@.rejected_events as r
    where @extschema@.musicstream_names_user(r.key, r.payload, musicstream_forget_user.user_id);
    get diagnostics rejected = row_count;

    select array_agg(r.event_id), array_agg(r.ts) into ids, times
    from @extschema@.raw_events as r
    where r.user_id = musicstream_forget_user.user_id;
    events := @extschema@.musicstream_retract(ids, times);

    delete from @extschema@.listener_days as d where d.user_id = musicstream_forget_user.user_id;
    delete from @extschema@.listener_first_days as f where f.user_id = musicstream_forget_user.user_id;
    with gone as (
        delete from @extschema@.frozen_playback as f where f.user_id = musicstream_forget_user.user_id returning f.ts
    )
    insert into @extschema@.touched_hours (hour, has_removals)
    select distinct date_bin('1 hour', ts, 'epoch'), false from gone;
end
$$;

comment on function musicstream_forget_user(text) is 'erases what a user did: events, which leave the metrics too, the days of listening, rejected input that names the user, and rows of the inbox; returns how many of each; metrics of frozen days stay, they name no one';

revoke execute on function musicstream_forget_user(text) from public;
