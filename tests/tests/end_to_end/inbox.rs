//! A large inbox, which is processed in parts within one transaction: many rows, many new days, and concurrent writers.

use std::time::Duration;

use postgres::Client;

use musicstream_tests::batch::{Outcome, event_id, outcome, staging};
use musicstream_tests::cluster::Cluster;
use musicstream_tests::database::{Database, connect, process_of, value, waits_for};
use musicstream_tests::oracle::{assert_metrics_equal_raw, roll_up};
use musicstream_tests::stored::event_count;
use musicstream_tests::wait::until;

const TIMEOUT: Duration = Duration::from_secs(120);

/// More rows than one part.
const MANY: i64 = 130_000;

/// Inserts events with ids descending from `MANY` into the inbox, so that the last row has the lowest id.
fn fill(client: &mut Client) {
    client
        .execute(
            &format!(
                "insert into staging_events (event_id, user_id, event_type, region, ts)
                 select {}, 'u' || n % 1000, 'play', 'eu', '2026-03-01T12:00:00Z' from generate_series({MANY}, 1, -1) as n",
                event_id("n") + "::text"
            ),
            &[],
        )
        .unwrap();
}

/// Stores one batch in the open transaction of a session.
fn upsert(client: &mut Client, values: &str) {
    client.batch_execute(&staging(values)).unwrap();
    client
        .execute("select musicstream_upsert_batch('kafka:a/t')", &[])
        .unwrap();
    client
        .batch_execute("truncate pg_temp.staging_batch")
        .unwrap();
}

/// Starts a rollup, waits until it is blocked by `writer`, then stores `then` as the writer and commits. Neither may be the
/// victim of a deadlock.
fn run_concurrently(database: &Database, writer: &mut Client, then: &str) {
    let mut admin = database.client();
    let mut roller = connect(&database.ingest_url());
    let pids: (i32, i32) = (process_of(writer), process_of(&mut roller));
    std::thread::scope(|scope| {
        let rollup = scope.spawn(move || roller.execute("select musicstream_rollup()", &[]));
        until(TIMEOUT, "the rollup to wait for the writer", || {
            assert!(!rollup.is_finished(), "the rollup did not wait");
            waits_for(&mut admin, pids.1, pids.0).then_some(())
        });
        upsert(writer, then);
        writer.batch_execute("commit").unwrap();
        rollup.join().unwrap().unwrap();
    });
    roll_up(&mut admin);
    assert_metrics_equal_raw(&mut admin);
    let left: i64 = value(&mut admin, "select count(*) from staging_events", &[]);
    assert_eq!(left, 0, "the inbox is empty");
}

/// The writer stores the lowest id, which is the last row of the inbox, and then a high one.
#[test]
pub(crate) fn a_rollup_of_a_large_inbox_locks_events_in_the_order_of_all_writers() {
    let database = Database::create();
    let mut admin = database.client();
    fill(&mut admin);
    let mut writer = connect(&database.inside_url());
    writer.batch_execute("begin").unwrap();
    upsert(
        &mut writer,
        "(0, 1, 1, 'u1', 'play', 'eu', '2026-03-01T12:00:00Z')",
    );
    let high = format!("(0, 2, {MANY}, 'x', 'play', 'eu', '2026-03-01T12:00:00Z')");
    run_concurrently(&database, &mut writer, &high);
    let stored = event_count(&mut admin);
    assert_eq!(stored, MANY);
    let conflicts: i64 = value(&mut admin, "select count(*) from rejected_events", &[]);
    assert_eq!(
        conflicts, 1,
        "the high id was stored first with another user"
    );
}

