//! Old days are frozen: their numbers stay, their events go, and nothing is counted twice.

use musicstream_tests::batch::store;
use musicstream_tests::database::value;
use musicstream_tests::oracle::roll_up;

use super::{SOURCE, column, count, database_with, outcome, refusal};

const EVENTS: &str = "
    (0, 1, 1, 'u1', 'play', 'eu', '2026-03-01T12:00:00Z'), (0, 2, 2, 'u2', 'play', 'eu', '2026-03-02T23:59:59Z'),
    (0, 3, 3, 'u1', 'stop', 'us', '2026-03-03T00:00:00Z'), (0, 4, 4, 'u3', 'play', 'eu', '2026-03-04T00:00:00Z')";

/// Freezes the days before this one.
fn expire_before(client: &mut postgres::Client, day: &str) -> Vec<String> {
    let sql = format!(
        "select concat_ws(' ', day, events) from musicstream_expire(now() - '{day} 00:00Z'::timestamptz) order by 1"
    );
    column(client, &sql)
}

fn partitions(client: &mut postgres::Client) -> Vec<String> {
    column(
        client,
        "select leaf::text from musicstream_leaves() where day < '2026-04-01' order by 1",
    )
}

#[test]
fn the_metrics_of_frozen_days_stay() {
    let (_database, mut client) = database_with(&[EVENTS]);
    let daily = "select to_jsonb(d)::text from live_daily_metrics as d order by 1";
    roll_up(&mut client);
    let before = column(&mut client, daily);
    assert_eq!(
        expire_before(&mut client, "2026-03-03"),
        ["2026-03-01 1", "2026-03-02 1"]
    );
    assert_eq!(column(&mut client, daily), before);
    assert_eq!(
        partitions(&mut client),
        ["raw_events_20260303", "raw_events_20260304"]
    );
    assert_eq!(
        column(
            &mut client,
            "select to_jsonb(v)::text from musicstream_verify() as v"
        ),
        [""; 0]
    );
    assert_eq!(expire_before(&mut client, "2026-03-03"), [""; 0], "again");
    assert_eq!(expire_before(&mut client, "2026-03-01"), [""; 0], "less");
    client.query("select musicstream_rebuild()", &[]).unwrap();
    client.query("select musicstream_reconcile()", &[]).unwrap();
    roll_up(&mut client);
    assert_eq!(column(&mut client, daily), before);
    let (state, message) = refusal(
        &mut client,
        "select musicstream_rebuild('2026-03-02', '2026-03-04')",
    );
    assert_eq!(
        (state.as_str(), message.as_str()),
        ("55000", "day 2026-03-02 is frozen")
    );
}

#[test]
fn what_comes_for_a_frozen_day_is_kept_as_day_frozen_by_every_way_in() {
    let (_database, mut client) = database_with(&[EVENTS]);
    expire_before(&mut client, "2026-03-03");
    assert_eq!(
        store(&mut client, SOURCE, EVENTS).unwrap(),
        outcome(4, 0, 2, 0, 2),
        "events of frozen days that are counted come again"
    );
    client
        .batch_execute(
            "insert into staging_events values (gen_random_uuid()::text, 'u', 'play', 'eu', '2026-02-11T00:00:00Z');
             select musicstream_make_partitions(array['2026-03-01', '2026-02-11']::date[]);
             select musicstream_rollup(); select musicstream_retry_rejected()",
        )
        .unwrap();
    assert_eq!(
        column(
            &mut client,
            "select concat_ws(' ', source, reason, detail) from rejected_events order by source, position"
        ),
        [
            "kafka:test/topic day_frozen ts is before 2026-03-03, and musicstream_expire() dropped the events of those days",
            "kafka:test/topic day_frozen ts is before 2026-03-03, and musicstream_expire() dropped the events of those days",
            "staging_events day_frozen ts is before 2026-03-03, and musicstream_expire() dropped the events of those days",
        ]
    );
    assert_eq!(
        partitions(&mut client),
        ["raw_events_20260303", "raw_events_20260304"],
        "no partition was made again"
    );
    assert_eq!(
        value::<i64>(
            &mut client,
            "select sum(events)::bigint from live_daily_metrics",
            &[]
        ),
        4
    );
    assert_eq!(
        store(
            &mut client,
            SOURCE,
            "(0, 9, 9, 'u', 'play', 'eu', '2026-03-03T00:00:00Z')"
        )
        .unwrap(),
        outcome(1, 1, 0, 0, 0),
        "the first moment that is not frozen"
    );
    assert_eq!(
        store(
            &mut client,
            SOURCE,
            "(0, 10, 10, 'u', 'play', 'eu', '1990-03-03T00:00:00Z')"
        )
        .unwrap(),
        outcome(1, 0, 0, 0, 1)
    );
    assert_eq!(
        column(
            &mut client,
            "select reason from rejected_events where position = 10 and source like 'kafka%'"
        ),
        ["too_old"],
        "beyond the retention, the retention is the reason"
    );
}

#[test]
fn pending_deltas_of_frozen_days_are_still_folded() {
    let (_database, mut client) = database_with(&[EVENTS]);
    assert_eq!(count(&mut client, "daily_metrics"), 0);
    expire_before(&mut client, "2026-03-03");
    roll_up(&mut client);
    assert_eq!(
        column(
            &mut client,
            "select concat_ws(' ', day, events) from daily_metrics order by 1"
        ),
        [
            "2026-03-01 1",
            "2026-03-02 1",
            "2026-03-03 1",
            "2026-03-04 1"
        ]
    );
}

#[test]
fn a_day_whose_metrics_are_wrong_is_not_frozen() {
    let (_database, mut client) = database_with(&[EVENTS]);
    roll_up(&mut client);
    client
        .batch_execute("update daily_metrics set events = 5 where day = '2026-03-02'")
        .unwrap();
    let (state, message) = refusal(
        &mut client,
        "select musicstream_expire(now() - '2026-03-04Z')",
    );
    assert_eq!(
        (state.as_str(), message.as_str()),
        ("55000", "the metrics of 2026-03-02 differ from its events")
    );
    assert_eq!(count(&mut client, "raw_events"), 4);
    assert_eq!(
        expire_before(&mut client, "2026-03-02"),
        ["2026-03-01 1"],
        "the days before it are right"
    );
    client.query("select musicstream_rebuild()", &[]).unwrap();
    client
        .batch_execute("update daily_listeners set listeners = 5 where day = '2026-03-03'")
        .unwrap();
    let (state, message) = refusal(
        &mut client,
        "select musicstream_expire(now() - '2026-03-04Z')",
    );
    assert_eq!(
        (state.as_str(), message.as_str()),
        ("55000", "the metrics of 2026-03-03 differ from its events")
    );
    client.query("select musicstream_rebuild()", &[]).unwrap();
    assert_eq!(
        expire_before(&mut client, "2026-03-04"),
        ["2026-03-02 1", "2026-03-03 1"]
    );
}

#[test]
fn less_than_a_day_cannot_be_kept() {
    let (_database, mut client) = database_with(&[EVENTS]);
    for keep in ["0", "-1 day", "23 hours"] {
        let sql = format!("select musicstream_expire('{keep}')");
        assert_eq!(refusal(&mut client, &sql).0, "22023", "{keep}");
    }
    assert_eq!(
        column(
            &mut client,
            "select day::text from musicstream_expire('4000 years')"
        ),
        [""; 0]
    );
    assert_eq!(count(&mut client, "raw_events"), 4);
}
