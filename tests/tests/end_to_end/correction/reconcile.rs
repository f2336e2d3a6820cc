//! Event ids that are stored on two days, outside of the deduplication window.

use musicstream_tests::database::value;
use musicstream_tests::oracle::assert_metrics_equal_raw;

use super::{column, count, database_with};

#[test]
pub(crate) fn the_first_arrival_stays_and_the_others_are_rejected() {
    let (_database, mut client) = database_with(&[
        "(0, 1, 1, 'u1', 'play', 'eu', '2026-03-03T12:00:00Z'), (0, 2, 2, 'u1', 'play', 'eu', '2026-03-01T12:00:00Z')",
        "(0, 3, 1, 'u1', 'play', 'eu', '2026-03-01T12:00:00Z'), (0, 4, 2, 'u1', 'stop', 'us', '2026-03-02T12:00:00Z')",
        "(0, 5, 1, 'u1', 'play', 'eu', '2026-03-02T12:00:00Z'), (0, 6, 3, 'u1', 'stop', 'us', '2026-03-02T12:00:00Z')",
    ]);
    assert_eq!(count(&mut client, "raw_events"), 6);
    let reconcile = "select musicstream_reconcile($1::text::date, $2::text::date)";
    assert_eq!(
        value::<i64>(&mut client, reconcile, &[&"2026-03-03", &"2026-03-09"]),
        0,
        "no event id is stored twice on one day"
    );
    assert_eq!(
        value::<i64>(&mut client, "select musicstream_reconcile()", &[]),
        3
    );
    assert_eq!(
        value::<i64>(&mut client, "select musicstream_reconcile()", &[]),
        0,
        "again"
    );
    assert_metrics_equal_raw(&mut client);
    assert_eq!(
        column(
            &mut client,
            "select concat_ws(' ', right(event_id::text, 1), to_char(ts at time zone 'UTC', 'MM-DD')) from raw_events order by 1"
        ),
        ["1 03-03", "2 03-01", "3 03-02"]
    );
    let moved = "
        select concat_ws(' ', source, reason, right(j ->> 'event_id', 1), j ->> 'event_type', j ->> 'ts')
        from rejected_events, lateral (select convert_from(payload, 'utf8')::json as j) as p
        order by position";
    assert_eq!(
        column(&mut client, moved),
        [
            "raw_events conflicting_duplicate 1 play 2026-03-01T12:00:00.000000Z",
            "raw_events conflicting_duplicate 1 play 2026-03-02T12:00:00.000000Z",
            "raw_events conflicting_duplicate 2 stop 2026-03-02T12:00:00.000000Z",
        ]
    );
    // A retry without a reason, for another cause, does not store them again.
    let retried = "select concat_ws(' ', retried, inserted, duplicate, conflicting, rejected) from musicstream_retry_rejected()";
    assert_eq!(column(&mut client, retried), ["0 0 0 0 0"]);
    assert_eq!(count(&mut client, "raw_events"), 3);
    // A retry of that reason does, of two with one id the first, and then days have to be reconciled again.
    let requested = "select inserted from musicstream_retry_rejected('conflicting_duplicate')";
    assert_eq!(value::<i64>(&mut client, requested, &[]), 2);
    assert_eq!(count(&mut client, "raw_events"), 5);
    assert_eq!(
        value::<i64>(&mut client, "select musicstream_reconcile()", &[]),
        2
    );
    assert_eq!(count(&mut client, "raw_events"), 3);
    assert_metrics_equal_raw(&mut client);
}
