//! The end of a stream: released partitions and those with unread records, batches in flight, interrupted runs.

use std::io::Write as _;
use std::time::Duration;

use musicstream_tests::csv;
use musicstream_tests::database::{Database, value};
use musicstream_tests::http::{address, figure};
use musicstream_tests::pipeline::{load, stream, stream_to_end};
use musicstream_tests::process::{Program, ingestor, program, run};
use musicstream_tests::proxy::Proxy;
use musicstream_tests::stored::{event_count, wait_for_events};
use musicstream_tests::topic::{Record, Topic};
use musicstream_tests::wait::until;

const TIMEOUT: Duration = Duration::from_secs(60);
const RELEASED: &str =
    "select count(*) from ingest_offsets where owner is null and released_at is not null";

fn events(ids: std::ops::Range<i32>) -> Vec<Record> {
    ids.map(|id| Record::play(id % 2, id)).collect()
}

#[test]
fn a_stream_that_ends_releases_its_partitions() {
    let topic = Topic::create("released", 2);
    let database = Database::create();
    let mut client = database.client();
    let stored = "select count(*) from raw_events";
    topic.send(events(0..10));
    stream_to_end(&database, &topic);
    assert_eq!(value::<i64>(&mut client, RELEASED, &[]), 2, "at the end");

    let program = Program::start(stream(&database, &topic).args(["--group", topic.name()]));
    topic.send(events(10..20));
    until(TIMEOUT, "the events to be stored", || {
        (value::<i64>(&mut client, stored, &[]) == 20).then_some(())
    });
    assert_eq!(value::<i64>(&mut client, RELEASED, &[]), 0, "while it runs");
    program.terminate();
    program.finish(TIMEOUT).with_code(0);
    assert_eq!(value::<i64>(&mut client, RELEASED, &[]), 2, "when stopped");

    let status = run(
        ingestor(&database).args(["status", "--output", "json", "--topic", topic.name()]),
        TIMEOUT,
    )
    .with_code(0)
    .json();
    for line in status["partitions"].as_array().unwrap() {
        assert!(line["owner"].is_null(), "{status}");
    }
    // The released source does not delay the watermark of a later one.
    let later = Topic::create("later", 1);
    let event = r#"{"event_id":"ffffffffffffffffffffffffffffffff","user_id":"u","event_type":"play","region":"eu","ts":"2026-05-01T00:00:00Z"}"#;
    let program = Program::start(stream(&database, &later).args(["--group", later.name()]));
    later.send(vec![Record::new(0, event)]);
    until(TIMEOUT, "the watermark to follow the later source", || {
        client.execute("select musicstream_rollup()", &[]).unwrap();
        value::<bool>(
            &mut client,
            "select coalesce(musicstream_watermark() > '2026-04-01', false)",
            &[],
        )
        .then_some(())
    });
    program.terminate();
    program.finish(TIMEOUT).with_code(0);
}

/// One partition is far behind the other when the stream is stopped. The days of its unread events must not become final.
#[test]
fn a_stopped_stream_holds_the_watermark_at_its_unread_records() {
    let topic = Topic::create("unread", 2);
    let database = Database::create();
    let mut client = database.client();
    let event = |partition: i32, day: i32| {
        Record::new(
            partition,
            format!(
                r#"{{"event_id":"{day:032x}","user_id":"canary","event_type":"play","region":"eu","ts":"2026-03-{day:02}T12:00:00Z"}}"#
            ),
        )
    };
    let start = || {
        Program::start(
            stream(&database, &topic)
                .args(["--group", topic.name(), "--batch-rows", "1"])
                .args(["--drain-timeout", "10m"]),
        )
    };
    let states = "select string_agg(state, ' ' order by partition) from musicstream_progress";
    let program = start();
    topic.send(vec![event(0, 20), event(1, 1)]);
    wait_for_events(TIMEOUT, &mut client, 2);
    // A batch updates the ledger row of its partition, so this lock blocks it.
    let mut other = database.client();
    let mut lock = other.transaction().unwrap();
    lock.execute(
        "select from ingest_offsets where partition = 1 for update",
        &[],
    )
    .unwrap();
    topic.send((2..=9).map(|day| event(1, day)).collect());
    let blocked = "select exists (
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
    )";
    until(TIMEOUT, "a batch to wait for the lock", || {
        value::<bool>(&mut client, blocked, &[]).then_some(())
    });
    program.terminate();
    until(TIMEOUT, "the stream to drain", || {
        program
            .log()
            .contains("storing the batches in flight")
            .then_some(())
    });
    lock.rollback().unwrap();
    program.finish(TIMEOUT).with_code(0);
    // The batch in flight, and the one that may have been filled after it.
    let stored = event_count(&mut client);
    assert!((3..=4).contains(&stored), "{stored} events were stored");

    client.execute("select musicstream_rollup()", &[]).unwrap();
    assert_eq!(
        value::<String>(&mut client, states, &[]),
        "released active",
        "the first partition was read to its end"
    );
    let follows = "select musicstream_watermark() = max_event_ts - interval '1 hour'
        from ingest_offsets where partition = 1";
    assert!(value::<bool>(&mut client, follows, &[]));

    let program = start();
    wait_for_events(TIMEOUT, &mut client, 10);
    program.terminate();
    program.finish(TIMEOUT).with_code(0);
    client.execute("select musicstream_rollup()", &[]).unwrap();
    let late = "select sum(late_events)::bigint from live_daily_metrics";
    assert_eq!(value::<i64>(&mut client, late, &[]), 0, "late events");
    assert_eq!(
        value::<String>(&mut client, states, &[]),
        "released released"
    );
    let is_last = "select musicstream_watermark() = '2026-03-20T11:00:00Z'";
    assert!(value::<bool>(&mut client, is_last, &[]));
}