/// The writer creates a partition, for which the rollup must wait, and then stores an event that the inbox also has.
#[test]
pub(crate) fn a_rollup_of_a_large_inbox_creates_partitions_before_it_stores_events() {
    let database = Database::create();
    let mut admin = database.client();
    admin
        .execute(
            "select musicstream_make_partitions(array[date '2026-03-01'])",
            &[],
        )
        .unwrap();
    fill(&mut admin);
    admin
        .batch_execute("insert into staging_events values (gen_random_uuid()::text, 'u', 'play', 'eu', '2026-03-05T12:00:00Z')")
        .unwrap();
    let mut writer = connect(&database.inside_url());
    writer.batch_execute("begin").unwrap();
    upsert(
        &mut writer,
        &format!(
            "(0, 1, {}, 'u', 'play', 'eu', '2026-03-04T12:00:00Z')",
            MANY + 1
        ),
    );
    let high = format!("(0, 2, {MANY}, 'u0', 'play', 'eu', '2026-03-01T12:00:00Z')");
    run_concurrently(&database, &mut writer, &high);
    let stored = event_count(&mut admin);
    assert_eq!(stored, MANY + 2);
}

/// Each new partition takes entries of the lock table, so a call creates a hundred partitions and leaves the other rows.
#[test]
fn an_inbox_with_many_new_days_is_stored_in_several_calls() {
    let database = Database::create();
    let mut admin = database.client();
    admin
        .batch_execute(
            "insert into staging_events
             select gen_random_uuid()::text, 'u', 'play', 'eu', (timestamp '2025-02-01 12:34:56.789012' + day * interval '1 day')::text,
                'song', null
             from generate_series(0, 349) as day, generate_series(1, 2);
             insert into staging_events values ('x', 'u', 'play', 'eu', '2026-03-01 12:00:00')",
        )
        .unwrap();
    let mut staged = Vec::new();
    until(TIMEOUT, "the inbox to be empty", || {
        let row = admin
            .query_one("select staged, inserted from musicstream_rollup()", &[])
            .unwrap();
        staged.push((row.get::<_, i64>(0), row.get::<_, i64>(1)));
        (staged.last() == Some(&(0, 0))).then_some(())
    });
    let expected = vec![(201, 200), (200, 200), (200, 200), (100, 100), (0, 0)];
    assert_eq!(staged, expected);
    assert_metrics_equal_raw(&mut admin);
    let row = admin
        .query_one(
            "select count(*), count(distinct (ts at time zone 'UTC')::date), min(ts)::text, max(song_id), count(device)
             from raw_events",
            &[],
        )
        .unwrap();
    let stored: (i64, i64, String, String, i64) =
        (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4));
    let first = "2025-02-01 12:34:56.789012+00".to_owned();
    assert_eq!(stored, (700, 350, first, "song".to_owned(), 0));
}

/// A call also creates the partition of a coming day whose events it rejects, and that day counts towards the hundred.
#[test]
fn a_large_inbox_with_many_new_days_and_a_future_one_is_stored_in_several_calls() {
    let database = Database::create();
    let mut admin = database.client();
    admin
        .execute(
            &format!(
                "insert into staging_events (event_id, user_id, event_type, region, ts)
                 select {}, 'u', 'play', 'eu', to_char((now() at time zone 'UTC')::date - v.days_ago, 'YYYY-MM-DD\"T12:00:00Z\"')
                 from (
                    select n, n as days_ago from generate_series(1, 100) as n
                    union all values (101, -2)
                    union all select 1, 1 from generate_series(1, 100000)
                 ) as v (n, days_ago)",
                event_id("v.n") + "::text"
            ),
            &[],
        )
        .unwrap();
    for expected in [
        outcome(100_100, 99, 100_000, 0, 1),
        outcome(1, 1, 0, 0, 0),
        outcome(0, 0, 0, 0, 0),
    ] {
        let row = admin
            .query_one("select * from musicstream_upsert()", &[])
            .unwrap();
        assert_eq!(Outcome::of(&row), expected);
    }
    assert_metrics_equal_raw(&mut admin);
}

