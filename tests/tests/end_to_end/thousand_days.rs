//! Two writers store events of a thousand days that have no partitions.

use std::time::Duration;

use postgres::Client;

use musicstream_tests::batch::session;
use musicstream_tests::cluster::Cluster;
use musicstream_tests::database::{Database, value};
use musicstream_tests::oracle::{assert_metrics_equal_raw, roll_up};
use musicstream_tests::process::{Program, ingestor, program, run};
use musicstream_tests::wait::until;

const TIMEOUT: Duration = Duration::from_secs(180);

/// Two ingestors load a thousand days without partitions from files during rollups, on a server with the default
/// `max_locks_per_transaction` and `max_connections`.
#[test]
fn a_thousand_days_are_loaded_by_two_writers_at_once() {
    let cluster = Cluster::start("");
    let database = Database::create_in(&cluster.url(), "");
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<_> = (1..=2)
        .map(|seed: u32| {
            let file = folder.path().join(format!("{seed}.csv"));
            run(
                program("musicstream-ingestor")
                    .args(["generate", "--count", "20000", "--seed", &seed.to_string()])
                    .args(["--from", "2023-06-01", "--until", "2026-02-25", "--to"])
                    .arg(&file),
                TIMEOUT,
            )
            .with_code(0);
            file
        })
        .collect();
    let mut loads: Vec<_> = files
        .iter()
        .map(|file| {
            Program::start(
                ingestor(&database)
                    .args(["load", "--batch-rows", "2000"])
                    .arg(file),
            )
        })
        .collect();
    let mut admin = database.client();
    until(TIMEOUT, "two loads to end", || {
        admin.execute("select musicstream_rollup()", &[]).unwrap();
        loads
            .iter_mut()
            .all(|load| !load.is_running())
            .then_some(())
    });
    for load in loads {
        let finished = load.finish(TIMEOUT).with_code(0);
        assert!(
            !finished.stderr.contains("trying again"),
            "a batch was retried: {}",
            finished.stderr
        );
    }
    assert_thousand_days(&mut admin, 40_000);
}

/// The same with writers that create no partitions before their transactions: the days are in opposite order, and half of
/// the events are the same.
#[test]
fn two_writers_with_the_same_thousand_days_do_not_deadlock() {
    let database = Database::create();
    let mut admin = database.client();
    let database = &database;
    std::thread::scope(|scope| {
        for writer in 0..2_i64 {
            scope.spawn(move || {
                let mut client = session(database);
                for batch in 0..10_i64 {
                    let first = if writer == 0 { batch } else { 9 - batch } * 100;
                    let mut transaction = client.transaction().unwrap();
                    transaction
                        .execute(
                            // Both writers have the same events for even numbers.
                            "insert into pg_temp.staging_batch (partition, position, event_id, user_id, event_type, region, ts)
                             select $1::int, day * 10 + n, md5(day || ' ' || n || case when n % 2 = 1 then ' ' || $1 else '' end)::uuid,
                                'u', 'play', 'eu', timestamptz '2023-06-01T12:00:00Z' + day * interval '24 hours'
                             from generate_series($2::bigint, $2 + 99) as day, generate_series(1, 10) as n",
                            &[&(writer as i32), &first],
                        )
                        .unwrap();
                    transaction
                        .execute("select musicstream_upsert_batch('test:days')", &[])
                        .unwrap();
                    transaction.commit().unwrap();
                }
            });
        }
    });
    roll_up(&mut admin);
    // Of the ten events of a day, both have five.
    assert_thousand_days(&mut admin, 15_000);
}

fn assert_thousand_days(admin: &mut Client, events: i64) {
    let row = admin
        .query_one(
            "select count(*), count(distinct (ts at time zone 'UTC')::date) from raw_events",
            &[],
        )
        .unwrap();
    let stored: (i64, i64) = (row.get(0), row.get(1));
    assert_eq!(stored, (events, 1000), "events and days");
    // Flushes the session's own statistics first.
    let deadlocks =
        "select pg_stat_get_db_deadlocks(oid) from pg_database where datname = current_database()";
    assert_eq!(value::<i64>(admin, deadlocks, &[]), 0, "deadlocks");
    assert_metrics_equal_raw(admin);
}
