-- The root has no unique index and no trigger. An event_id is the primary key of each day's leaf, which also holds if the
-- leaves are distributed over several servers; and every index or trigger on this table costs time for every event.
create table raw_events (
    event_id uuid not null,
    user_id text not null,
    event_type text not null,
    region text not null,
    ts timestamptz not null,
    song_id text,
    device text,
    ingested_at timestamptz not null default now()
) partition by range (ts);

-- For logical replication by way of the root: a subscriber finds the leaf of a deleted event by its ts, so the complete old row
-- is sent. Only corrections delete events; inserts cost the same as without it.
alter table raw_events replica identity full;

comment on table raw_events is 'all stored events, one partition per UTC day; written only by functions such as musicstream_upsert()';
comment on column raw_events.ts is 'time of the event by the clock of the device';
comment on column raw_events.ingested_at is 'start time of the transaction that stored the event';
