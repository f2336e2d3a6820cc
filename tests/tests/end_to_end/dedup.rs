//! Batches with and without stored events: every insert path counts correctly.

use std::collections::HashSet;
use std::ops::Range;
use std::time::Duration;

use postgres::Client;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use musicstream_tests::batch::{self, event_id, session};
use musicstream_tests::database::{Database, process_of, waits_for};
use musicstream_tests::oracle::assert_metrics_equal_raw;
use musicstream_tests::stored::event_count;
use musicstream_tests::wait::until;

const TIMEOUT: Duration = Duration::from_secs(120);
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

/// COPY writes rows partition by partition, in the order in which the partitions first occur. So the first session inserts event 2
/// before event 4, and the second one event 4 before event 2.
#[test]
fn sessions_that_lock_events_in_opposite_order_store_each_event_once() {
    let database = Database::create();
    let mut admin = database.client();
    admin
        .execute(
            "select musicstream_make_partitions(array[date '2026-03-01', '2026-03-02'])",
            &[],
        )
        .unwrap();
    let [first_batch, second_batch] =
        [[(2, 1), (3, 2), (4, 2)], [(1, 2), (2, 1), (4, 2)]].map(|events| {
            events
                .map(|(id, day)| {
                    format!("(0, {id}, {id}, 'u', 'play', 'eu', '2026-03-0{day}T12:00Z')")
                })
                .join(", ")
        });
    let [mut holder, mut first, mut second] = [(); 3].map(|()| {
        let mut client = database.client();
        client
            .batch_execute("set deadlock_timeout = '100ms'")
            .unwrap();
        client
    });
    let [holder_pid, first_pid, second_pid] =
        [&mut holder, &mut first, &mut second].map(process_of);
    let mut await_blocked = |by: i32, blocked: i32| {
        until(TIMEOUT, "a session to wait", || {
            waits_for(&mut admin, blocked, by).then_some(())
        });
    };
    holder
        .batch_execute(&format!(
            "begin;
             insert into raw_events (event_id, user_id, event_type, region, ts)
             values ({}, 'u', 'play', 'eu', '2026-03-02T12:00Z')",
            event_id("3")
        ))
        .unwrap();
    let outcomes = std::thread::scope(|scope| {
        let first = scope.spawn(|| batch::store(&mut first, SOURCE, &first_batch));
        await_blocked(holder_pid, first_pid);
        let second = scope.spawn(|| batch::store(&mut second, SOURCE, &second_batch));
        await_blocked(first_pid, second_pid);
        holder.batch_execute("rollback").unwrap();
        [first, second].map(|session| session.join().unwrap())
    });
    let outcomes = outcomes.map(|outcome| outcome.expect("no session is the victim of a deadlock"));
    let inserted: i64 = outcomes.iter().map(|outcome| outcome.inserted).sum();
    let duplicate: i64 = outcomes.iter().map(|outcome| outcome.duplicate).sum();
    assert_eq!((inserted, duplicate), (4, 2), "{outcomes:?}");
    assert_eq!(event_count(&mut admin), 4);
    assert_metrics_equal_raw(&mut admin);
}
