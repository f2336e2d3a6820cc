//! Corrections, interrupted at each of their steps.

use postgres::Client;

use musicstream_tests::batch::store;
use musicstream_tests::database::{Database, process_of, value};
use musicstream_tests::oracle::roll_up;
use musicstream_tests::stored::event_count;

use super::{Interruption, interrupt_by};

const SOURCE: &str = "kafka:test/topic";

const BEGIN: (&str, &str) = (
    "wait for a rollup",
    "lock table rollup_lock in share update exclusive mode",
);
const FIND: (&str, &str) = (
    "find the events",
    "lock table raw_events_20260301 in access exclusive mode",
);
const REMOVE: (&str, &str) = (
    "remove the events",
    "lock table raw_events_20260301 in share mode",
);
const APPEND: (&str, &str) = ("append deltas", "lock table metric_deltas in share mode");
const PENDING_SKETCHES: (&str, &str) = (
    "remove pending sketches",
    "lock table listener_deltas in share mode",
);
const LISTENERS: (&str, &str) = (
    "write listeners",
    "lock table daily_listeners in share mode",
);
const REJECTS: (&str, &str) = (
    "write rejected events",
    "lock table rejected_events in share mode",
);

/// Events of three days, of which two are stored twice, with some pending deltas; rejected events that would be accepted now, of
/// a day with a partition and of one without; rows in the inbox.
fn database() -> (Database, Client) {
    let database = Database::without_coming_days();
    let mut client = database.client();
    let first = "(0, 1, 1, 'u1', 'play', 'eu', '2026-03-01T12:00Z'), (0, 2, 2, 'u2', 'stop', 'us', '2026-03-01T12:00Z'),
        (0, 3, 3, 'u1', 'play', 'eu', '2026-03-02T12:00Z'), (0, 4, 4, 'u3', 'rewind', 'eu', '2026-03-01T12:00Z'),
        (0, 5, 5, 'u1', 'rewind', 'eu', '2026-03-07T12:00Z')";
    let second = "(0, 6, 3, 'u1', 'play', 'eu', '2026-03-01T12:00Z'), (0, 7, 2, 'u2', 'stop', 'us', '2026-03-03T12:00Z'),
        (0, 8, 8, 'u4', 'play', 'eu', '2026-03-01T12:00Z')";
    store(&mut client, SOURCE, first).unwrap();
    roll_up(&mut client);
    store(&mut client, SOURCE, second).unwrap();
    client
        .batch_execute(
            "insert into event_types values ('rewind');
             insert into staging_events values ('x', 'u1', 'play', 'eu', 'now'), ('x', 'u2', 'play', 'eu', 'now')",
        )
        .unwrap();
    (database, client)
}

/// Interrupts the call at each step in both ways, and checks that nothing remains. Then runs it, and checks its outcome.
fn interrupt_at_each(call: &str, outcome: &str, steps: &[(&str, &str)]) -> (Database, Client) {
    let (database, mut admin) = database();
    let sql = format!("select * from {call}");
    let mut client = database.client();
    for &step in steps {
        for interruption in [Interruption::Cancel, Interruption::Terminate] {
            let process = process_of(&mut client);
            interrupt_by(interruption, &database, step, process, || {
                client.query(&sql, &[])
            });
            if interruption == Interruption::Terminate {
                client = database.client();
            }
        }
    }
    let done = format!("select coalesce(string_agg(c::text, ' '), '') from {call} as c");
    assert_eq!(value::<String>(&mut client, &done, &[]), outcome, "{call}");
    // Only musicstream_verify() handles events that are stored twice and frozen days.
    for _ in 0..2 {
        let differences = "select count(*) from musicstream_verify()";
        assert_eq!(value::<i64>(&mut admin, differences, &[]), 0, "{call}");
        roll_up(&mut admin);
    }
    (database, admin)
}

