//! `musicstream_retry_rejected()` stores rejects after a fix, and loses none.

use musicstream_tests::batch::{Outcome, staging, store};
use musicstream_tests::database::value;
use musicstream_tests::oracle::assert_metrics_equal_raw;

use super::{SOURCE, column, count, database_with, outcome};

fn retry(client: &mut postgres::Client, arguments: &str) -> Outcome {
    let sql = format!("select * from musicstream_retry_rejected({arguments})");
    Outcome::of(&client.query_one(&sql, &[]).unwrap())
}

#[test]
pub(crate) fn rejects_of_a_new_event_type_are_stored_once() {
    let (_database, mut client) = database_with(&[]);
    let rejected = "(0, 1, 1, 'u', 'rewind', 'eu', '2026-03-01T12:00Z'), (0, 2, 2, 'u', 'rewind', 'eu', '2026-03-01T12:00Z'),
        (0, 3, 2, 'u', 'rewind', 'eu', '2026-03-01T12:00Z'), (0, 4, 3, 'u', 'skip', 'eu', '2026-03-01T12:00Z')";
    assert_eq!(
        store(&mut client, SOURCE, rejected).unwrap(),
        outcome(4, 0, 0, 0, 4)
    );
    client
        .batch_execute(
            "insert into staging_events values
                (lpad('1', 32, '0'), 'u', 'rewind', 'eu', '2026-03-01T12:00:00Z', ''),
                (lpad('4', 32, '0'), 'u', 'rewind', 'eu', '2026-03-01T12:00:00Z', ''),
                ('no uuid', 'u', 'rewind', 'eu', '2026-03-01T12:00:00Z', null);
            select musicstream_rollup();
            insert into rejected_events (source, partition, position, payload, reason, received_at) values
                ('file:1', 0, 1, 'a,csv,row', 'unknown_event_type', '2026-01-01Z'),
                ('kafka:test/topic', 0, 9, null, 'too_large', '2026-01-01Z');
            update rejected_events set received_at = '2026-01-01Z'",
        )
        .unwrap();
    assert_eq!(
        retry(&mut client, ""),
        outcome(9, 0, 0, 0, 9),
        "nothing has changed"
    );
    client
        .batch_execute("insert into event_types values ('rewind')")
        .unwrap();
    assert_eq!(
        retry(&mut client, "source => 'no such source'"),
        outcome(0, 0, 0, 0, 0)
    );
    assert_eq!(
        retry(&mut client, "reason => 'no_such_reason'"),
        outcome(0, 0, 0, 0, 0)
    );
    assert_eq!(retry(&mut client, "max_rows => 0"), outcome(0, 0, 0, 0, 0));
    assert_eq!(
        retry(&mut client, "'unknown_event_type', 'kafka:test/topic', 1"),
        outcome(1, 1, 0, 0, 0)
    );
    assert_eq!(
        retry(&mut client, "'unknown_event_type'"),
        outcome(6, 2, 2, 0, 2)
    );
    assert_eq!(
        retry(&mut client, "'unknown_event_type'"),
        outcome(2, 0, 0, 0, 2),
        "once"
    );
    assert_metrics_equal_raw(&mut client);
    assert_eq!(count(&mut client, "raw_events"), 3);
    assert_eq!(
        column(
            &mut client,
            "select song_id from raw_events where song_id is not null"
        ),
        [""; 0],
        "an empty field of the inbox is null, as without a retry"
    );
    let left = "
        select concat_ws(' ', source, position, reason, convert_from(payload, 'utf8'))
        from rejected_events
        where received_at = '2026-01-01Z'
        order by 1";
    assert_eq!(
        column(&mut client, left),
        [
            "file:1 1 unknown_event_type a,csv,row",
            "kafka:test/topic 4 unknown_event_type {\"event_id\":\"00000000-0000-0000-0000-000000000003\",\"user_id\":\"u\",\"event_type\":\"skip\",\"region\":\"eu\",\"ts\":\"2026-03-01T12:00:00.000000Z\"}",
            "kafka:test/topic 9 too_large",
            "staging_events 2 invalid_event_id {\"event_id\":\"no uuid\",\"user_id\":\"u\",\"event_type\":\"rewind\",\"region\":\"eu\",\"ts\":\"2026-03-01T12:00:00Z\"}",
        ]
    );
}

#[test]
pub(crate) fn events_that_fail_again_get_the_current_reason() {
    let (_database, mut client) =
        database_with(&["(0, 1, 1, 'u', 'play', 'eu', '2026-03-01T12:00Z')"]);
    store(
        &mut client,
        SOURCE,
        "(0, 2, 1, 'u', 'rewind', 'eu', '2026-03-01T12:00Z'), (0, 3, 2, 'u', 'rewind', 'eu', '1999-03-01T12:00Z'),
         (0, 4, 1, 'u', 'stop', 'eu', '2026-03-01T12:00Z')",
    )
    .unwrap();
    client
        .batch_execute("update rejected_events set key = 'k', payload = convert_to(replace(convert_from(payload, 'utf8'), 'eu', repeat('x', 65)), 'utf8') where position = 3")
        .unwrap();
    let reasons = "select concat_ws(' ', position, reason, convert_from(key, 'utf8')) from rejected_events order by 1";
    assert_eq!(
        column(&mut client, reasons),
        [
            "2 unknown_event_type",
            "3 too_old k",
            "4 conflicting_duplicate"
        ]
    );
    client
        .batch_execute("insert into event_types values ('rewind')")
        .unwrap();
    assert_eq!(
        retry(&mut client, ""),
        outcome(2, 0, 0, 1, 1),
        "a conflict is retried only if that reason is given"
    );
    assert_eq!(
        column(&mut client, reasons),
        [
            "2 conflicting_duplicate",
            "3 invalid_region k",
            "4 conflicting_duplicate"
        ]
    );
    let id = "select musicstream_delete(array[lpad('1', 32, '0')::uuid])";
    client.query(id, &[]).unwrap();
    assert_eq!(
        retry(&mut client, "'conflicting_duplicate'"),
        outcome(2, 1, 0, 1, 0),
        "after the first event was deleted, the next one is stored"
    );
    assert_metrics_equal_raw(&mut client);
}

