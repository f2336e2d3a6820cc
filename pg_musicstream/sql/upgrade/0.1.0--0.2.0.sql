-- What 0.2.0 changed beside views and functions. scripts/upgrade-script.sh includes files, and puts every view and
-- function where this file asks for them: what did not change is replaced by itself.
--
\include requirement/encoding.sql
-- Rollups first: they lock more than this does, in another order.
select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('pg_musicstream'), 1);

alter table ingest_offsets add column released_at timestamptz;
comment on column ingest_offsets.released_at is 'when its owner gave it up; null: it is in use';
alter table ingest_offsets add column leader_epoch integer;
comment on column ingest_offsets.leader_epoch is 'of a Kafka topic: the leader epoch of the record before next_offset, by which a log that lost its end is noticed; null: not known';
-- They take or return the leader epoch now, which makes them other functions.
drop function musicstream_claim(text, integer, text);
drop function musicstream_advance(text, integer, bigint, bigint, bigint, bytea);
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

-- As in the files of these tables. Leaves that are there keep their unique index, which is as good as a primary key but
-- for the speed of a delete on a subscriber; to make another one would take as long as to make all of them.
alter table staging_events replica identity full;
alter table staging_shape replica identity nothing;
alter table metric_deltas replica identity full;
alter table raw_events replica identity full;
do $leaves$
declare
    leaf regclass;
begin
    for leaf in select i.inhrelid from pg_inherits as i where i.inhparent = '@extschema@.raw_events'::regclass loop
        execute format('alter table %s replica identity full', leaf);
    end loop;
end
$leaves$;

-- Positions begin anew where a topic was made anew: see table/rejected_events.sql.
alter table rejected_events drop constraint rejected_events_source_partition_position_key;
create unique index rejected_events_record
    on rejected_events (source, partition, position, sha256(coalesce(payload, '')));
comment on sequence staging_position is 'positions in rejected_events of rows that have none of their own, as those of staging_events';
comment on column rejected_events.position is 'offset in the Kafka partition, line of the file, or number of the inbox row; negative: a number of its own, for the writer gave none';
comment on column rejected_events.source is 'kafka:CLUSTER/TOPIC, file:FINGERPRINT, staging_events, or raw_events for what musicstream_reconcile() moved';

-- Minutes are packed by the hour. What reads them is made anew below, where the functions are that pack.
drop function musicstream_verify(date, date);
drop view live_minute_metrics, live_daily_metrics;
alter table minute_metrics rename to unpacked_minutes;
alter table metric_deltas rename column minute to hour;
alter table metric_deltas alter column hour drop not null; -- Postgres 18 has named it after the column
alter table metric_deltas alter column hour set not null;
alter table metric_deltas add column minutes bytea;
comment on table metric_deltas is 'what each batch added to raw_events, by UTC hour, event type and region, not yet folded into minute_counts and daily_metrics';
comment on column metric_deltas.events is 'the sum of the minutes; negative where events were taken away';
comment on column metric_deltas.minutes is 'as in minute_counts';

\include table/minute_counts.sql
\include table/turns.sql
alter table event_types add column playback text check (
    playback in ('starts', 'ends', 'neither')
    -- A dump carries only what the user added: these three mean the same everywhere.
    and playback = case event_type when 'play' then 'starts' when 'pause' then 'ends' when 'stop' then 'ends' else playback end
);
comment on column event_types.playback is 'what an event of this type does to playback: starts it, ends it, or neither, and then listening passes it over; null: play starts it, pause and stop end it, any other type does neither';
update event_types
set playback = case event_type when 'play' then 'starts' else 'ends' end
where event_type in ('play', 'pause', 'stop');
\include table/withdrawn_event_types.sql
\include table/frozen_days.sql
\include table/new_days.sql
\include table/listener_deltas.sql
\include table/daily_listeners.sql
\include table/reject_counts.sql
\include table/listening_rules.sql
\include table/counted_hours.sql
\include table/touched_hours.sql
\include table/listening_counts.sql
\include table/song_counts.sql
\include table/listener_days.sql
\include table/listener_first_days.sql
\include table/frozen_playback.sql
\include table/frozen_listeners.sql
\include table/hour_blocks.sql
\views and functions

insert into minute_counts (hour, event_type, region, events, late_events, minutes)
select
    date_bin('1 hour', minute, 'epoch'),
    event_type,
    region,
    sum(events),
    sum(late_events),
    musicstream_pack(minute, events, late_events)
from unpacked_minutes
group by 1, 2, 3;
alter extension pg_musicstream drop table unpacked_minutes;
drop table unpacked_minutes;
with unpacked as (
    delete from metric_deltas returning hour as minute, event_type, region, events, late_events
)
insert into metric_deltas (hour, event_type, region, events, late_events, minutes)
select
    date_bin('1 hour', minute, 'epoch'),
    event_type,
    region,
    sum(events),
    sum(late_events),
    musicstream_pack(minute, events, late_events)
from unpacked
group by 1, 2, 3;
alter table metric_deltas alter column minutes set not null;

-- The first runs of musicstream_rollup_listening() count what is stored; what waits is noted when it is folded.
insert into touched_hours (hour, has_removals) select distinct hour, false from minute_counts order by hour;

insert into withdrawn_event_types (event_type)
select event_type from unnest(array['play', 'pause', 'stop']) as brought (event_type)
where event_type not in (select event_type from event_types);
insert into reject_counts (reason, rejected) select reason, count(*) from rejected_events group by reason;
select musicstream_rebuild_listeners(array(
    select day from daily_metrics union select (hour at time zone 'UTC')::date from metric_deltas
));
