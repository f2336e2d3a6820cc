//! EXPLAIN, `statement_timeout`, `lock_timeout`, plans, and the partitions that a statement opens.

use postgres::Client;

use musicstream_tests::batch::{staging, store};
use musicstream_tests::database::{Database, connect, value};
use musicstream_tests::minutes::insert_minutes;
use musicstream_tests::writer::{DAY_EVERY, INBOX_FROM, Writer, assert_exact, put_into_inbox};

use crate::interrupt::FINGERPRINT;

fn explain(client: &mut Client, options: &str, statement: &str) -> String {
    let sql = format!("explain {options} {statement}");
    let rows = client
        .query(&sql, &[])
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    rows.iter()
        .map(|row| row.get::<_, String>(0) + "\n")
        .collect()
}

#[test]
fn explain_changes_nothing_and_explain_analyze_executes() {
    let database = Database::create();
    let mut admin = database.client();
    let mut writer = Writer::claim(&database).unwrap();
    writer.store(DAY_EVERY).unwrap();
    let mut inbox = INBOX_FROM..INBOX_FROM + 100;
    put_into_inbox(&mut admin, inbox.clone()).unwrap();
    let before: String = value(&mut admin, FINGERPRINT, &[]);
    for statement in [
        "select * from musicstream_upsert()",
        "select * from musicstream_rollup()",
        "select * from musicstream_verify()",
        "select * from live_daily_metrics where day >= '2026-01-01'",
        "select * from live_minute_metrics where minute >= '2026-01-01'",
        "select * from musicstream_status",
    ] {
        let plan = explain(&mut admin, "(verbose, settings)", statement);
        assert!(plan.contains("cost="), "{statement}: {plan}");
    }
    let after: String = value(&mut admin, FINGERPRINT, &[]);
    assert_eq!(before, after, "EXPLAIN changes nothing");

    for statement in [
        "select * from musicstream_upsert()",
        "select * from musicstream_rollup()",
    ] {
        put_into_inbox(&mut admin, inbox.end..inbox.end + 100).unwrap();
        inbox.end += 100;
        let plan = explain(&mut admin, "(analyze, buffers, verbose)", statement);
        assert!(plan.contains("actual time="), "{statement}: {plan}");
    }
    let plan = explain(
        &mut admin,
        "(analyze)",
        "select * from musicstream_verify()",
    );
    assert!(plan.contains("rows=0"), "{plan}");
    assert_eq!(assert_exact(&database, Some(inbox)), DAY_EVERY);
}

/// A day is read through the index, with many other days stored.
#[test]
fn a_day_of_the_live_metrics_uses_the_index() {
    let database = Database::create();
    let mut admin = database.client();
    admin
        .batch_execute(
            "insert into daily_metrics
             select date '2020-01-01' + n / 30, 'play', 'r' || n % 30, 1, 0, now() from generate_series(0, 59999) as n;
             analyze daily_metrics",
        )
        .unwrap();
    let plan = explain(
        &mut admin,
        "",
        "select * from live_daily_metrics where day = '2022-01-01'",
    );
    assert!(!plan.contains("Seq Scan on daily_metrics"), "{plan}");
}

