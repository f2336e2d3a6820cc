//! The recorded blocks of an hour's events, which are verified at each use.

use postgres::Client;

use musicstream_tests::database::{Database, value};

use super::count;

/// Stores this many events, numbered from `first`, evenly over a time span on 2026-03-01.
fn store(client: &mut Client, first: i64, events: i64, (from, length): (&str, &str)) {
    client
        .batch_execute(&format!(
            "select musicstream_session_staging();
             begin;
             insert into pg_temp.staging_batch (partition, position, event_id, user_id, event_type, region, ts)
             select 0, n, lpad(to_hex(n), 32, '0')::uuid, 'u' || n % 97, case n % 3 when 0 then 'play' when 1 then 'stop' else 'pause' end,
                 'eu', '2026-03-01T{from}Z'::timestamptz + (n - {first}) * interval '{length}' / {events}
             from generate_series({first}, {first} + {events} - 1) as n;
             select musicstream_upsert_batch('kafka:a/t');
             commit"
        ))
        .unwrap();
}

const DAY: (&str, &str) = ("00:00", "1 day");
/// The only hours that are recounted, from their blocks.
const NOON: (&str, &str) = ("12:00", "1 hour");

/// The number of blocks of the partition, and of those that are recorded without events of noon.
fn blocks(client: &mut Client) -> (i64, i64) {
    let row = client
        .query_one(
            "select s.size, s.size - (select sum(least(upper(r), s.size) - lower(r)) from unnest(h.blocks) as r)::bigint
             from hour_blocks as h,
                 (select pg_relation_size('raw_events_20260301') / current_setting('block_size')::bigint as size) as s
             where h.hour = '2026-03-01T12:00Z'",
            &[],
        )
        .unwrap();
    (row.get(0), row.get(1))
}

#[test]
fn events_outside_of_the_recorded_blocks_are_found() {
    let database = Database::without_coming_days();
    let mut client = database.client();
    store(&mut client, 1, 200_000, DAY);
    count(&mut client);
    let (size, spared) = blocks(&mut client);
    assert!(
        size > 1_500 && spared > size * 8 / 10,
        "{spared} of {size} blocks need not be read for noon"
    );

    // After the vacuum, events of noon are stored in old blocks.
    let deleted: i64 = value(
        &mut client,
        "select musicstream_delete(array(select event_id from raw_events where ts < '2026-03-01T06:00Z'))",
        &[],
    );
    assert_eq!(deleted, 50_000);
    count(&mut client);
    client.batch_execute("vacuum raw_events_20260301").unwrap();
    store(&mut client, 300_001, 20_000, NOON);
    count(&mut client);

    // CLUSTER moves all rows.
    client
        .batch_execute("cluster raw_events_20260301 using raw_events_20260301_pkey")
        .unwrap();
    store(&mut client, 400_001, 2_000, NOON);
    count(&mut client);

    // Wrong metrics cannot verify the blocks, so the whole day is read.
    client
        .batch_execute("update minute_counts set minutes = (select pack_minutes(u.minute, u.events + 1, 0) from unpack_minutes(hour, minutes) as u)")
        .unwrap();
    store(&mut client, 500_001, 2_000, NOON);
    client
        .batch_execute("select musicstream_rollup(); select musicstream_rollup_listening()")
        .unwrap();
    let different: i64 = value(
        &mut client,
        "select count(*) from verify_listening('2026-03-01Z', '2026-03-03Z')",
        &[],
    );
    assert_eq!(different, 0);
}
