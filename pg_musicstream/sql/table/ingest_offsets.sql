create table ingest_offsets (
    source text not null,
    partition integer not null,
    next_offset bigint,
    epoch bigint not null default 0,
    owner text,
    max_event_ts timestamptz,
    source_identity bytea,
    updated_at timestamptz not null default now(),
    active_at timestamptz not null default now(),
    released_at timestamptz,
    leader_epoch integer,
    primary key (source, partition)
) with (fillfactor = 50); -- every batch updates a row: room for the new versions on the same page

comment on table ingest_offsets is 'the ledger: up to where each partition of each source is stored; changes in the transaction that stores the events';
comment on column ingest_offsets.next_offset is 'first offset that is not stored yet; null: nothing is stored';
comment on column ingest_offsets.epoch is 'raised by each musicstream_claim(); an owner with an older epoch can no longer write';
comment on column ingest_offsets.max_event_ts is 'newest event time seen, not counting times ahead of the server''s clock';
comment on column ingest_offsets.source_identity is 'identifies what the source contains: for a file the hash of all bytes before next_offset, for a Kafka topic its topic id; null: not known';
comment on column ingest_offsets.active_at is 'time of the last claim, or of the last batch with a valid event whose time was not ahead of the server''s clock; from it, musicstream.idle_after is counted';
comment on column ingest_offsets.released_at is 'when the owner released the partition; null: it is in use';
comment on column ingest_offsets.leader_epoch is 'for a Kafka topic the leader epoch of the record before next_offset, which reveals that the log was truncated; null: not known';

select pg_catalog.pg_extension_config_dump('ingest_offsets', '');
