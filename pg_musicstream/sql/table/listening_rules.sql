-- current_listening_rule() adds a row when the settings or the playback of event types differ from the newest rule.
create table listening_rules (
    rule integer not null primary key,
    max_listen interval not null,
    stream_after interval not null,
    session_gap interval not null,
    starting_types text[] not null,
    ending_types text[] not null,
    since timestamptz not null default now()
);

comment on table listening_rules is 'rules by which listening was counted; counted_hours has the rule of each hour';
comment on column listening_rules.max_listen is 'value of musicstream.max_listen';
comment on column listening_rules.stream_after is 'value of musicstream.stream_after';
comment on column listening_rules.session_gap is 'value of musicstream.session_gap';
comment on column listening_rules.starting_types is 'event types that start playback';
comment on column listening_rules.ending_types is 'event types that end playback';
comment on column listening_rules.since is 'when the rule was first used';

select pg_catalog.pg_extension_config_dump('listening_rules', '');