/// They have no event_id, so slices do not divide them, and they are rejected by one statement that keeps none in memory.
#[test]
fn invalid_rows_of_a_large_inbox_are_rejected() {
    let database = Database::create();
    let mut admin = database.client();
    admin
        .batch_execute(&format!(
            "insert into staging_events (event_id, user_id, event_type, region, ts)
             select {}, 'u', 'play', 'eu', case when n % 13001 = 1 then '2026-03-01T12:00:00Z' else 'x' end
             from generate_series(1, {}) as n",
            event_id("n") + "::text",
            MANY + 10
        ))
        .unwrap();
    for expected in [outcome(130_010, 10, 0, 0, 130_000), outcome(0, 0, 0, 0, 0)] {
        let row = admin
            .query_one("select * from musicstream_upsert()", &[])
            .unwrap();
        assert_eq!(Outcome::of(&row), expected);
    }
    let row = admin
        .query_one(
            "select
                (select count(*) from staging_events),
                (select count(distinct position) from rejected_events),
                (select rejected_by_reason::text from musicstream_status),
                (select string_agg(distinct concat_ws(' ', source, partition, detail), ', ') from rejected_events),
                (select convert_from(payload, 'utf8') from rejected_events order by rejected_id limit 1)",
            &[],
        )
        .unwrap();
    let kept: (i64, i64, String, String, String) =
        (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4));
    let (detail, first) = (kept.3, kept.4);
    assert_eq!(
        (kept.0, kept.1, kept.2.as_str()),
        (0, MANY, r#"{"invalid_ts": 130000}"#)
    );
    assert!(detail.starts_with("staging_events 0 ts "), "{detail}");
    assert!(
        first.contains("00000002"),
        "in the order of the inbox: {first}"
    );
    assert_metrics_equal_raw(&mut admin);
}

#[test]
fn a_batch_with_too_many_new_days_is_refused_with_a_hint() {
    let database = Database::create();
    let mut client = connect(&database.ingest_url());
    let batch = |client: &mut Client| {
        let mut transaction = client.transaction()?;
        transaction.execute("select musicstream_session_staging()", &[])?;
        transaction.execute(
            "insert into pg_temp.staging_batch (partition, position, event_id, user_id, event_type, region, ts)
             select 0, day, gen_random_uuid(), 'u', 'play', 'eu', timestamptz '2025-06-01T12:00Z' + day * interval '24 hours'
             from generate_series(0, 249) as day",
            &[],
        )?;
        transaction.execute("select musicstream_upsert_batch('test:days')", &[])?;
        transaction.commit()
    };
    let error = batch(&mut client).expect_err("the batch has too many days");
    let error = error.as_db_error().unwrap();
    assert_eq!(error.code().code(), "54000", "{error:?}");
    assert!(
        error
            .hint()
            .unwrap()
            .contains("musicstream_make_partitions()"),
        "{error:?}"
    );
    for first in [0, 100, 200] {
        client
            .execute(
                "select musicstream_make_partitions(array(
                    select date '2025-06-01' + n from generate_series($1::int, $1 + 99) as n
                ))",
                &[&first],
            )
            .unwrap();
    }
    batch(&mut client).unwrap();
    assert_metrics_equal_raw(&mut database.client());
}

/// Times as `ts::text`, in sessions with any time zone.
#[test]
pub(crate) fn times_in_postgres_format_are_accepted() {
    let database = Database::create();
    let mut admin = database.client();
    let times = [
        ("UTC", "2026-03-01 10:00:00Z"),
        ("Asia/Kathmandu", "2026-03-01 10:00:00.5Z"),
        ("America/New_York", "2026-03-01 10:00:00.000001Z"),
        ("Asia/Kolkata", "2026-02-28 23:59:59.999999Z"),
    ];
    for (zone, time) in times {
        admin
            .batch_execute(&format!(
                "set timezone = '{zone}';
                 insert into staging_events (event_id, user_id, event_type, region, ts)
                 select gen_random_uuid(), 'u', 'play', 'eu', timestamptz '{time}'::text"
            ))
            .unwrap();
    }
    roll_up(&mut admin);
    let expected: Vec<String> = times.iter().map(|(_, time)| format!("'{time}'")).collect();
    let differences: i64 = value(
        &mut admin,
        &format!(
            "select count(*) from raw_events as r
             full join unnest(array[{}]::timestamptz[]) as t (ts) on r.ts = t.ts
             where r.ts is null or t.ts is null",
            expected.join(", ")
        ),
        &[],
    );
    let rejected: i64 = value(&mut admin, "select count(*) from rejected_events", &[]);
    assert_eq!((differences, rejected), (0, 0));
}

