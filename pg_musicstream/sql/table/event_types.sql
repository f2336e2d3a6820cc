-- The three built-in types are in internal/view/builtin_event_types.sql and not here: CREATE EXTENSION inserts no row, so every
-- row is one that the user wrote, and a dump of the table restores without a conflict.
create table event_types (
    event_type text not null primary key,
    playback text check (playback in ('starts', 'ends', 'neither')),
    is_accepted boolean not null default true,
    constraint builtin_playback_is_fixed check (playback is null or event_type not in ('play', 'pause', 'stop'))
);

comment on table event_types is 'changes to the built-in event types play, pause and stop, which accepted_event_types lists with them: a row accepts one more type, or with is_accepted false rejects events of a type; after a change call musicstream_retry_rejected(''unknown_event_type'')';
comment on column event_types.playback is 'what an event of this type does to playback: it starts playback, ends it, or does neither and is ignored by the listening numbers; null means neither, or the fixed meaning of a built-in type';
comment on column event_types.is_accepted is 'false: events of this type are rejected as unknown_event_type; those already stored stay';

select pg_catalog.pg_extension_config_dump('event_types', '');
