create table ingest_offsets (
    source text not null,
    partition integer not null,
    next_offset bigint,
    epoch bigint not null default 0,
    owner text,
    max_event_ts timestamptz,
    checksum bytea,
    updated_at timestamptz not null default now(),
    released_at timestamptz,
    leader_epoch integer,
    primary key (source, partition)
) with (fillfactor = 50); -- updated by every batch: keep the new versions on the page

comment on table ingest_offsets is 'how far each source partition is stored; changes in the transaction that stores the events';
comment on column ingest_offsets.next_offset is 'first offset that is not stored yet; null: nothing is';
comment on column ingest_offsets.epoch is 'counts the owners: who holds an older epoch can no longer write';
comment on column ingest_offsets.max_event_ts is 'newest event time seen, clocks ahead of ours left out';
comment on column ingest_offsets.checksum is 'of a file: the hash of all bytes before next_offset; of a Kafka topic: its id';
comment on column ingest_offsets.released_at is 'when its owner gave it up; null: it is in use';
comment on column ingest_offsets.leader_epoch is 'of a Kafka topic: the leader epoch of the record before next_offset, by which a log that lost its end is noticed; null: not known';

select pg_catalog.pg_extension_config_dump('ingest_offsets', '');
