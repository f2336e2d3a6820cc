-- What a database holds after some batches and a rollup: days that are rolled up and one that is not, rejected events, offsets,
-- rows in the inbox, changes to the event types. Written by hand, because the library refuses to work on objects of an older version.
select musicstream_make_partitions(array[date '2026-03-01', '2026-03-02', '2026-03-03']);

insert into raw_events (event_id, user_id, event_type, region, ts, song_id, device)
select
    md5(n::text)::uuid,
    'user ' || n % 37,
    (array['play', 'pause', 'stop'])[1 + n % 3],
    (array['eu', 'us'])[1 + n % 2],
    timestamptz '2026-03-01T00:00:00Z' + n * interval '5 minutes 7 seconds',
    nullif('song ' || n % 5, 'song 0'),
    null
from generate_series(0, 800) as n;

with minutes as (
    select date_bin('1 minute', ts, 'epoch') as minute, event_type, region, count(*) as events
    from raw_events
    group by 1, 2, 3
), hours as (
    select date_bin('1 hour', minute, 'epoch') as hour, event_type, region, sum(events) as events,
        pack_minutes(minute, events, 0) as minutes
    from minutes
    group by 1, 2, 3
), pending as (
    insert into metric_deltas (hour, event_type, region, events, late_events, minutes)
    select hour, event_type, region, events, 0, minutes from hours where hour >= '2026-03-03T00:00:00Z'
)
insert into minute_counts (hour, event_type, region, events, late_events, minutes)
select hour, event_type, region, events, 0, minutes from hours where hour < '2026-03-03T00:00:00Z';

insert into daily_metrics (day, event_type, region, events, late_events, updated_at)
select (hour at time zone 'UTC')::date, event_type, region, sum(events), 0, '2026-03-03T00:00:10Z'
from minute_counts
group by 1, 2, 3;

insert into daily_listeners (day, region, listeners, sketch, updated_at)
select day, region, round(musicstream_sketch_estimate(sketch)), sketch, '2026-03-03T00:00:10Z'
from stored_listeners('2026-03-01T00:00:00Z', '2026-03-03T00:00:00Z');

insert into listener_deltas (day, region, sketch)
select day, region, sketch from stored_listeners('2026-03-03T00:00:00Z', '2026-03-04T00:00:00Z');

insert into touched_hours (hour, has_removals) select distinct hour, false from minute_counts;

insert into rollup_state (watermark, revision, last_rollup_at)
values ('2026-03-02T23:00:00Z', 7, '2026-03-03T00:00:10Z');

select musicstream_claim('kafka:c/music_events', 0, 'ingestor'), musicstream_claim('kafka:c/music_events', 1, 'ingestor');
select musicstream_advance('kafka:c/music_events', 0, null, 801, 1, '\xfe');
update ingest_offsets set max_event_ts = '2026-03-03T20:00:00Z' where partition = 0;

insert into rejected_events (source, partition, position, key, payload, reason, detail)
values
    ('kafka:c/music_events', 0, 5, '\x00ff', '\x7b', 'malformed_json', 'end of input'),
    ('kafka:c/music_events', 0, 6, null, null, 'missing_field', 'no value'),
    ('staging_events', 0, 3, null, '\x7b7d', 'missing_field', 'event_id is missing');

insert into staging_events (event_id, user_id, event_type, region, ts)
values (md5('inbox'), 'user 1', 'play', 'eu', '2026-03-03T12:00:00Z');

insert into event_types (event_type) values ('seek');
insert into event_types (event_type, is_accepted) values ('stop', false);
insert into musicstream_internal.gone_table values ('2026-03-01');
