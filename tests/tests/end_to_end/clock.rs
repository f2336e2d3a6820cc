//! Wrong clocks, by decades or hours, and the partitions that their events may create.

use std::time::Duration;

use postgres::Client;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use musicstream_tests::batch::session;
use musicstream_tests::database::{Database, value};
use musicstream_tests::oracle::{assert_metrics_equal_raw, roll_up};
use musicstream_tests::pipeline::{load, stream, stream_to_end};
use musicstream_tests::process::{Program, ingestor, run};
use musicstream_tests::stored::{event_count, wait_for_events};
use musicstream_tests::topic::{Record, Topic};

const TIMEOUT: Duration = Duration::from_secs(180);

/// Stores events with these distances from now in seconds. Returns the numbers of inserted and rejected events.
fn store_at(client: &mut Client, source_partition: i32, distances_s: &[f64]) -> (i64, i64) {
    let mut batch = client.transaction().unwrap();
    batch
        .execute(
            "insert into pg_temp.staging_batch (partition, position, event_id, user_id, event_type, region, ts)
             select $1, (extract(epoch from clock_timestamp()) * 1000000)::bigint + n, gen_random_uuid(), 'u', 'play', 'eu',
                now() + make_interval(secs => distance)
             from unnest($2::float8[]) with ordinality as given (distance, n)",
            &[&source_partition, &distances_s],
        )
        .unwrap();
    let row = batch
        .query_one(
            "select inserted, rejected from musicstream_upsert_batch('test:clock')",
            &[],
        )
        .unwrap();
    batch.commit().unwrap();
    (row.get(0), row.get(1))
}

/// The lag of the watermark behind the server's clock, in seconds.
fn watermark_lag_s(client: &mut Client) -> Option<f64> {
    value(
        client,
        "select extract(epoch from clock_timestamp() - watermark)::float8 from musicstream_status",
        &[],
    )
}

fn partitions(client: &mut Client) -> i64 {
    value(
        client,
        "select count(*) from pg_inherits where inhparent = 'raw_events'::regclass",
        &[],
    )
}

/// The default of `musicstream.lateness`.
const LATENESS_S: f64 = 3600.0;
const YEAR_S: f64 = 365.25 * 86_400.0;
const HOUR_S: f64 = 3600.0;

#[test]
fn an_event_from_1970_and_one_ten_years_ahead_change_nothing() {
    let database = Database::create();
    let mut admin = database.client();
    let mut client = session(&database);
    assert_eq!(store_at(&mut client, 0, &[-60.0; 10]), (10, 0));
    roll_up(&mut admin);
    let before: (i64, f64) = (
        partitions(&mut admin),
        watermark_lag_s(&mut admin).expect("a watermark"),
    );
    assert!(before.1 >= LATENESS_S + 60.0, "{before:?}");

    let since_1970 = value::<f64>(&mut admin, "select extract(epoch from now())::float8", &[]);
    let outcome = store_at(&mut client, 0, &[10.0 * YEAR_S, -since_1970 + 1.0]);
    assert_eq!(outcome, (0, 2));
    roll_up(&mut admin);
    assert_eq!(
        partitions(&mut admin),
        before.0,
        "no partitions are created"
    );
    let lag = watermark_lag_s(&mut admin).unwrap();
    assert!(
        lag >= before.1,
        "the watermark was {before:?} behind, and is {lag}"
    );
    let reasons: String = value(
        &mut admin,
        "select string_agg(reason, ' ' order by reason) from rejected_events",
        &[],
    );
    assert_eq!(reasons, "too_far_in_future too_old");

    // At the limits: accepted events are stored, and do not move the watermark either.
    let outcome = store_at(
        &mut client,
        0,
        &[23.9 * HOUR_S, 24.1 * HOUR_S, -4.9 * YEAR_S],
    );
    assert_eq!(outcome, (2, 1));
    roll_up(&mut admin);
    let lag = watermark_lag_s(&mut admin).unwrap();
    assert!(
        lag >= before.1,
        "the watermark was {before:?} behind, and is {lag}"
    );
    assert!(partitions(&mut admin) <= before.0 + 2);
    assert_metrics_equal_raw(&mut admin);
}

