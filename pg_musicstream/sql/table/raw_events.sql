-- No unique index and no trigger on the root: an event_id is the primary key of each day's leaf, which also holds where
-- the leaves are spread over several machines, and every cost on this table is paid by every event.
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

-- What is published logically is published by this table or by its leaves, as the publication says. A subscriber that gets
-- it by this table has to find the leaf of a deleted event by its ts, so the old row is sent in full. Only corrections
-- delete; inserts cost the same.
alter table raw_events replica identity full;

comment on table raw_events is 'every event once, one partition a UTC day; written by musicstream_upsert() only';
comment on column raw_events.ts is 'when it happened, by the clock of the device';
comment on column raw_events.ingested_at is 'when the transaction began that stored it';