/// Number of rows that this transaction has inserted into partitions, including attempts that were rolled back.
const ATTEMPTED: &str = "select coalesce(sum(n_tup_ins), 0)::bigint from pg_stat_xact_user_tables where relname like 'raw\\_events\\_%'";

/// pg_cron runs each rollup in a new session without a history of failures. Rows are inserted in the order of their ids, and
/// the duplicate has the last one.
#[test]
fn a_duplicate_in_the_inbox_leaves_no_dead_rows() {
    let database = Database::create();
    for run in 0..5_i64 {
        let mut client = connect(&database.inside_url());
        let mut transaction = client.transaction().unwrap();
        transaction
            .execute(
                &format!(
                    "insert into staging_events (event_id, user_id, event_type, region, ts)
                     select {}, 'u', 'play', 'eu', '2026-03-01T12:00:00Z'
                     from (select generate_series((4 - $1::bigint) * 2000 + 1, (4 - $1::bigint) * 2000 + 2000)
                        union all select 10000 where $1::bigint > 0) as v (n)",
                    event_id("n") + "::text"
                ),
                &[&run],
            )
            .unwrap();
        let row = transaction
            .query_one("select inserted, duplicate from musicstream_rollup()", &[])
            .unwrap();
        let outcome: (i64, i64) = (row.get(0), row.get(1));
        assert_eq!(outcome, (2000, i64::from(run > 0)), "run {run}");
        let attempted: i64 = transaction.query_one(ATTEMPTED, &[]).unwrap().get(0);
        assert_eq!(attempted, 2000, "run {run}");
        transaction.commit().unwrap();
    }
    assert_metrics_equal_raw(&mut database.client());
}

/// Retried events may have been stored meanwhile.
#[test]
fn a_duplicate_among_rejected_events_leaves_no_dead_rows() {
    let database = Database::create();
    let mut admin = database.client();
    admin
        .batch_execute(&format!(
            "insert into staging_events (event_id, user_id, event_type, region, ts)
             select {0}, 'u', 'rewind', 'eu', '2026-03-01T12:00:00Z' from generate_series(1, 1000) as n;
             select musicstream_rollup();
             insert into event_types values ('rewind');
             insert into staging_events (event_id, user_id, event_type, region, ts)
             select {0}, 'u', 'rewind', 'eu', '2026-03-01T12:00:00Z' from generate_series(500, 500) as n;
             select musicstream_rollup()",
            event_id("n") + "::text"
        ))
        .unwrap();
    let mut client = connect(&database.inside_url());
    let mut transaction = client.transaction().unwrap();
    let row = transaction
        .query_one(
            "select inserted, duplicate from musicstream_retry_rejected()",
            &[],
        )
        .unwrap();
    let outcome: (i64, i64) = (row.get(0), row.get(1));
    assert_eq!(outcome, (999, 1));
    let attempted: i64 = transaction.query_one(ATTEMPTED, &[]).unwrap().get(0);
    assert_eq!(attempted, 999);
    transaction.commit().unwrap();
    assert_metrics_equal_raw(&mut admin);
}