/// A span of any view is read through the index, so the cost of reading one day does not depend on other days.
#[test]
fn a_span_of_any_view_uses_the_index() {
    let database = Database::create();
    let mut admin = database.client();
    admin
        .batch_execute(
            &[
                insert_minutes(
                    "minute_counts",
                    "select timestamptz '2025-01-01Z' + n / 3 * interval '1 minute', (array['play', 'pause', 'stop'])[1 + n % 3], 'eu', 1, 0
                     from generate_series(0, 899999) as n",
                ),
                insert_minutes(
                    "metric_deltas",
                    "values (timestamptz '2025-02-01 12:00Z', 'play', 'eu', 5, 0), ('2025-03-01 12:00Z', 'play', 'eu', 5, 0)",
                ),
                "insert into daily_listeners
             select date '2020-01-01' + n / 30, 'r' || n % 30, 1, sketch_users('u'), now()
             from generate_series(0, 59999) as n group by n;
             insert into listener_deltas select '2022-01-01', 'r1', sketch_users('v');
             analyze"
                    .to_owned(),
            ]
            .join(";"),
        )
        .unwrap();
    for (statement, table) in [
        (
            "select * from hourly_metrics where hour >= '2025-02-01Z' and hour < '2025-02-02Z'",
            "minute_counts",
        ),
        (
            "select * from hourly_metrics where hour = '2025-02-01 12:00Z'",
            "minute_counts",
        ),
        (
            "select * from live_minute_metrics where minute >= '2025-02-01Z' and minute < '2025-02-01 01:00Z'",
            "minute_counts",
        ),
        (
            "select * from minute_metrics where minute >= '2025-02-01Z' and minute < '2025-02-01 01:00Z'",
            "minute_counts",
        ),
        (
            "select * from live_daily_listeners where day = '2022-01-01'",
            "daily_listeners",
        ),
        (
            "select * from live_daily_listeners where day between '2022-01-01' and '2022-01-07'",
            "daily_listeners",
        ),
    ] {
        let plan = explain(&mut admin, "(costs off)", statement);
        assert!(
            plan.contains("Index Cond") && !plan.contains(&format!("Seq Scan on {table}")),
            "{statement}:\n{plan}"
        );
    }
    let hours: String = value(
        &mut admin,
        "select count(*) || ' ' || sum(events) from hourly_metrics where hour >= '2025-02-01Z' and hour < '2025-02-02Z'",
        &[],
    );
    assert_eq!(hours, format!("{} {}", 3 * 24, 3 * 24 * 60 + 5));
    let all: bool = value(
        &mut admin,
        "with of_minutes as (
            select date_trunc('hour', minute) as hour, event_type, sum(events)::bigint as events from live_minute_metrics group by 1, 2
        )
        select not exists (table of_minutes except select hour, event_type, events from hourly_metrics)
            and (select count(*) from of_minutes) = (select count(*) from hourly_metrics)",
        &[],
    );
    assert!(all, "the hours contain all minutes");
    let listeners: String = value(
        &mut admin,
        "select count(*) || ' ' || sum(listeners) from live_daily_listeners where day = '2022-01-01'",
        &[],
    );
    assert_eq!(listeners, "30 31");
}

#[test]
fn time_and_lock_limits_cancel_a_call_without_effects() {
    let database = Database::create();
    let mut admin = database.client();
    let mut writer = Writer::claim(&database).unwrap();
    writer.store(DAY_EVERY).unwrap();
    let mut inbox = INBOX_FROM..INBOX_FROM;
    for (setting, code) in [("statement_timeout", "57014"), ("lock_timeout", "55P03")] {
        for table in ["metric_deltas", "rejected_events", "reject_counts"] {
            put_into_inbox(&mut admin, inbox.end..inbox.end + 100).unwrap();
            inbox.end += 100;
            let before: String = value(&mut admin, FINGERPRINT, &[]);
            let mut holder = database.client();
            holder
                .batch_execute(&format!("begin; lock table {table} in share mode"))
                .unwrap();
            writer
                .client
                .batch_execute(&format!("set {setting} = '300ms'"))
                .unwrap();
            let mut roller = connect(&database.ingest_url());
            roller
                .batch_execute(&format!("set {setting} = '300ms'"))
                .unwrap();
            let errors = [
                writer.store(DAY_EVERY).map(drop),
                roller.execute("select musicstream_rollup()", &[]).map(drop),
            ];
            for error in errors {
                let error = error.expect_err("the limit is exceeded");
                let found = error.code().map(|code| code.code());
                assert_eq!(found, Some(code), "{setting}, {table}: {error:?}");
            }
            drop(holder);
            let after: String = value(&mut admin, FINGERPRINT, &[]);
            assert_eq!(before, after, "{setting}, {table}: nothing remains");
            for client in [&mut writer.client, &mut roller] {
                client.batch_execute(&format!("reset {setting}")).unwrap();
            }
            writer.store(DAY_EVERY).unwrap();
            roller.execute("select musicstream_rollup()", &[]).unwrap();
        }
    }
    assert_eq!(assert_exact(&database, Some(inbox)), 7 * DAY_EVERY);
}

