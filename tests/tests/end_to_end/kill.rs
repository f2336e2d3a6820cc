//! `kill -9`, again and again, in the middle of a stream.

use std::collections::HashSet;
use std::time::Duration;

use postgres::Client;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use musicstream_tests::database::{Database, value};
use musicstream_tests::oracle::{assert_metrics_equal_raw, next_offsets, roll_up};
use musicstream_tests::pipeline::{assert_rejects_are_what_was_sent, stream, stream_to_end};
use musicstream_tests::process::{Program, program, run};
use musicstream_tests::stack::stack;
use musicstream_tests::topic::Topic;
use musicstream_tests::wait::until_looking_every;

const RECORDS: i64 = 500_000;
const KILLS: i64 = 20;
/// The last kill finds this much of the topic unread.
const LAST_KILL_BEFORE: i64 = RECORDS * 9 / 10;

/// When to kill.
#[derive(Debug)]
enum Moment {
    /// As soon as it has taken the partitions over.
    Claimed,
    /// Once so many records more are stored.
    After(i64),
    /// Then, and within a transaction.
    WithinBatch(i64),
}

#[test]
fn killed_twenty_times_nothing_is_lost_or_doubled() {
    let seed = match std::env::var("MUSICSTREAM_KILL_SEED") {
        Ok(seed) => seed.parse().expect("MUSICSTREAM_KILL_SEED is a number"),
        Err(_) => rand::random::<u32>().into(),
    };
    println!("MUSICSTREAM_KILL_SEED={seed} tries the same again");
    let mut random = StdRng::seed_from_u64(seed);

    let topic = Topic::unmade("kill", 4);
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
    let mut kills_within_batch = 0;
    for kill in 0..KILLS {
        let before = progress(&mut client);
        let room = (LAST_KILL_BEFORE - before.stored) / (KILLS - kill);
        let moment = match random.random_range(0..5) {
            0 => Moment::Claimed,
            1 | 2 => Moment::After(random.random_range(1..room)),
            _ => Moment::WithinBatch(random.random_range(1..room)),
        };
        let program = Program::start(
            stream(&database, &topic)
                .args(["--batch-rows", "1000", "--group", topic.name()])
                // The broker knows it again at once, instead of waiting for the session of the dead one to end.
                .args(["-X", "group.instance.id=kill"]),
        );
        let what = format!("kill {kill} of seed {seed}, {moment:?} beyond {before:?}; the log: ");
        let is_within_batch =
            until_looking_every(Duration::ZERO, Duration::from_secs(60), &what, || {
                let now = progress(&mut client);
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
        // Rollups meet half a batch's ending, too.
        client.execute("select musicstream_rollup()", &[]).unwrap();
    }
    let left = RECORDS - progress(&mut client).stored;
    assert!(left > 0, "every kill hit the stream before its end");
    println!("{kills_within_batch} of {KILLS} kills were within a batch");
    assert!(
        kills_within_batch >= 3,
        "{kills_within_batch} of {KILLS} kills were within a batch"
    );

    let last = stream_to_end(&database, &topic);
    assert!(last.read > 0 && last.read <= RECORDS, "{last:?}");
    assert_eq!(next_offsets(&mut client), topic.ends());

    // The topic itself says what must be stored.
    let mut sent = Vec::with_capacity(RECORDS as usize);
    topic.read(|record| sent.push(record));
    assert_eq!(sent.len() as i64, RECORDS);
    let refused: HashSet<_> = {
        let rejected = "select count(*) from rejected_events";
        assert_eq!(
            value::<i64>(&mut client, rejected, &[]),
            made("malformed"),
            "rejects are what was made malformed"
        );
        assert_rejects_are_what_was_sent(&mut client, &sent)
            .into_iter()
            .collect()
    };
    let ids: HashSet<String> = sent
        .iter()
        .filter(|record| !refused.contains(&(record.partition, record.offset)))
        .map(|record| {
            let event: serde_json::Value =
                serde_json::from_slice(record.payload.as_deref().unwrap()).unwrap();
            event["event_id"]
                .as_str()
                .unwrap()
                .replace('-', "")
                .to_lowercase()
        })
        .collect();
    assert_eq!(
        ids.len() as i64,
        made("distinct"),
        "distinct events in the topic"
    );
    let stored = client
        .query(
            "select replace(event_id::text, '-', '') from raw_events",
            &[],
        )
        .unwrap();
    assert_eq!(stored.len(), ids.len(), "events stored");
    let lost_or_doubled: HashSet<String> = stored.iter().map(|row| row.get(0)).collect();
    assert!(
        lost_or_doubled == ids,
        "the events stored are those of the topic"
    );

    assert_metrics_equal_raw(&mut client);
    roll_up(&mut client);
    assert_metrics_equal_raw(&mut client);
}

#[derive(Debug)]
struct Progress {
    /// Records that the ledger counts as stored or rejected.
    stored: i64,
    /// Sum of the epochs: grows with each claim.
    epochs: i64,
    /// Whether an ingestor has a transaction open.
    is_within_batch: bool,
}

fn progress(client: &mut Client) -> Progress {
    let row = client
        .query_one(
            "select coalesce(sum(next_offset), 0)::bigint, coalesce(sum(epoch), 0)::bigint,
                exists (
                    select from pg_stat_activity
                    where datname = current_database() and application_name = 'musicstream-ingestor'
                        and xact_start is not null
                )
            from ingest_offsets",
            &[],
        )
        .unwrap();
    Progress {
        stored: row.get(0),
        epochs: row.get(1),
        is_within_batch: row.get(2),
    }
}
