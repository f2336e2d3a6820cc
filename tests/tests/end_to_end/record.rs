//! Outcomes of single records: duplicates, conflicts, unknown types, invalid times.

use std::time::Duration;

use musicstream_tests::database::{Database, value};
use musicstream_tests::oracle::{assert_metrics_equal_raw, assert_stored, next_offsets, roll_up};
use musicstream_tests::pipeline::{
    assert_rejects_are_what_was_sent, rejected, stream, stream_to_end,
};
use musicstream_tests::process::{Summary, run};
use musicstream_tests::topic::{Record, Topic};

fn event(id: u32, event_type: &str, region: &str, ts: &str) -> String {
    format!(
        r#"{{ "event_id":"{id:032x}","user_id":7,"event_type":"{event_type}", "region":"{region}","ts":"{ts}","more":["canary",{{}}]}}"#
    )
}

#[test]
pub(crate) fn each_record_is_stored_or_rejected_once() {
    const NOON: &str = "2026-03-01T12:00:00Z";
    let database = Database::create();
    let mut client = database.client();
    let topic = Topic::create("record", 2);
    let keyed = |partition, text: String| Record {
        key: Some(b"the \xff canary".to_vec()),
        ..Record::new(partition, text)
    };
    let records = vec![
        keyed(0, event(1, "play", "eu", NOON)),
        keyed(0, event(1, "play", "eu", NOON)), // a duplicate within the batch
        keyed(0, event(1, "play", "us", NOON)), // the same id, another region
        keyed(0, event(2, "teleport", "eu", NOON)),
        keyed(0, event(3, "stop", "eu", "1999-12-31T23:59:59Z")),
        keyed(0, event(4, "stop", "eu", "2126-01-01T00:00:00Z")),
        keyed(0, "no json at all, canary".to_owned()),
        Record::new(1, Vec::new()),
        Record {
            partition: 1,
            ..Record::default()
        }, // a tombstone
        Record::new(1, event(5, "pause", "apac", NOON)),
    ];
    let sent = topic.send(records);
    // The bytes of the conflicting record are a statement parameter, which no log level may show.
    let first = run(
        stream(&database, &topic)
            .args(["--until-end", "--output", "json"])
            .args(["--log-level", "trace,tokio_postgres=trace"]),
        Duration::from_secs(60),
    )
    .summary();
    assert_eq!(
        first,
        Summary {
            read: 10,
            inserted: 2,
            duplicate: 1,
            conflicting: 1,
            rejected: 6
        }
    );
    assert_stored(&mut client, first);
    assert_metrics_equal_raw(&mut client);
    assert_rejects_are_what_was_sent(&mut client, &sent);
    let reasons: Vec<_> = rejected(&mut client)
        .into_iter()
        .map(|reject| (reject.partition, reject.position, reject.reason))
        .collect();
    let expected = [
        (0, 2, "conflicting_duplicate"),
        (0, 3, "unknown_event_type"),
        (0, 4, "too_old"),
        (0, 5, "too_far_in_future"),
        (0, 6, "malformed_json"),
        (1, 0, "malformed_json"),
        (1, 1, "malformed_json"),
    ]
    .map(|(partition, position, reason)| (partition, position, reason.to_owned()));
    assert_eq!(reasons, expected);
    let region: String = value(
        &mut client,
        "select region from raw_events where event_type = 'play'",
        &[],
    );
    assert_eq!(region, "eu", "the first arrival wins");

    assert_eq!(
        stream_to_end(&database, &topic),
        Summary::default(),
        "a second run reads nothing"
    );

    // The same duplicate and conflict again, in another run.
    let sent_again = topic.send(vec![
        keyed(1, event(1, "play", "eu", NOON)),
        keyed(1, event(1, "stop", "eu", NOON)),
        keyed(
            1,
            event(5, "pause", "apac", "2026-03-01T12:00:00.000000+00:00"),
        ),
        keyed(1, event(6, "pause", "apac", NOON)),
    ]);
    let second = stream_to_end(&database, &topic);
    assert_eq!(
        second,
        Summary {
            read: 4,
            inserted: 1,
            duplicate: 2,
            conflicting: 1,
            rejected: 0
        }
    );
    let all = Summary {
        read: 14,
        inserted: 3,
        duplicate: 3,
        conflicting: 2,
        rejected: 6,
    };
    assert_stored(&mut client, all);
    assert_rejects_are_what_was_sent(&mut client, &[sent, sent_again].concat());
    assert_eq!(next_offsets(&mut client), topic.ends());
    roll_up(&mut client);
    assert_metrics_equal_raw(&mut client);
}

#[test]
pub(crate) fn late_events_are_counted_and_labelled() {
    let database = Database::create();
    let mut client = database.client();
    let topic = Topic::create("late", 1);
    topic.send(vec![Record::new(
        0,
        event(1, "play", "eu", "2026-03-05T12:00:00Z"),
    )]);
    stream_to_end(&database, &topic);
    roll_up(&mut client);
    let is_late = "select late_events = 1 and events = 1 and is_final from live_daily_metrics where day = '2026-03-03'";
    topic.send(vec![Record::new(
        0,
        event(2, "play", "eu", "2026-03-03T12:00:00Z"),
    )]);
    assert_eq!(stream_to_end(&database, &topic).inserted, 1);
    assert!(value::<bool>(&mut client, is_late, &[]), "pending");
    roll_up(&mut client);
    assert!(value::<bool>(&mut client, is_late, &[]), "rolled up");
    assert_metrics_equal_raw(&mut client);
}