/// A call with any time limit either completes or fails without effects.
#[test]
fn a_call_that_times_out_has_no_effect() {
    let database = Database::create();
    let mut writer = Writer::claim(&database).unwrap();
    let mut stopped = 0;
    for time_ms in (1..=40).chain([0]) {
        // The former limit applies to this statement as well.
        let limit = format!("set statement_timeout = {time_ms}");
        while let Err(error) = writer.client.batch_execute(&limit) {
            assert!(!error.is_closed(), "{time_ms} ms: {error:?}");
        }
        let before = writer.next();
        if let Err(error) = writer.store(DAY_EVERY) {
            stopped += 1;
            assert_eq!(
                error.code().map(|code| code.code()),
                Some("57014"),
                "{time_ms} ms: {error:?}"
            );
            assert_eq!(writer.next(), before);
        }
        if let Err(error) = writer.client.execute("select musicstream_rollup()", &[]) {
            stopped += 1;
            assert_eq!(
                error.code().map(|code| code.code()),
                Some("57014"),
                "{time_ms} ms: {error:?}"
            );
        }
    }
    println!("{stopped} calls timed out");
    assert!(stopped > 0, "some call times out");
    assert_eq!(assert_exact(&database, None), writer.next());
}

/// Each opened partition takes two locks, so a batch opens the partitions of its days, not all between them.
#[test]
fn a_batch_opens_only_the_partitions_of_its_days() {
    let database = Database::create();
    let mut client = database.client();
    for first in [0, 100, 200] {
        let make = "select musicstream_make_partitions(
            array(select date '2025-03-01' + n from generate_series($1::int, $1 + 99) as n)
        )";
        client.execute(make, &[&first]).unwrap();
    }
    let stored = "(0, 1, 1, 'u', 'play', 'eu', '2025-03-10T12:00:00Z'), (0, 2, 2, 'u', 'play', 'eu', '2025-11-10T12:00:00Z')";
    store(&mut client, "test:days", stored).unwrap();
    let before_midnight = "(0, 3, 3, 'u', 'play', 'eu', '2025-03-10T23:50:00Z'), (0, 4, 4, 'u', 'play', 'eu', '2025-11-10T00:10:00Z')";
    store(&mut client, "test:days", before_midnight).unwrap();
    let beyond_midnight = "(0, 5, 3, 'u', 'play', 'eu', '2025-03-11T00:05:00Z'), (0, 6, 4, 'u', 'play', 'eu', '2025-11-09T23:55:00Z')";
    let new = "(0, 7, 5, 'u', 'play', 'eu', '2025-03-10T12:00:00Z'), (0, 8, 6, 'u', 'play', 'eu', '2025-11-10T12:00:00Z')";
    let twice = "(0, 9, 7, 'u', 'play', 'eu', '2025-03-10T12:00:00Z'), (0, 10, 7, 'u', 'play', 'us', '2025-11-10T12:00:00Z')";
    for (what, batch, outcome, days) in [
        ("stored", stored, "2 0 2 0", "20250310 20251110"),
        ("new", new, "2 2 0 0", "20250310 20251110"),
        ("an id on two days", twice, "2 1 0 1", "20250310 20251110"),
        // Their own days do not contain them.
        (
            "beyond midnight",
            beyond_midnight,
            "2 0 0 2",
            "20250310 20251110",
        ),
    ] {
        // With and without a filled cache of recently stored ids.
        let mut fresh = connect(&database.ingest_url());
        for client in [&mut client, &mut fresh] {
            let mut transaction = client.transaction().unwrap();
            transaction.batch_execute(&staging(batch)).unwrap();
            let found: String = transaction
                .query_one(
                    "select concat_ws(' ', staged, inserted, duplicate, conflicting) from musicstream_upsert_batch('test:days')",
                    &[],
                )
                .unwrap()
                .get(0);
            assert_eq!(found, outcome, "{what}");
            let opened: String = transaction
                .query_one(
                    "select string_agg(distinct right(c.relname, 8), ' ')
                     from pg_locks as l join pg_class as c on c.oid = l.relation
                     where l.pid = pg_backend_pid() and c.relname ~ '^raw_events_[0-9]{8}$'",
                    &[],
                )
                .unwrap()
                .get(0);
            assert_eq!(opened, days, "{what}");
        }
    }
    // A verification opens the partitions of its days.
    let mut transaction = client.transaction().unwrap();
    transaction
        .execute("select musicstream_verify('2025-03-10', '2025-03-11')", &[])
        .unwrap();
    let opened: i64 = transaction
        .query_one(
            "select count(distinct l.relation) from pg_locks as l join pg_class as c on c.oid = l.relation
             where l.pid = pg_backend_pid() and c.relname ~ '^raw_events_[0-9]{8}$'",
            &[],
        )
        .unwrap()
        .get(0);
    assert_eq!(opened, 2, "opened partitions for two days");
}