/// A live stream of several partitions in which one clock in a hundred is wrong by up to a day.
#[test]
fn one_wrong_clock_in_a_hundred_does_not_move_the_watermark() {
    let seed: u64 = rand::random::<u32>().into();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let database = Database::create();
    let mut admin = database.client();
    let mut client = session(&database);
    let mut all = 0;
    for batch in 0..12 {
        let distances: Vec<f64> = (0..500)
            .map(|number| {
                if number % 100 == 50 {
                    random.random_range(-23.0 * HOUR_S..23.0 * HOUR_S)
                } else {
                    random.random_range(-30.0..-1.0)
                }
            })
            .collect();
        let (inserted, rejected) = store_at(&mut client, batch % 3, &distances);
        assert_eq!((inserted, rejected), (500, 0));
        all += inserted;
        roll_up(&mut admin);
        let lag = watermark_lag_s(&mut admin).expect("a watermark");
        assert!(
            lag >= LATENESS_S,
            "batch {batch}: the watermark is ahead: {lag} s behind"
        );
        // An upper bound for the duration of this test's statements.
        assert!(
            lag <= LATENESS_S + TIMEOUT.as_secs_f64(),
            "batch {batch}: {lag} s behind"
        );
    }
    let finals: i64 = value(
        &mut admin,
        "select count(*) from live_daily_metrics where is_final and day >= (now() at time zone 'UTC' - interval '1 hour')::date",
        &[],
    );
    assert_eq!(finals, 0, "the current day is not final");
    // Yesterday, today, tomorrow, and the days that a rollup creates ahead.
    let partitions = partitions(&mut admin);
    assert!(partitions <= 6, "{partitions} partitions");
    assert_eq!(event_count(&mut admin), all);
    assert_metrics_equal_raw(&mut admin);
}

#[test]
fn a_caller_cannot_create_unlimited_partitions() {
    let database = Database::create();
    let mut admin = database.client();
    let mut client = session(&database);
    for days in [
        "select date '1970-01-01' + n from generate_series(0, 11687) as n",
        "select (now() at time zone 'UTC')::date + n from generate_series(4, 20000) as n",
        "select date '9999-12-31' - n from generate_series(0, 1000) as n",
    ] {
        let made: i32 = value(
            &mut client,
            &format!("select musicstream_make_partitions(array({days}))"),
            &[],
        );
        assert_eq!(made, 0, "{days}");
    }
    let edges =
        "select musicstream_make_partitions(array[now()::date - 7, 'infinity', '-infinity', null])";
    let _ = client.execute(edges, &[]); // refused or ignored: infinite days have no partitions
    let partitions = partitions(&mut admin);
    assert!(partitions <= 1, "{partitions} partitions");
}

/// Rollups create partitions up to `musicstream.premake`, although events of those days are not accepted yet.
#[test]
fn rollups_create_partitions_some_days_ahead() {
    let database = Database::create();
    let mut admin = database.client();
    let mut client = session(&database);
    for (premake, days) in [("", 4), ("'0'", 1), ("'1d'", 2), ("'6d'", 7)] {
        admin
            .batch_execute(
                "do $$ declare leaf regclass; begin
                    for leaf in select l.leaf from musicstream_leaves() as l loop execute format('drop table %s', leaf); end loop;
                end $$",
            )
            .unwrap();
        if !premake.is_empty() {
            admin
                .batch_execute(&format!("set musicstream.premake = {premake}"))
                .unwrap();
        }
        roll_up(&mut admin);
        let made: i64 = value(
            &mut admin,
            "select count(*) from musicstream_leaves() where day >= (now() at time zone 'UTC')::date",
            &[],
        );
        assert_eq!(
            (made, partitions(&mut admin)),
            (days, days),
            "premake {premake}"
        );
    }
    let last: bool = value(
        &mut admin,
        "select max(day) = (now() at time zone 'UTC')::date + 6 from musicstream_leaves()",
        &[],
    );
    assert!(last, "the partitions are those of the next days");
    let outcome = store_at(&mut client, 0, &[30.0 * HOUR_S]);
    assert_eq!(
        outcome,
        (0, 1),
        "an event beyond max_future is still rejected"
    );
}

/// One call creates at most a hundred partitions.
#[test]
fn rollups_create_more_than_a_hundred_partitions_ahead_one_after_another() {
    let database = Database::create();
    let mut admin = database.client();
    admin
        .batch_execute("set musicstream.premake = '101d'")
        .unwrap();
    roll_up(&mut admin);
    assert_eq!(partitions(&mut admin), 100, "after the first rollup");
    roll_up(&mut admin);
    let ends: bool = value(
        &mut admin,
        "select max(day) = (now() at time zone 'UTC')::date + 101 and max(day) - min(day) = count(*) - 1 from musicstream_leaves()",
        &[],
    );
    assert!(ends, "the second rollup creates the rest, without a gap");
}

