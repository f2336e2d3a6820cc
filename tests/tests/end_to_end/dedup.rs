//! Batches with and without stored events: every insert path counts correctly.

use std::collections::HashSet;
use std::ops::Range;

use postgres::Client;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use musicstream_tests::batch::session;
use musicstream_tests::database::Database;
use musicstream_tests::oracle::assert_metrics_equal_raw;
use musicstream_tests::stored::event_count;

const SOURCE: &str = "kafka:test/dedup";

/// Stores a batch. Returns the numbers of inserted events and duplicates.
fn store(client: &mut Client, batch: &[Range<i64>]) -> (i64, i64) {
    let mut transaction = client.transaction().unwrap();
    for (part, ids) in batch.iter().enumerate() {
        transaction
            .execute(
                "insert into pg_temp.staging_batch (partition, position, event_id, user_id, event_type, region, ts)
                 select $1, n, lpad(to_hex(n), 32, '0')::uuid, 'u', 'play', 'eu',
                    timestamptz '2026-03-01T22:30:00Z' + n * interval '1 second'
                 from generate_series($2::bigint, $3) as n",
                &[&(part as i32), &ids.start, &(ids.end - 1)],
            )
            .unwrap();
    }
    let row = transaction
        .query_one(
            "select inserted, duplicate, conflicting + rejected from musicstream_upsert_batch($1)",
            &[&SOURCE],
        )
        .unwrap();
    transaction.commit().unwrap();
    assert_eq!(row.get::<_, i64>(2), 0, "nothing is rejected");
    (row.get(0), row.get(1))
}

#[test]
pub(crate) fn each_batch_counts_its_new_events() {
    let database = Database::create();
    let mut client = session(&database);
    let seed: u64 = rand::random();
    let mut random = StdRng::seed_from_u64(seed);
    let mut stored = HashSet::new();
    let mut next = 0;
    for number in 0..60 {
        let fresh = next..next + random.random_range(1..400);
        next = fresh.end;
        let mut batch = vec![fresh];
        // Alternates ten batches without and ten with duplicates.
        if number % 20 >= 10 {
            let start = random.random_range(0..next);
            batch.push(start..(start + random.random_range(1..300)).min(next));
        }
        let ids: Vec<i64> = batch.iter().cloned().flatten().collect();
        let new = ids.iter().filter(|id| stored.insert(**id)).count() as i64;
        assert_eq!(
            store(&mut client, &batch),
            (new, ids.len() as i64 - new),
            "batch {number} of seed {seed}"
        );
    }
    let mut admin = database.client();
    let rows = event_count(&mut admin);
    assert_eq!(rows, stored.len() as i64);
    assert_metrics_equal_raw(&mut admin);
}

/// Both sessions insert optimistically; one of them fails at events that the other has stored.
#[test]
pub(crate) fn concurrent_sessions_store_each_event_once() {
    let database = Database::create();
    const BATCHES: i64 = 12;
    const ROWS: i64 = 2_000;
    let inserted: i64 = std::thread::scope(|scope| {
        let sessions: Vec<_> = (0..3_usize)
            .map(|number| {
                let database = &database;
                scope.spawn(move || {
                    let mut client = session(database);
                    let mut numbers: Vec<i64> = (0..BATCHES).collect();
                    numbers.rotate_left(number * 4);
                    if number == 2 {
                        numbers.reverse();
                    }
                    let stored = numbers.into_iter().map(|batch| {
                        let ids = batch * ROWS..(batch + 1) * ROWS;
                        store(&mut client, &[ids]).0
                    });
                    stored.sum::<i64>()
                })
            })
            .collect();
        sessions
            .into_iter()
            .map(|session| session.join().unwrap())
            .sum()
    });
    assert_eq!(inserted, BATCHES * ROWS);
    let mut admin = database.client();
    let rows = event_count(&mut admin);
    assert_eq!(rows, BATCHES * ROWS);
    assert_metrics_equal_raw(&mut admin);
}