#[test]
fn a_negative_limit_is_refused() {
    let (_database, mut client) = database_with(&[]);
    assert_eq!(
        super::refusal(
            &mut client,
            "select musicstream_retry_rejected(max_rows => -1)"
        )
        .0,
        "22023"
    );
}

#[test]
fn rejects_that_fail_again_do_not_delay_others() {
    let (_database, mut client) = database_with(&[]);
    for (source, event_type, numbers) in [
        ("kafka:test/a", "rewind", 1..4),
        ("kafka:test/b", "skip", 4..6),
    ] {
        let rows: Vec<_> = numbers
            .map(|number| {
                format!("(0, {number}, {number}, 'u', '{event_type}', 'eu', '2026-03-01T12:00Z')")
            })
            .collect();
        store(&mut client, source, &rows.join(", ")).unwrap();
    }
    client
        .batch_execute("insert into event_types values ('skip')")
        .unwrap();
    // Two rows per call; those of the first source are older and fail each time.
    let inserted = (0..3).map(|_| retry(&mut client, "max_rows => 2").inserted);
    assert_eq!(inserted.sum::<i64>(), 2);
    assert_metrics_equal_raw(&mut client);
    assert_eq!(retry(&mut client, ""), outcome(3, 0, 0, 0, 3));
}

#[test]
pub(crate) fn more_than_a_slice_is_retried_in_one_call() {
    let (_database, mut client) = database_with(&[]);
    client
        .batch_execute(
            "insert into rejected_events (source, partition, position, payload, reason)
            select 'kafka:test/topic', n % 3, n, event_json(
                lpad(to_hex(n), 32, '0'), 'u', case when n % 2 = 0 then 'play' else 'rewind' end, 'eu', '2026-03-01T12:00:00Z', null, null
            ), 'unknown_event_type'
            from generate_series(1, 50000) as n",
        )
        .unwrap();
    assert_eq!(
        retry(&mut client, ""),
        outcome(50_000, 25_000, 0, 0, 25_000)
    );
    assert_eq!(count(&mut client, "rejected_events"), 25_000);
    assert_metrics_equal_raw(&mut client);
}

#[test]
fn a_recreated_topic_loses_no_rejected_record() {
    let (_database, mut client) = database_with(&[]);
    let first = "(0, 1, 1, 'u', 'rewind', 'eu', '2026-03-01T12:00Z')";
    let second = "(0, 1, 2, 'u', 'rewind', 'eu', '2026-03-01T12:00Z')";
    for (batch, kept) in [(first, 1), (first, 1), (second, 2), (second, 2)] {
        store(&mut client, SOURCE, batch).unwrap();
        assert_eq!(count(&mut client, "rejected_events"), kept, "{batch}");
    }
    // A writer that adds the bytes afterwards.
    client.batch_execute("truncate rejected_events").unwrap();
    for (batch, bytes, kept) in [
        (first, "first", 1),
        (first, "first", 1),
        (second, "second", 2),
        (second, "second", 2),
        (first, "first", 2),
    ] {
        client
            .batch_execute(&format!("begin; {}", staging(batch)))
            .unwrap();
        client
            .query("select musicstream_upsert_batch($1)", &[&SOURCE])
            .unwrap();
        let keep = "select musicstream_set_rejected_bytes($1, '{0}', '{1}', array[$2::text::bytea], array[$3::text::bytea])";
        assert_eq!(
            value::<i64>(&mut client, keep, &[&SOURCE, &"key", &bytes]),
            1
        );
        client.batch_execute("commit").unwrap();
        assert_eq!(count(&mut client, "rejected_events"), kept, "{bytes}");
    }
    assert_eq!(
        column(
            &mut client,
            "select convert_from(payload, 'utf8') from rejected_events order by 1"
        ),
        ["first", "second"]
    );
}

#[test]
fn rejected_lines_of_a_file_are_stored_by_the_documented_statement() {
    let page = include_str!("../../../../docs/corrections.md");
    let from = page.find("with line as (").expect("the statement");
    let statement = &page[from..from + page[from..].find(';').unwrap()];
    let (_database, mut client) = database_with(&[]);
    client
        .batch_execute(
            "insert into event_types values ('rewind');
            insert into rejected_events (source, partition, position, payload, reason)
            select 'file:1', 0, n, convert_to(lpad(to_hex(n), 32, '0') || ',u,rewind,eu,2026-03-01T12:00:00Z', 'utf8'),
                'unknown_event_type'
            from generate_series(1, 3) as n",
        )
        .unwrap();
    assert_eq!(retry(&mut client, ""), outcome(3, 0, 0, 0, 3));
    for expected in [3, 0] {
        assert_eq!(client.execute(statement, &[]).unwrap(), expected);
        client.query("select musicstream_rollup()", &[]).unwrap();
        assert_metrics_equal_raw(&mut client);
    }
    assert_eq!(count(&mut client, "raw_events"), 3);
    assert_eq!(count(&mut client, "rejected_events"), 0);
}