#[test]
fn a_delete_that_is_interrupted_at_any_step_leaves_nothing_and_can_be_repeated() {
    let steps = [BEGIN, FIND, REMOVE, APPEND, PENDING_SKETCHES, LISTENERS];
    let ids = "array[lpad('1', 32, '0'), lpad('8', 32, '0')]::uuid[]";
    let (_database, mut admin) =
        interrupt_at_each(&format!("musicstream_delete({ids})"), "2", &steps);
    assert_eq!(event_count(&mut admin), 4);
}

#[test]
fn forgetting_a_user_that_is_interrupted_at_any_step_leaves_nothing_and_can_be_repeated() {
    let steps = [
        BEGIN,
        ("empty the inbox", "lock table staging_events in share mode"),
        REJECTS,
        FIND,
        REMOVE,
        APPEND,
        PENDING_SKETCHES,
        LISTENERS,
    ];
    let (_database, mut admin) =
        interrupt_at_each("musicstream_forget_user('u1')", "(3,1,1)", &steps);
    assert_eq!(event_count(&mut admin), 3);
}

#[test]
fn a_reconciliation_that_is_interrupted_at_any_step_leaves_nothing_and_can_be_repeated() {
    let steps = [
        BEGIN,
        FIND,
        REJECTS,
        REMOVE,
        APPEND,
        PENDING_SKETCHES,
        LISTENERS,
    ];
    let (_database, mut admin) = interrupt_at_each("musicstream_reconcile()", "2", &steps);
    assert_eq!(event_count(&mut admin), 4);
}

#[test]
fn an_expiry_that_is_interrupted_at_any_step_leaves_nothing_and_can_be_repeated() {
    let steps = [
        BEGIN,
        (
            "compare metrics with events",
            "lock table minute_counts in access exclusive mode",
        ),
        (
            "exclude writers",
            "lock table raw_events in row exclusive mode",
        ),
        ("record a day", "lock table frozen_days in share mode"),
        (
            "drop a day",
            "lock table raw_events_20260302 in access share mode",
        ),
    ];
    let (_database, mut admin) = interrupt_at_each(
        "musicstream_expire(now() - '2026-03-03Z')",
        "(2026-03-01,4) (2026-03-02,1)",
        &steps,
    );
    assert_eq!(event_count(&mut admin), 1);
}

#[test]
fn a_retry_that_is_interrupted_at_any_step_leaves_nothing_and_can_be_repeated() {
    let steps = [
        BEGIN,
        REJECTS,
        (
            "create a partition",
            "lock table partition_lock in share update exclusive mode",
        ),
        ("store the events", REMOVE.1),
        APPEND,
        PENDING_SKETCHES,
        ("record progress", "lock table ingest_offsets in share mode"),
    ];
    let (_database, mut admin) =
        interrupt_at_each("musicstream_retry_rejected()", "(2,2,0,0,0)", &steps);
    assert_eq!(event_count(&mut admin), 8);
}

#[test]
fn a_count_of_listening_that_is_interrupted_at_any_step_leaves_nothing_and_can_be_repeated() {
    let steps = [
        (
            "wait for another count",
            "lock table listening_lock in share update exclusive mode",
        ),
        (
            "delete touched hours",
            "lock table touched_hours in share mode",
        ),
        ("record a rule", "lock table listening_rules in share mode"),
        FIND,
        ("record blocks", "lock table hour_blocks in share mode"),
        ("write numbers", "lock table listening_counts in share mode"),
        ("write songs", "lock table song_counts in share mode"),
        ("record hours", "lock table counted_hours in share mode"),
        ("write users", "lock table listener_days in share mode"),
        (
            "write first days",
            "lock table listener_first_days in share mode",
        ),
    ];
    let (_database, mut admin) =
        interrupt_at_each("musicstream_rollup_listening()", "(3,0,6)", &steps);
    let numbers: String = value(
        &mut admin,
        "select string_agg(concat_ws(' ', day, region, plays, sessions), ', ' order by day, region) from daily_listening",
        &[],
    );
    assert_eq!(
        numbers,
        "2026-03-01 eu 3 2, 2026-03-01 us 0 1, 2026-03-02 eu 1 1, 2026-03-03 us 0 1"
    );
}