/// The limit applies to every continuous input, and not to a load of files.
#[test]
fn wrong_clocks_create_a_limited_number_of_partitions() {
    let database = Database::create();
    let mut admin = database.client();
    let default = "select boot_val from pg_settings where name = 'musicstream.max_new_days'";
    admin.batch_execute("select idle_after()").unwrap();
    assert_eq!(value::<String>(&mut admin, default, &[]), "1000");
    database.set("musicstream.max_new_days", "30");
    let mut admin = database.client();
    let mut client = session(&database);
    let days = |first: i64, count: i64| -> Vec<f64> {
        (first..first + count)
            .map(|day| -(400 + day * 17) as f64 * 86_400.0)
            .collect()
    };
    let past =
        "select count(*) from musicstream_leaves() where day < (now() at time zone 'UTC')::date";
    assert_eq!(store_at(&mut client, 0, &days(0, 20)), (20, 0));
    // The newest days within the limit are created; existing and current days are not limited.
    let more = [days(0, 40), vec![-1.0; 5]].concat();
    assert_eq!(store_at(&mut client, 0, &more), (35, 10));
    roll_up(&mut admin);
    assert_eq!(value::<i64>(&mut admin, past, &[]), 30);

    client
        .batch_execute(
            "insert into staging_events (event_id, user_id, event_type, region, ts)
             select gen_random_uuid()::text, 'u', 'play', 'eu', (now() - make_interval(days => 2000 + day))::text
             from generate_series(1, 40) as day;
             select musicstream_rollup()",
        )
        .unwrap();
    assert_eq!(value::<i64>(&mut admin, past, &[]), 30);
    let topic = Topic::create("clock", 1);
    let event = |number: i32| {
        // Earlier than the days above.
        let (year, month) = (2003 + number / 2, 3 + number % 2);
        format!(
            r#"{{"event_id":"{:032x}","user_id":"canary","event_type":"play","region":"eu","ts":"{year}-0{month}-01T12:00:00Z"}}"#,
            0xc10c_0000_u32 + number as u32
        )
    };
    topic.send(
        (0..20)
            .map(|number| Record::new(0, event(number)))
            .collect(),
    );
    assert_eq!(stream_to_end(&database, &topic).rejected, 20);
    assert_eq!(value::<i64>(&mut admin, past, &[]), 30);
    let reasons = "select string_agg(distinct reason || ': ' || regexp_replace(detail, '^[-0-9]+', 'DAY'), '|') from rejected_events";
    assert_eq!(
        value::<String>(&mut admin, reasons, &[]),
        "too_many_new_days: DAY has no partition: musicstream.max_new_days allows events to make partitions of 30 past days in 24 hours"
    );

    // After a day the limit allows new partitions.
    admin
        .batch_execute("update new_days set made_at = made_at - interval '25 hours'")
        .unwrap();
    assert_eq!(store_at(&mut client, 0, &days(100, 40)), (30, 10));
    assert_eq!(value::<i64>(&mut admin, past, &[]), 60);
    // Explicitly requested days are not limited.
    let file = tempfile::NamedTempFile::with_suffix(".ndjson").unwrap();
    let lines: Vec<_> = (0..20).map(event).collect();
    std::fs::write(file.path(), lines.join("\n")).unwrap();
    assert_eq!(load(&database, file.path()).inserted, 20);
    assert_eq!(value::<i64>(&mut admin, past, &[]), 80);
    roll_up(&mut admin);
    assert_metrics_equal_raw(&mut admin);
}

/// More days than one upsert can create partitions for, which the session of the stream has asked for before.
#[test]
fn a_stream_stores_refused_days_once_the_limit_allows_them() {
    const DAYS: &str = "select array_agg((date '2010-01-01' + n)::text order by n) from generate_series(0, 299) as n";
    const PARTITIONS: &str = "select array_agg(day::text order by day) from musicstream_leaves() where day < '2011-01-01'";
    const REFUSED: &str = "select count(*) from rejected_events where reason = 'too_many_new_days'";
    let database = Database::create();
    let mut admin = database.client();
    database.set("musicstream.max_new_days", "150");
    let days: Vec<String> = value(&mut admin, DAYS, &[]);
    let (oldest, newest) = days.split_at(150);
    let topic = Topic::create("refused_days", 1);
    let send = |first_id: usize, days: &[String]| {
        let events = days.iter().enumerate().map(|(number, day)| {
            let id = first_id + number;
            format!(
                r#"{{"event_id":"{id:032x}","user_id":"canary","event_type":"play","region":"eu","ts":"{day}T12:00:00Z"}}"#
            )
        });
        topic.send(events.map(|event| Record::new(0, event)).collect());
    };
    // All records that are sent at once are one batch, which is sent when it is full.
    let mut program = Program::start(
        stream(&database, &topic)
            .args(["--group", topic.name(), "--writers", "1"])
            .args(["--batch-rows", "300", "--max-latency", "60s"])
            .args(["--max-reject-ratio", "1"]),
    );
    send(0, &days);
    wait_for_events(TIMEOUT, &mut admin, 150);
    assert_eq!(value::<i64>(&mut admin, REFUSED, &[]), 150);
    let made: Vec<String> = value(&mut admin, PARTITIONS, &[]);
    assert_eq!(made, newest, "the newest days are created");

    admin
        .batch_execute("update new_days set made_at = made_at - interval '25 hours'")
        .unwrap();
    send(300, &[oldest, oldest].concat());
    wait_for_events(TIMEOUT, &mut admin, 450);
    assert_eq!(value::<i64>(&mut admin, REFUSED, &[]), 150);
    assert!(program.is_running());
    program.terminate();
    program.finish(TIMEOUT).with_code(0);
    assert_metrics_equal_raw(&mut admin);
}

