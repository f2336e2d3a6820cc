-- Plays and sessions can cross midnight, so the first quarters of the first day that is not frozen can only be counted with
-- these events.
create table musicstream_internal.frozen_playback (
    event_id uuid not null,
    user_id text not null,
    event_type text not null,
    region text not null,
    ts timestamptz not null,
    song_id text,
    primary key (event_id, ts)
);

comment on table musicstream_internal.frozen_playback is 'the last events of the newest frozen day, as far back as listening on a later day depends on them; contains user_ids, which musicstream_forget_user() deletes';

select pg_catalog.pg_extension_config_dump('musicstream_internal.frozen_playback', '');
