//! `musicstream_expire()` freezes old days: their numbers stay, their events are dropped, and nothing is counted twice.

use musicstream_tests::batch::store;
use musicstream_tests::cluster::Cluster;
use musicstream_tests::database::{Database, value};
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
    partitions_until(client, "2026-04-01")
}

fn partitions_until(client: &mut postgres::Client, day: &str) -> Vec<String> {
    let sql = format!("select leaf::text from musicstream_leaves() where day < '{day}' order by 1");
    column(client, &sql)
}

#[test]
pub(crate) fn the_metrics_of_frozen_days_stay() {
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
pub(crate) fn events_of_frozen_days_are_rejected_as_day_frozen_from_every_input() {
    let (_database, mut client) = database_with(&[EVENTS]);
    expire_before(&mut client, "2026-03-03");
    assert_eq!(
        store(&mut client, SOURCE, EVENTS).unwrap(),
        outcome(4, 0, 2, 0, 2),
        "events of frozen days are sent again"
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
        "no partition is created again"
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
        "the first instant that is not frozen"
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
        "events beyond the retention are rejected for that reason"
    );
}

#[test]
pub(crate) fn pending_deltas_of_frozen_days_are_still_folded() {
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
pub(crate) fn a_day_whose_metrics_are_wrong_is_not_frozen() {
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
        "the days before it are frozen"
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
fn expire_refuses_to_keep_less_than_a_day() {
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

/// On a server with the default lock table, which has room for about 7,800 locks.
#[test]
fn thousands_of_days_are_expired_by_a_hundred_a_call() {
    const DAYS: i64 = 1_200;
    let cluster = Cluster::start("");
    let database = Database::create_in(&cluster.url(), "");
    let mut client = database.client();
    for first in (0..DAYS).step_by(100) {
        let make = "select musicstream_make_partitions(
            array(select date '2026-03-01' - n from generate_series($1::int, $1 + 99) as n)
        )";
        client.execute(make, &[&(first as i32)]).unwrap();
    }
    let store_one_a_day = |client: &mut postgres::Client, days: i64| {
        client
            .batch_execute(&format!(
                "insert into staging_events (event_id, user_id, event_type, region, ts)
                 select gen_random_uuid(), 'u' || n, 'play', 'eu', (date '2026-03-01' - n) || 'T12:00:00Z'
                 from generate_series(0, {days} - 1) as n"
            ))
            .unwrap();
        roll_up(client);
    };
    store_one_a_day(&mut client, DAYS);
    let daily = "select to_jsonb(d)::text from live_daily_metrics as d order by day";
    let before = column(&mut client, daily);
    let mut expired = Vec::new();
    loop {
        let days = column(
            &mut client,
            "select concat_ws(' ', day, events) from musicstream_expire(now() - '2026-03-06T12:00Z'::timestamptz)",
        );
        if days.is_empty() {
            break;
        }
        assert!(days.len() <= 100, "{} days in one call", days.len());
        let left: i64 = value(
            &mut client,
            "select count(*) from musicstream_leaves() where day < '2026-03-06'",
            &[],
        );
        expired.extend(days);
        assert_eq!(left, DAYS - expired.len() as i64);
    }
    let expected = column(
        &mut client,
        &format!(
            "select concat_ws(' ', date '2026-03-01' - n, 1) from generate_series({DAYS} - 1, 0, -1) as n"
        ),
    );
    assert_eq!(expired, expected, "each day once, the oldest first");
    assert_eq!(column(&mut client, daily), before);
    // All of them are frozen, and so are the days without events among them.
    store_one_a_day(&mut client, 3);
    client
        .batch_execute(
            "insert into staging_events values
                (gen_random_uuid(), 'u', 'play', 'eu', '2026-03-05T12:00:00Z'),
                (gen_random_uuid(), 'u', 'play', 'eu', '2026-03-06T12:00:00Z')",
        )
        .unwrap();
    roll_up(&mut client);
    assert_eq!(
        column(
            &mut client,
            "select reason || ' ' || count(*) from rejected_events group by reason"
        ),
        ["day_frozen 4"]
    );
    assert_eq!(count(&mut client, "raw_events"), 1);
    assert_eq!(count(&mut client, "musicstream_verify()"), 0);
}

/// Days that a call leaves for the next one are neither frozen nor changed.
#[test]
fn days_left_for_the_next_call_still_accept_events() {
    let (_database, mut client) = database_with(&[]);
    client
        .batch_execute(
            "select musicstream_make_partitions(array(select date '2026-01-01' + n from generate_series(0, 99) as n));
             select musicstream_make_partitions(array[date '2026-06-01', '2026-07-01'])",
        )
        .unwrap();
    assert_eq!(expire_before(&mut client, "2026-07-02").len(), 100);
    assert_eq!(
        partitions_until(&mut client, "2026-08-01"),
        ["raw_events_20260601", "raw_events_20260701"]
    );
    let late = "(0, 1, 1, 'u1', 'play', 'eu', '2026-06-01T00:00:00Z'), (0, 2, 2, 'u1', 'play', 'eu', '2026-05-31T23:59:59Z')";
    assert_eq!(
        store(&mut client, SOURCE, late).unwrap(),
        outcome(2, 1, 0, 0, 1)
    );
    assert_eq!(
        expire_before(&mut client, "2026-07-02"),
        ["2026-06-01 1", "2026-07-01 0"]
    );
    assert_eq!(expire_before(&mut client, "2026-07-02"), [""; 0]);
}