/// Partitions do not count towards the limit until the time that the server's clock showed before it was set back.
#[test]
fn partitions_created_in_the_future_do_not_count_towards_the_limit() {
    let database = Database::create();
    let mut admin = database.client();
    database.set("musicstream.max_new_days", "1");
    let mut client = session(&database);
    let days_ago = |days: f64| -days * 24.0 * HOUR_S;
    assert_eq!(store_at(&mut client, 0, &[days_ago(400.0)]), (1, 0));
    assert_eq!(store_at(&mut client, 0, &[days_ago(500.0)]), (0, 1));
    admin
        .batch_execute("update new_days set made_at = now() + interval '1 year'")
        .unwrap();
    assert_eq!(store_at(&mut client, 0, &[days_ago(500.0)]), (1, 0));
    assert_eq!(store_at(&mut client, 0, &[days_ago(600.0)]), (0, 1));
    assert_metrics_equal_raw(&mut admin);
}

/// Public logs of plays begin in 2005; no service has events before 2002.
#[test]
fn an_archive_since_2002_is_loaded() {
    let database = Database::create();
    let mut admin = database.client();
    let file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    let mut rows = "event_id,user_id,event_type,region,ts\n".to_owned();
    for (number, time) in [
        "2001-12-31T23:59:59.999999Z",
        "2002-01-01T00:00:00Z",
        "2005-02-14T00:00:07Z",
        "2015-06-01T12:00:00Z",
        "2018-12-31T23:59:59Z",
    ]
    .iter()
    .enumerate()
    {
        rows += &format!("{number:032x},canary,play,eu,{time}\n");
    }
    std::fs::write(file.path(), rows).unwrap();
    let summary = load(&database, file.path());
    assert_eq!((summary.inserted, summary.rejected), (4, 1));
    let detail =
        "select reason || ': ' || substring(detail from 'ts is before.*') from rejected_events";
    assert_eq!(
        value::<String>(&mut admin, detail, &[]),
        "too_old: ts is before 2002-01-01T00:00:00Z, the limit that musicstream.retention sets"
    );
    assert_metrics_equal_raw(&mut admin);
}

/// If a whole load is rejected for one reason, the summary names it and the remedy.
#[test]
fn a_load_that_is_rejected_for_one_reason_says_what_to_do() {
    let database = Database::create();
    for (times, event_type, reason, cure) in [
        ("1999", "play", "too_old", "musicstream.retention"),
        (
            "2126",
            "play",
            "too_far_in_future",
            "musicstream.max_future",
        ),
        (
            "2026",
            "listen",
            "unknown_event_type",
            "insert into event_types",
        ),
    ] {
        let file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
        let mut rows = "event_id,user_id,event_type,region,ts\n".to_owned();
        for number in 0..9 {
            let year = if number < 2 { "2026" } else { times };
            let event_type = if number < 2 { "play" } else { event_type };
            rows +=
                &format!("{number:026x}{times}00,canary,{event_type},eu,{year}-03-01T12:00:00Z\n");
        }
        std::fs::write(file.path(), rows).unwrap();
        let load = |output: &str| {
            run(
                ingestor(&database)
                    .args(["load", "--output", output])
                    .arg(file.path()),
                TIMEOUT,
            )
            .with_code(0)
        };
        let json = load("json").json();
        assert_eq!(json["reasons"][reason], 7, "{json}");
        let advice = json["advice"].as_str().unwrap_or_default();
        assert!(
            advice.starts_with(&format!("7 of 9 were rejected as {reason}: "))
                && advice.contains(cure),
            "{advice}"
        );
        // A repeated load reads nothing and prints no advice.
        assert_eq!(load("text").stdout.lines().count(), 1);
        let dry = run(
            ingestor(&database)
                .args(["load", "--dry-run"])
                .arg(file.path()),
            TIMEOUT,
        );
        assert!(!dry.with_code(0).stdout.contains("were rejected as"));
    }
    let file = tempfile::NamedTempFile::with_suffix(".ndjson").unwrap();
    std::fs::write(file.path(), "{}\n{}\n{}\n").unwrap();
    let text = run(ingestor(&database).arg("load").arg(file.path()), TIMEOUT)
        .with_code(0)
        .stdout;
    let second = text.lines().nth(1).unwrap_or_default();
    assert!(
        second.starts_with("3 of 3 were rejected as missing_field: "),
        "{text}"
    );
}