/// Synchronized scans of a table that is large for the server's memory begin at the position of another scan. Two upserts that
/// began at different pages of the inbox would wait for one another's rows.
#[test]
fn two_upserts_of_a_large_inbox_do_not_wait_for_one_another() {
    const ROWS: i64 = 20_000;
    let cluster = Cluster::start("shared_buffers = '2MB'");
    let database = Database::create_in(&cluster.url(), "");
    let mut admin = database.client();
    admin
        .execute(
            "insert into staging_events (event_id, user_id, event_type, region, ts)
             select gen_random_uuid(), 'u', 'play', 'eu', '2026-03-01T12:00:00Z' from generate_series(1, $1::bigint)",
            &[&ROWS],
        )
        .unwrap();
    admin
        .batch_execute("vacuum analyze staging_events")
        .unwrap();
    let pages: i64 = value(
        &mut admin,
        "select relpages::bigint from pg_class where relname = 'staging_events'",
        &[],
    );
    assert!(
        pages > 128,
        "{pages} pages are too few for synchronized scans"
    );
    // The first upsert stops at this row.
    let mut holder = database.client();
    holder
        .batch_execute(&format!(
            "begin; select from staging_events where ctid = '({},1)' for update",
            pages / 3
        ))
        .unwrap();
    let upsert = |client: &mut Client| -> Result<i64, postgres::Error> {
        let row = client.query_one("select staged from musicstream_upsert()", &[])?;
        Ok(row.get(0))
    };
    let mut sessions = [database.client(), database.client()];
    let [first, second] = &mut sessions;
    let pids = [&mut holder, &mut *first, &mut *second].map(process_of);
    let mut await_blocked = |by: i32, blocked: i32| {
        until(TIMEOUT, "an upsert to wait", || {
            waits_for(&mut admin, blocked, by).then_some(())
        });
    };
    let staged = std::thread::scope(|scope| {
        let first = scope.spawn(|| upsert(first));
        await_blocked(pids[0], pids[1]);
        // A scan that begins at the first one's position and moves the position for the next scan past it.
        database
            .client()
            .query("select from staging_events limit $1", &[&(ROWS / 3)])
            .unwrap();
        let second = scope.spawn(|| upsert(second));
        await_blocked(pids[1], pids[2]);
        holder.batch_execute("rollback").unwrap();
        [first, second].map(|upsert| upsert.join().unwrap())
    });
    let staged = staged.map(|staged| staged.expect("no upsert is the victim of a deadlock"));
    assert_eq!(staged, [ROWS, 0], "the first upsert took all rows");
    assert_metrics_equal_raw(&mut database.client());
}

/// A look-up of partitions takes longer the more days it is for, so one for each day would be quadratic.
#[test]
fn an_inbox_with_many_days_looks_up_partitions_as_often_as_one_with_few() {
    let database = Database::create();
    database
        .client()
        .batch_execute(
            "select musicstream_make_partitions(array(select date '2026-03-01' - n from generate_series(0, 59) as n))",
        )
        .unwrap();
    let lookups = |days: i32| -> i64 {
        // A session of its own, because the view also counts calls of transactions before that are not yet reported.
        let mut client = database.client();
        let mut transaction = client.transaction().unwrap();
        transaction
            .batch_execute("set local track_functions = 'all'")
            .unwrap();
        transaction
            .execute(
                "insert into staging_events (event_id, user_id, event_type, region, ts)
                 select gen_random_uuid(), 'u', 'play', 'eu', (date '2026-03-01' - n) || 'T00:00:00Z'
                 from generate_series(0, $1 - 1) as n",
                &[&days],
            )
            .unwrap();
        let inserted: i64 = transaction
            .query_one("select inserted from musicstream_upsert()", &[])
            .unwrap()
            .get(0);
        assert_eq!(inserted, i64::from(days));
        let calls = "select calls from pg_stat_xact_user_functions where funcname = 'days_without_partition'";
        transaction.query_one(calls, &[]).unwrap().get(0)
    };
    assert_eq!(lookups(60), lookups(2));
}
