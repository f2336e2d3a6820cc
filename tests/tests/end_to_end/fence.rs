//! Two ingestors on one topic: one is suspended until the other has its partitions, and is then resumed.

use std::time::Duration;

use postgres::Client;

use musicstream_tests::database::{Database, value};
use musicstream_tests::group::Protocol;
use musicstream_tests::oracle::{assert_metrics_equal_raw, next_offsets, roll_up};
use musicstream_tests::pipeline::{stream, stream_to_end};
use musicstream_tests::process::{Program, program, run};
use musicstream_tests::stack::stack;
use musicstream_tests::stored::{event_count, owners, record_count};
use musicstream_tests::topic::Topic;
use musicstream_tests::under_both_protocols;
use musicstream_tests::wait::{until, until_polling_every};

const RECORDS: i64 = 100_000;
/// Time limit; standing by alone takes 20 s.
const TIMEOUT: Duration = Duration::from_secs(180);

/// Options with a session timeout that is longer than the suspension.
const PATIENT: &[&str] = &["-X", "session.timeout.ms=60000"];

/// The point at which the first ingestor is suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SuspendPoint {
    BetweenBatches,
    WithinBatch,
}

/// The two groups are independent, so only the ledger tells the first ingestor that it was replaced.
#[test]
fn a_suspended_ingestor_replaced_by_another_group_is_fenced() {
    replace_suspended_ingestor(
        ["one", "two"],
        PATIENT,
        SuspendPoint::BetweenBatches,
        |log| log.contains("fenced"),
    );
}

/// Its transaction is open when it is suspended, and locks ledger rows until the server ends the session. It then retries the
/// batch, whose outcome is unknown to it, and is fenced.
#[test]
fn a_suspended_ingestor_replaced_within_a_batch_is_fenced() {
    replace_suspended_ingestor(["one", "two"], PATIENT, SuspendPoint::WithinBatch, |log| {
        log.contains("fenced")
    });
}

under_both_protocols!(a_suspended_ingestor_replaced_in_its_group_stores_nothing);

/// Its own group assigns its partitions to the other member after the session timeout. Either the group or the ledger tells
/// it first.
fn a_suspended_ingestor_replaced_in_its_group_stores_nothing(protocol: Protocol) {
    let nimble = protocol.short_session_options();
    replace_suspended_ingestor(
        ["one", "one"],
        nimble,
        SuspendPoint::BetweenBatches,
        |log| log.contains("fenced") || log.contains("the group revoked partitions"),
    );
}

fn replace_suspended_ingestor(
    [first_group, second_group]: [&str; 2],
    options: &[&str],
    at: SuspendPoint,
    was_refused: impl Fn(&str) -> bool,
) {
    let topic = Topic::not_created("fence", 2);
    run(
        program("musicstream-ingestor")
            .args([
                "generate",
                "--to",
                "kafka",
                "--partitions",
                "2",
                "--topic",
                topic.name(),
            ])
            .args(["--count", &RECORDS.to_string()])
            // A week, because the minutes of all days are compared.
            .args(["--from", "2026-03-01", "--until", "2026-03-08"])
            .env("KAFKA_BROKERS", &stack().brokers),
        TIMEOUT,
    )
    .with_code(0);
    let database = Database::create();
    let mut client = database.client();
    let start = |group: &str| {
        Program::start(
            stream(&database, &topic)
                // Group names must not collide with those of other tests on the same broker.
                .args(["--group", &format!("{}_{group}", topic.name())])
                .args(["--batch-rows", "500"])
                // One session, whose state shows what the ingestor is doing.
                .args(["--writers", "1"])
                .args(options),
        )
    };

    let first = start(first_group);
    until(TIMEOUT, "the first ingestor to store events", || {
        (record_count(&mut client) > 0).then_some(())
    });
    let stored_by_first = suspend(&first, at, &mut client);
    // Earlier messages, for example on a busy machine, are not about the replacement.
    let logged_before = first.log().len();
    let is_refused = || was_refused(&first.log()[logged_before..]);
    let first_owners = owners(&mut client);
    assert_eq!(
        first_owners.len(),
        1,
        "one ingestor has all partitions: {first_owners:?}"
    );

    let second = start(second_group);
    until(
        TIMEOUT,
        "the second ingestor to have all partitions and to store events",
        || {
            let now = owners(&mut client);
            (!now.contains(&first_owners[0]) && record_count(&mut client) > stored_by_first)
                .then_some(())
        },
    );
    assert!(
        !is_refused(),
        "the first ingestor was not suspended all the time"
    );
    first.resume();
    until(TIMEOUT, "the first ingestor to be fenced", || {
        is_refused().then_some(())
    });

    for program in [&first, &second] {
        program.terminate();
    }
    first.finish(TIMEOUT).with_code(0);
    second.finish(TIMEOUT).with_code(0);
    stream_to_end(&database, &topic);
    assert_eq!(next_offsets(&mut client), topic.ends());
    assert_eq!(event_count(&mut client), RECORDS);
    assert_eq!(
        value::<i64>(&mut client, "select count(*) from rejected_events", &[]),
        0
    );
    assert_metrics_equal_raw(&mut client);
    roll_up(&mut client);
    assert_metrics_equal_raw(&mut client);
}

/// Suspends the ingestor at this point. Returns the number of stored records.
fn suspend(program: &Program, at: SuspendPoint, client: &mut Client) -> i64 {
    let what = format!("a moment {at:?}");
    until_polling_every(Duration::ZERO, TIMEOUT, &what, || {
        program.suspend();
        // The server first finishes what was sent before; then the session waits for the suspended client.
        let state: String = until(
            TIMEOUT,
            "the database to wait for the suspended ingestor",
            || {
                value::<Option<String>>(
                    client,
                    "select case when count(*) = 1 then max(state) end from pg_stat_activity
                 where datname = current_database() and application_name = 'musicstream-ingestor'
                    and wait_event = 'ClientRead'",
                    &[],
                )
            },
        );
        let found = match state.as_str() {
            "idle" => Some(SuspendPoint::BetweenBatches),
            "idle in transaction" => Some(SuspendPoint::WithinBatch),
            _ => None, // within a COPY
        };
        if found == Some(at) {
            return Some(record_count(client));
        }
        program.resume();
        None
    })
}
