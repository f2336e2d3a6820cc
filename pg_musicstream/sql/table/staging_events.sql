-- Every column is text and nullable: bad input must get in, to be judged and kept by the upsert.
create table staging_events (
    event_id text,
    user_id text,
    event_type text,
    region text,
    ts text,
    song_id text,
    device text
);

comment on table staging_events is 'inbox for any writer: COPY events in, musicstream_rollup() takes them out';

-- Rows that are deleted without a key: without this no row could be taken out of a table that is published.
alter table staging_events replica identity full;

-- The inbox is emptied all the time: without eager vacuums it would grow with what passed through it.
alter table staging_events set (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 50000);

-- Inbox rows have no position of their own; a rejected one gets its number here.
create sequence staging_position as bigint minvalue 0 start 0;

comment on sequence staging_position is 'positions in rejected_events of rows that have none of their own, as those of staging_events';

select pg_catalog.pg_extension_config_dump('staging_events', '');
select pg_catalog.pg_extension_config_dump('staging_position', '');
