-- What 0.2.0 changed beside views and functions. scripts/upgrade-script.sh includes files, and puts every view and
-- function where this file asks for them: what did not change is replaced by itself.
--
-- Rollups first: they lock more than this does, in another order.
select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('pg_musicstream'), 1);

alter table ingest_offsets add column released_at timestamptz;
comment on column ingest_offsets.released_at is 'when its owner gave it up; null: it is in use';
comment on column ingest_offsets.checksum is 'of a file: the hash of all bytes before next_offset; of a Kafka topic: its id';
comment on sequence rejected_events_rejected_id_seq is 'numbers the rows of rejected_events in the order in which they came';
alter table rollup_state add column last_rollup_ms double precision, add column last_rollup_deltas bigint;
comment on column rollup_state.last_rollup_ms is 'how long the last rollup took, in milliseconds';
comment on column rollup_state.last_rollup_deltas is 'how many rows of metric_deltas the last rollup folded';

-- Called by every upsert of the library of 0.1.0, which knows no sketches: a session that still has it must not go on.
drop function musicstream_check_staging(text);
drop function musicstream_inbox_staging();

-- No batch may commit between the count of what is there and the counting of what comes.
lock table metric_deltas, rejected_events in share row exclusive mode;

-- Positions begin anew where a topic was made anew: see table/rejected_events.sql.
alter table rejected_events drop constraint rejected_events_source_partition_position_key;
create unique index rejected_events_record
    on rejected_events (source, partition, position, sha256(coalesce(payload, '')));
comment on column rejected_events.source is 'kafka:CLUSTER/TOPIC, file:FINGERPRINT, staging_events, or raw_events for what musicstream_reconcile() moved';

\include table/turns.sql
\include table/withdrawn_event_types.sql
\include table/frozen_days.sql
\include table/listener_deltas.sql
\include table/daily_listeners.sql
\include table/reject_counts.sql
\views and functions

insert into withdrawn_event_types (event_type)
select event_type from unnest(array['play', 'pause', 'stop']) as brought (event_type)
where event_type not in (select event_type from event_types);
insert into reject_counts (reason, rejected) select reason, count(*) from rejected_events group by reason;
select musicstream_rebuild_listeners(array(
    select day from daily_metrics union select (minute at time zone 'UTC')::date from metric_deltas
));
