-- Written by musicstream_listening_rule() when the settings, or what event types do to playback, are no longer those of
-- the newest rule.
create table listening_rules (
    rule integer not null primary key,
    max_listen interval not null,
    stream_after interval not null,
    session_gap interval not null,
    starting_types text[] not null,
    ending_types text[] not null,
    since timestamptz not null default now()
);

comment on table listening_rules is 'the rules by which listening was counted, the newest last; counted_hours tells which hour was counted by which';
comment on column listening_rules.max_listen is 'musicstream.max_listen at that time';
comment on column listening_rules.stream_after is 'musicstream.stream_after at that time';
comment on column listening_rules.session_gap is 'musicstream.session_gap at that time';
comment on column listening_rules.starting_types is 'event types that start playback';
comment on column listening_rules.ending_types is 'event types that end playback';
comment on column listening_rules.since is 'when hours were first counted by this rule';

select pg_catalog.pg_extension_config_dump('listening_rules', '');
