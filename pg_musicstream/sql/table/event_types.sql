create table event_types (
    event_type text not null primary key,
    playback text check (
        playback in ('starts', 'ends', 'neither')
        -- A dump carries only what the user added: these three mean the same everywhere.
        and playback = case event_type when 'play' then 'starts' when 'pause' then 'ends' when 'stop' then 'ends' else playback end
    )
);

comment on table event_types is 'event types that are accepted; add a row to accept another, then retry what was rejected as unknown_event_type';
comment on column event_types.playback is 'what an event of this type does to playback: starts it, ends it, or neither, and then listening passes it over; null: play starts it, pause and stop end it, any other type does neither';

insert into event_types (event_type, playback) values ('play', 'starts'), ('pause', 'ends'), ('stop', 'ends');

-- A dump carries what the user added; the three above come with CREATE EXTENSION.
select pg_catalog.pg_extension_config_dump('event_types', $$where event_type not in ('play', 'pause', 'stop')$$);
