//! `musicstream_delete()` and `musicstream_forget_user()` remove events from all numbers.

use std::time::Duration;

use musicstream_tests::batch::{event_id, staging, store};
use musicstream_tests::database::{process_of, value, waits_for};
use musicstream_tests::oracle::{assert_metrics_equal_raw, roll_up};
use musicstream_tests::wait::until;

use super::{SOURCE, column, count, database_with, outcome};

const EVENTS: &str = "
    (0, 1, 1, 'u1', 'play', 'eu', '2026-03-01T12:00:00Z'), (0, 2, 2, 'u2', 'play', 'eu', '2026-03-01T12:00:59Z'),
    (0, 3, 3, 'u1', 'stop', 'us', '2026-03-01T12:01:00Z'), (0, 4, 4, 'u3', 'play', 'eu', '2026-03-02T00:00:00Z')";

const DAILY: &str = "select concat_ws(' ', day, event_type, region, events, late_events) from live_daily_metrics order by 1";

fn delete(client: &mut postgres::Client, numbers: &str) -> i64 {
    let sql = format!(
        "select musicstream_delete(array(select lpad(to_hex(n), 32, '0')::uuid from unnest(array[{numbers}]::int[]) as n))"
    );
    value(client, &sql, &[])
}

#[test]
pub(crate) fn deleted_events_are_removed_from_every_number() {
    let (_database, mut client) = database_with(&[EVENTS]);
    assert_eq!(delete(&mut client, ""), 0, "none");
    assert_eq!(delete(&mut client, "77, null"), 0, "unknown");
    assert_eq!(
        delete(&mut client, "2, 2, 77, null"),
        1,
        "an id given twice"
    );
    assert_metrics_equal_raw(&mut client);
    roll_up(&mut client);
    assert_eq!(delete(&mut client, "1, 3, 4"), 3, "after the rollup");
    assert_metrics_equal_raw(&mut client);
    assert_eq!(column(&mut client, DAILY), [""; 0]);
    roll_up(&mut client);
    for table in ["raw_events", "minute_counts", "daily_metrics"] {
        assert_eq!(count(&mut client, table), 0, "{table} has no empty groups");
    }
}

#[test]
pub(crate) fn a_deleted_event_that_is_sent_again_is_new() {
    let (_database, mut client) = database_with(&[EVENTS]);
    delete(&mut client, "1, 2");
    assert_eq!(
        store(&mut client, SOURCE, EVENTS).unwrap(),
        outcome(4, 2, 2, 0, 0)
    );
    assert_metrics_equal_raw(&mut client);
    assert_eq!(count(&mut client, "raw_events"), 4);
}

#[test]
pub(crate) fn a_rolled_back_delete_leaves_nothing_behind() {
    let (_database, mut client) = database_with(&[EVENTS]);
    client.batch_execute("begin").unwrap();
    delete(&mut client, "1, 2, 3");
    client.batch_execute("rollback").unwrap();
    assert_eq!(count(&mut client, "raw_events"), 4);
    assert_metrics_equal_raw(&mut client);
}

#[test]
pub(crate) fn late_events_are_retracted_as_late() {
    let (_database, mut client) = database_with(&[EVENTS]);
    store(
        &mut client,
        SOURCE,
        "(0, 5, 5, 'u1', 'play', 'eu', '2026-03-05T12:00:00Z')",
    )
    .unwrap();
    roll_up(&mut client); // March 1 becomes final
    // In separate batches, so that ingested_at distinguishes the two late events.
    for (number, user) in [(6, "u4"), (7, "u5")] {
        let event =
            format!("(0, {number}, {number}, '{user}', 'play', 'eu', '2026-03-01T12:00:30Z')");
        store(&mut client, SOURCE, &event).unwrap();
    }
    let first = |client: &mut postgres::Client| column(client, DAILY)[0].clone();
    assert_eq!(first(&mut client), "2026-03-01 play eu 4 2");
    delete(&mut client, "1");
    assert_eq!(
        first(&mut client),
        "2026-03-01 play eu 3 2",
        "an event in time, while deltas are pending"
    );
    roll_up(&mut client);
    delete(&mut client, "6");
    assert_eq!(first(&mut client), "2026-03-01 play eu 2 1", "a late event");
    delete(&mut client, "2");
    assert_eq!(
        first(&mut client),
        "2026-03-01 play eu 1 1",
        "the last event in time"
    );
    client.query("select musicstream_rebuild()", &[]).unwrap();
    assert_eq!(
        first(&mut client),
        "2026-03-01 play eu 1 1",
        "after a rebuild"
    );
    delete(&mut client, "7");
    assert_eq!(
        first(&mut client),
        "2026-03-01 stop us 1 0",
        "after deleting all"
    );
    assert_metrics_equal_raw(&mut client);
}

