create table event_types (
    event_type text not null primary key
);

comment on table event_types is 'event types that are accepted; add a row to accept another, then retry what was rejected as unknown_event_type';

insert into event_types (event_type) values ('play'), ('pause'), ('stop');

-- A dump carries what the user added; the three above come with CREATE EXTENSION.
select pg_catalog.pg_extension_config_dump('event_types', $$where event_type not in ('play', 'pause', 'stop')$$);
