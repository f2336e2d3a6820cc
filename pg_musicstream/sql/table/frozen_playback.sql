-- A play that began before midnight goes on after it, and so does a session: the first quarters of the first day that
-- is not frozen cannot be counted without these.
create table frozen_playback (
    event_id uuid not null,
    user_id text not null,
    event_type text not null,
    region text not null,
    ts timestamptz not null,
    song_id text,
    primary key (event_id, ts)
);

comment on table frozen_playback is 'the last events of the newest frozen day, as far back as a later day can depend on them; names users: musicstream_forget_user() clears it';

select pg_catalog.pg_extension_config_dump('frozen_playback', '');
