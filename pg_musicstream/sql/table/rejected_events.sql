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

comment on sequence rejected_events_rejected_id_seq is 'numbers the rows of rejected_events in the order of their arrival';
-- A record that is rejected again is recognised by its position and its bytes. The position alone is not enough: in a topic that
-- was deleted and created again, positions start from zero.
create unique index rejected_events_record
    on rejected_events (source, partition, position, sha256(coalesce(payload, '')));

comment on table rejected_events is 'input that could not be stored, with its bytes, its origin and the reason';
comment on column rejected_events.source is 'kafka:CLUSTER/TOPIC; file:FINGERPRINT; staging_events; raw_events for events that musicstream_reconcile() moved; or the name that an SQL client gave';
comment on column rejected_events.position is 'offset in the Kafka partition, line in the file, or number of the inbox row; negative if the writer gave none';
comment on column rejected_events.payload is 'the record as it arrived; the event as JSON if the writer gave no bytes';
comment on column rejected_events.reason is 'why the record was rejected, one of a fixed set of words';
comment on column rejected_events.detail is 'which field is wrong and in what way, without the value';

select pg_catalog.pg_extension_config_dump('rejected_events', '');
select pg_catalog.pg_extension_config_dump('rejected_events_rejected_id_seq', '');
