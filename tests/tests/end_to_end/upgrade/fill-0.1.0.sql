-- What a database of 0.1.0 holds after some batches and a rollup: days that are rolled up and one that is not, rejected
-- events, positions, an inbox, a setting of the user's own. By hand, for the library of 0.1.0 is gone.
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

insert into minute_metrics (minute, event_type, region, events, late_events)
select date_bin('1 minute', ts, 'epoch'), event_type, region, count(*), 0
from raw_events
where ts < '2026-03-03T00:00:00Z'
group by 1, 2, 3;

insert into daily_metrics (day, event_type, region, events, late_events, updated_at)
select (minute at time zone 'UTC')::date, event_type, region, sum(events), 0, '2026-03-03T00:00:10Z'
from minute_metrics
group by 1, 2, 3;

insert into metric_deltas (minute, event_type, region, events, late_events)
select date_bin('1 minute', ts, 'epoch'), event_type, region, count(*), 1
from raw_events
where ts >= '2026-03-03T00:00:00Z'
group by 1, 2, 3;

insert into rollup_state (watermark, revision, last_rollup_at)
values ('2026-03-02T23:00:00Z', 7, '2026-03-03T00:00:10Z');

select musicstream_claim('kafka:c/music_events', 0, 'ingestor'), musicstream_claim('kafka:c/music_events', 1, 'ingestor');
select musicstream_advance('kafka:c/music_events', 0, null, 801, 1, '\xfe');
update ingest_offsets set max_event_ts = '2026-03-03T20:00:00Z' where partition = 0;

insert into rejected_events (source, partition, position, key, payload, reason, detail)
values
    ('kafka:c/music_events', 0, 5, '\x00ff', '\x7b', 'invalid_json', 'end of input'),
    ('kafka:c/music_events', 0, 6, null, null, 'missing_field', 'no value'),
    ('staging_events', 0, 3, null, '\x7b7d', 'missing_field', 'event_id is missing');

insert into staging_events (event_id, user_id, event_type, region, ts)
values (md5('inbox'), 'user 1', 'play', 'eu', '2026-03-03T12:00:00Z');

insert into event_types (event_type) values ('seek');
delete from event_types where event_type = 'stop';
