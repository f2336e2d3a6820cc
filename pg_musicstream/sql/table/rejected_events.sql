create table rejected_events (
    rejected_id bigint generated always as identity primary key,
    source text not null,
    partition integer not null,
    position bigint not null,
    key bytea,
    payload bytea,
    reason text not null,
    detail text,
    received_at timestamptz not null default now()
);

comment on sequence rejected_events_rejected_id_seq is 'numbers the rows of rejected_events in the order in which they came';
-- A record that comes again is known by its position and its bytes. Positions alone begin anew where a topic was made
-- anew, and what was rejected of the new one must not be taken for the old.
create unique index rejected_events_record
    on rejected_events (source, partition, position, sha256(coalesce(payload, '')));

comment on table rejected_events is 'input that could not be stored, with its bytes, where it came from and why';
comment on column rejected_events.source is 'kafka:CLUSTER/TOPIC, file:FINGERPRINT, staging_events, or raw_events for what musicstream_reconcile() moved';
comment on column rejected_events.position is 'offset in the Kafka partition, line of the file, or number of the inbox row; negative: a number of its own, for the writer gave none';
comment on column rejected_events.payload is 'the bytes as they came; for writers that gave none, the event as JSON';
comment on column rejected_events.reason is 'why, as one word of a fixed set';
comment on column rejected_events.detail is 'which field and what is wrong with it, without its value';

select pg_catalog.pg_extension_config_dump('rejected_events', '');
select pg_catalog.pg_extension_config_dump('rejected_events_rejected_id_seq', '');