#[test]
fn batches_not_stored_in_time_are_dropped_and_a_second_signal_ends_at_once() {
    let topic = Topic::create("stopped", 2);
    let database = Database::create();
    let (proxy, url) = Proxy::before(&database);
    let start = |drain_timeout: &str| {
        let program = Program::start(
            stream(&database, &topic)
                .env("DATABASE_URL", &url)
                .args(["--group", topic.name(), "--drain-timeout", drain_timeout])
                .args(["-X", "session.timeout.ms=6000"]),
        );
        until(TIMEOUT, "the stream to read", || {
            program
                .log()
                .contains("the group assigned partitions")
                .then_some(())
        });
        program
    };
    let mut client = database.client();
    let late = start("1s");
    // The ledger has the claims before their answers have passed the proxy.
    until(TIMEOUT, "the answers to both claims", || {
        (late.log().matches(" claimed partition=").count() == 2).then_some(())
    });
    proxy.set_silent(true);
    // The first statement of a batch creates partitions; its answer does not arrive.
    let partitions = "select count(*) from pg_inherits where inhparent = 'raw_events'::regclass";
    let before: i64 = value(&mut client, partitions, &[]);
    topic.send(events(0..10));
    until(TIMEOUT, "a batch in flight", || {
        (value::<i64>(&mut client, partitions, &[]) > before).then_some(())
    });
    late.terminate();
    let finished = late.finish(TIMEOUT).with_code(0);
    assert!(
        finished
            .stderr
            .contains("not all batches could be stored in time"),
        "{finished:#?}"
    );

    proxy.set_silent(false);
    let stubborn = start("10m");
    let http = address(&stubborn);
    let inserted = format!(r#"events_inserted_total{{topic="{}"}}"#, topic.name());
    until(TIMEOUT, "the answer to the last batch", || {
        (figure(&http, &inserted) == Some(10.0)).then_some(())
    });
    proxy.set_silent(true);
    topic.send(events(10..20));
    let waiting =
        "select count(*) from pg_stat_activity where application_name = 'musicstream-ingestor'
        and datname = current_database() and xact_start is not null and wait_event = 'ClientRead'";
    until(TIMEOUT, "a batch in flight", || {
        (value::<i64>(&mut client, waiting, &[]) > 0).then_some(())
    });
    stubborn.terminate();
    until(TIMEOUT, "the stream to drain", || {
        stubborn
            .log()
            .contains("storing the batches in flight")
            .then_some(())
    });
    stubborn.terminate();
    stubborn.finish(TIMEOUT).with_code(143);
    proxy.set_silent(false);
    stream_to_end(&database, &topic);
    assert_eq!(event_count(&mut client), 20);
}

#[test]
fn a_bounded_run_that_is_interrupted_fails_and_says_that_it_is_incomplete() {
    const EVENTS: i32 = 20_000;
    let topic = Topic::create("interrupted", 2);
    topic.send(events(0..EVENTS));
    let database = Database::create();
    let mut client = database.client();
    let mut interrupt = |output: &str| {
        let before = event_count(&mut client);
        let program = Program::start(stream(&database, &topic).args([
            "--until-end",
            // Small batches make the run long enough.
            "--batch-rows",
            "1",
            "--output",
            output,
        ]));
        until(TIMEOUT, "more records to be stored", || {
            (event_count(&mut client) > before).then_some(())
        });
        program.terminate();
        let finished = program.finish(TIMEOUT).with_code(1);
        assert!(
            finished.stderr.contains("interrupted before the end"),
            "{finished:#?}"
        );
        let released: i64 = value(&mut client, RELEASED, &[]);
        assert_eq!(released, 0, "both partitions have unread records");
        (finished, event_count(&mut client) - before)
    };
    let (finished, count) = interrupt("json");
    let summary = finished.json();
    assert_eq!(
        (&summary["complete"], &summary["inserted"]),
        (&false.into(), &count.into()),
        "{summary}"
    );
    let (finished, count) = interrupt("text");
    let words = format!("interrupted before the end: read {count}  inserted {count} ");
    assert!(finished.stdout.starts_with(&words), "{finished:#?}");

    let before = event_count(&mut client);
    let rest = run(
        stream(&database, &topic).args(["--until-end", "--output", "json"]),
        TIMEOUT,
    )
    .with_code(0)
    .json();
    assert_eq!(rest["complete"], true, "{rest}");
    assert_eq!(rest["inserted"], i64::from(EVENTS) - before, "{rest}");
}

#[test]
fn a_load_that_is_interrupted_fails_and_says_that_it_is_incomplete() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.csv");
    std::fs::write(&file, csv::file(0..20_000)).unwrap();
    let database = Database::create();
    let mut client = database.client();
    let mut load = ingestor(&database);
    load.args(["load", "--output", "json", "--batch-rows", "1"]);
    let program = Program::start(load.arg(&file));
    until(TIMEOUT, "records to be stored", || {
        (event_count(&mut client) > 0).then_some(())
    });
    program.terminate();
    let finished = program.finish(TIMEOUT).with_code(1);
    let summary = finished.json();
    assert_eq!(
        (&summary["complete"], &summary["inserted"]),
        (&false.into(), &event_count(&mut client).into()),
        "{finished:#?}"
    );
}

