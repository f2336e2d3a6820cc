-- Every column is nullable text, so that invalid input can be inserted; musicstream_upsert() checks each row and rejects what
-- is invalid.
create table staging_events (
    event_id text,
    user_id text,
    event_type text,
    region text,
    ts text,
    song_id text,
    device text
);

comment on table staging_events is 'inbox: any writer can COPY or INSERT events here; musicstream_rollup() or musicstream_upsert() stores them';

-- The table has no key. Without a replica identity Postgres would refuse to delete rows once the table is published.
alter table staging_events replica identity full;

-- Every rollup empties the inbox. Frequent vacuums keep it from growing with the number of rows that passed through it.
alter table staging_events set (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 50000);

-- Inbox rows have no position of their own. Rejected rows get one from this sequence.
create sequence musicstream_internal.staging_position as bigint minvalue 0 start 0;

comment on sequence musicstream_internal.staging_position is 'positions in rejected_events for rows without one, such as those of staging_events';

select pg_catalog.pg_extension_config_dump('staging_events', '');
select pg_catalog.pg_extension_config_dump('musicstream_internal.staging_position', '');
