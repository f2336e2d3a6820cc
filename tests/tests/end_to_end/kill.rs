//! Repeated `kill -9` during a stream.

use std::time::Duration;

use postgres::{Client, Statement};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use musicstream_tests::database::{Database, value};
use musicstream_tests::pipeline::{assert_topic_is_stored, stream, stream_to_end};
use musicstream_tests::process::{Program, program, run};
use musicstream_tests::stack::stack;
use musicstream_tests::stored::event_count;
use musicstream_tests::topic::Topic;
use musicstream_tests::wait::until_polling_every;

const RECORDS: i64 = 500_000;
const KILLS: i64 = 20;
/// Position of the last kill, as a number of stored records.
const LAST_KILL_BEFORE: i64 = RECORDS * 9 / 10;
/// Time between two queries of the progress: shorter than a batch, longer than a query.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// The moment of a kill.
#[derive(Debug)]
enum Moment {
    /// As soon as it has claimed the partitions.
    Claimed,
    /// After this many more records are stored.
    After(i64),
    /// After this many more records, and within a transaction.
    WithinBatch(i64),
}

#[test]
fn after_twenty_kills_nothing_is_lost_or_counted_twice() {
    let seed = musicstream_tests::random::seed("MUSICSTREAM_KILL_SEED");
    let mut random = StdRng::seed_from_u64(seed);

    let topic = Topic::not_created("kill", 4);
    let made = run(
        program("musicstream-ingestor")
            .args([
                "generate",
                "--to",
                "kafka",
                "--output",
                "json",
                "--partitions",
                "4",
            ])
            .args([
                "--duplicates",
                "2",
                "--late",
                "1",
                "--out-of-order",
                "1",
                "--malformed",
                "0.5",
            ])
            .args([
                "--count",
                &RECORDS.to_string(),
                "--seed",
                &seed.to_string(),
                "--topic",
                topic.name(),
            ])
            // A week, because the minutes of all days are compared.
            .args(["--from", "2026-03-01", "--until", "2026-03-08"])
            .env("KAFKA_BROKERS", &stack().brokers),
        Duration::from_secs(120),
    )
    .with_code(0)
    .json();
    let made = |name: &str| made[name].as_i64().unwrap();
    assert_eq!(
        (made("records"), topic.ends().iter().sum::<i64>()),
        (RECORDS, RECORDS)
    );

    let database = Database::create();
    let mut client = database.client();
    let query = client.prepare(PROGRESS).unwrap();
    let mut kills_within_batch = 0;
    for kill in 0..KILLS {
        let before = progress(&mut client, &query);
        let room = (LAST_KILL_BEFORE - before.stored) / (KILLS - kill);
        let moment = match random.random_range(0..5) {
            0 => Moment::Claimed,
            1 | 2 => Moment::After(random.random_range(1..room)),
            _ => Moment::WithinBatch(random.random_range(1..room)),
        };
        let program = Program::start(
            stream(&database, &topic)
                .args(["--batch-rows", "1000", "--group", topic.name()])
                // With a static id the broker recognizes the member at once, without waiting for the former session to time out.
                .args(["-X", "group.instance.id=kill"]),
        );
        let what = format!("kill {kill} of seed {seed}, {moment:?} beyond {before:?}; the log: ");
        let is_within_batch =
            until_polling_every(POLL_INTERVAL, Duration::from_secs(60), &what, || {
                let now = progress(&mut client, &query);
                let is_due = match moment {
                    Moment::Claimed => now.epochs > before.epochs,
                    Moment::After(more) => now.stored >= before.stored + more,
                    Moment::WithinBatch(more) => {
                        now.stored >= before.stored + more && now.is_within_batch
                    }
                };
                is_due.then_some(now.is_within_batch)
            });
        program.kill();
        kills_within_batch += i64::from(is_within_batch);
        // Rolls up while deltas of an interrupted run are pending.
        client.execute("select musicstream_rollup()", &[]).unwrap();
    }
    let left = RECORDS - progress(&mut client, &query).stored;
    assert!(left > 0, "the stream had not ended at the last kill");
    println!("{kills_within_batch} of {KILLS} kills were within a batch");
    assert!(
        kills_within_batch >= 3,
        "{kills_within_batch} of {KILLS} kills were within a batch"
    );

    let last = stream_to_end(&database, &topic);
    assert!(last.read > 0 && last.read <= RECORDS, "{last:?}");
    assert_topic_is_stored(&database, &topic);
    let rejected: i64 = value(&mut client, "select count(*) from rejected_events", &[]);
    assert_eq!(
        rejected,
        made("malformed"),
        "rejects are the generated malformed records"
    );
    let stored = event_count(&mut client);
    assert_eq!(
        stored,
        made("distinct"),
        "events are the generated distinct events"
    );
}

#[derive(Debug)]
struct Progress {
    /// Number of records that are stored or rejected, by the ledger.
    stored: i64,
    /// Sum of the epochs, which increases with each claim.
    epochs: i64,
    /// Whether an ingestor has a transaction open.
    is_within_batch: bool,
}

/// The query is prepared, because it is run hundreds of times a second.
const PROGRESS: &str = "
    select coalesce(sum(next_offset), 0)::bigint, coalesce(sum(epoch), 0)::bigint,
        exists (
            select from pg_stat_activity
            where datname = current_database() and application_name = 'musicstream-ingestor'
                and xact_start is not null
        )
    from ingest_offsets";

fn progress(client: &mut Client, query: &Statement) -> Progress {
    let row = client.query_one(query, &[]).unwrap();
    Progress {
        stored: row.get(0),
        epochs: row.get(1),
        is_within_batch: row.get(2),
    }
}