/// A signal to all programs of a pipeline also ends the input of the load: after a row, or within one.
#[test]
fn a_load_of_a_pipe_that_is_interrupted_is_incomplete_and_stores_no_half_row() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.csv");
    let whole = csv::file(0..510);
    std::fs::write(&file, &whole).unwrap();
    for half_row in [0, 40] {
        let database = Database::create();
        let mut client = database.client();
        let (input, mut pipe) = std::io::pipe().unwrap();
        let program = Program::start(
            ingestor(&database)
                .args(["load", "--output", "json", "--batch-rows", "1", "-"])
                .stdin(input),
        );
        let written = csv::file(0..500).len() + half_row;
        pipe.write_all(&whole.as_bytes()[..written]).unwrap();
        wait_for_events(TIMEOUT, &mut client, 500);
        program.terminate();
        drop(pipe);
        let finished = program.finish(TIMEOUT).with_code(1);
        let summary = finished.json();
        assert_eq!(
            (
                &summary["complete"],
                &summary["inserted"],
                &summary["rejected"]
            ),
            (&false.into(), &500.into(), &0.into()),
            "{finished:#?}"
        );
        let rest = load(&database, &file);
        assert_eq!((rest.read, rest.inserted), (10, 10));
    }
}

/// The batches in flight cannot be stored.
#[test]
fn a_load_that_is_interrupted_in_an_outage_ends() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.csv");
    let whole = csv::file(0..510);
    std::fs::write(&file, &whole).unwrap();
    let database = Database::create();
    let mut client = database.client();
    let (proxy, url) = Proxy::before(&database);
    let (input, mut pipe) = std::io::pipe().unwrap();
    let program = Program::start(
        ingestor(&database)
            .env("DATABASE_URL", format!("{url}&connect_timeout=2"))
            .args(["load", "--output", "json", "--batch-rows", "1", "-"])
            .stdin(input),
    );
    let (before, after) = whole.split_at(csv::file(0..500).len());
    pipe.write_all(before.as_bytes()).unwrap();
    wait_for_events(TIMEOUT, &mut client, 500);
    proxy.set_silent(true);
    proxy.cut();
    pipe.write_all(after.as_bytes()).unwrap();
    until(TIMEOUT, "the load to detect the outage", || {
        program.log().contains("trying again").then_some(())
    });
    program.terminate();
    let finished = program.finish(TIMEOUT).with_code(1);
    assert_eq!(finished.json()["complete"], false, "{finished:#?}");
    assert!(finished.stderr.contains("run it again"), "{finished:#?}");
    let rest = load(&database, &file);
    assert_eq!((rest.read, rest.inserted), (10, 10));
}

#[test]
fn a_dry_run_of_a_pipe_that_is_interrupted_is_incomplete() {
    let (input, mut pipe) = std::io::pipe().unwrap();
    let program = Program::start(
        program("musicstream-ingestor")
            .args(["load", "--dry-run", "--output", "json", "-"])
            .stdin(input),
    );
    let text = csv::file(0..100) + "nonsense\n";
    pipe.write_all(text.as_bytes()).unwrap();
    until(TIMEOUT, "the last row to be read", || {
        program.log().contains("line 102").then_some(())
    });
    program.terminate();
    drop(pipe);
    let finished = program.finish(TIMEOUT).with_code(1);
    let counts = finished.json();
    assert_eq!(
        (&counts["complete"], &counts["read"]),
        (&false.into(), &101.into()),
        "{finished:#?}"
    );
}