/// A batch that is committed while the late events are determined has a late event of the same minute.
#[test]
fn a_late_event_that_is_stored_during_a_deletion_stays_late() {
    let (database, mut client) =
        database_with(&["(0, 1, 1, 'u1', 'play', 'eu', '2026-03-05T12:00:00Z')"]);
    roll_up(&mut client); // March 1 becomes final
    let late = |number: i32| {
        format!("(0, {number}, {number}, 'u2', 'play', 'eu', '2026-03-01T12:00:00Z')")
    };
    store(&mut client, SOURCE, &late(2)).unwrap();
    roll_up(&mut client);
    let [mut writer, mut eraser] = [database.client(), database.client()];
    let [writer_pid, eraser_pid] = [&mut writer, &mut eraser].map(process_of);
    // The lock stops the deletion at the first read of the events, when it has its snapshot.
    writer
        .batch_execute(&format!(
            "begin; {}; select musicstream_upsert_batch('{SOURCE}');
             lock table raw_events_20260301 in access exclusive mode",
            staging(&late(3))
        ))
        .unwrap();
    // Not musicstream_delete(), which reads the events before.
    let erase = format!(
        "select retract_events(array[{}], array[timestamptz '2026-03-01T12:00:00Z'])",
        event_id("2")
    );
    std::thread::scope(|scope| {
        let erasure = scope.spawn(|| eraser.batch_execute(&erase));
        until(
            Duration::from_secs(60),
            "the deletion to wait for the batch",
            || {
                assert!(!erasure.is_finished(), "the deletion did not wait");
                waits_for(&mut client, eraser_pid, writer_pid).then_some(())
            },
        );
        writer.batch_execute("commit").unwrap();
        erasure.join().unwrap().unwrap();
    });
    assert_eq!(
        column(&mut client, DAILY),
        ["2026-03-01 play eu 1 1", "2026-03-05 play eu 1 0"]
    );
    assert_metrics_equal_raw(&mut client);
}

#[test]
pub(crate) fn a_forgotten_user_is_removed_everywhere() {
    let (_database, mut client) = database_with(&[EVENTS]);
    // Rejects with the event as JSON, as a line of a file, and as a Kafka record.
    assert_eq!(
        store(
            &mut client,
            SOURCE,
            "(0, 7, 7, 'u1', 'rewind', 'eu', '2026-03-01T12:00Z')"
        )
        .unwrap(),
        outcome(1, 0, 0, 0, 1)
    );
    client
        .batch_execute(
            r#"insert into rejected_events (source, partition, position, key, payload, reason) values
                ('file:1', 0, 1, null, 'x,u1,play,eu', 'malformed_csv'),
                ('file:1', 0, 2, null, 'x,u11,play,eu', 'malformed_csv'),
                ('kafka:test/topic', 0, 8, 'u1', null, 'too_large'),
                ('kafka:test/topic', 0, 9, null, '{"user_id":"u1","ts":', 'malformed_json'),
                ('kafka:test/topic', 0, 10, null, '{"user_id":"u2","device":"u1"}', 'missing_field');
            insert into staging_events values ('x', 'u1', 'play', 'eu', 'now'), ('y', 'u2', 'play', 'eu', 'now')"#,
        )
        .unwrap();
    let forget = "select concat_ws(' ', events, rejected, staged) from musicstream_forget_user($1)";
    assert_eq!(value::<String>(&mut client, forget, &[&"u1"]), "2 4 1");
    assert_eq!(value::<String>(&mut client, forget, &[&"u1"]), "0 0 0");
    assert_eq!(
        value::<String>(&mut client, forget, &[&"no such user"]),
        "0 0 0"
    );
    assert_metrics_equal_raw(&mut client);
    for table in ["raw_events", "staging_events"] {
        let sql = format!("select count(*) from {table} where user_id = 'u1'");
        assert_eq!(value::<i64>(&mut client, &sql, &[]), 0);
    }
    assert_eq!(
        column(
            &mut client,
            "select position::text from rejected_events order by 1"
        ),
        ["10", "2"]
    );
    assert_eq!(
        column(&mut client, DAILY),
        ["2026-03-01 play eu 1 0", "2026-03-02 play eu 1 0"]
    );
}
