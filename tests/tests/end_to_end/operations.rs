//! Operation of an ingestor: metrics, health, limits, messages.

use std::collections::HashMap;
use std::time::Duration;

use musicstream_tests::database::{Database, value};
use musicstream_tests::http::{address, figure, get};
use musicstream_tests::pipeline::{stream, stream_to_end};
use musicstream_tests::process::{Program, Summary, ingestor, program, run};
use musicstream_tests::proxy::Proxy;
use musicstream_tests::stack::stack;
use musicstream_tests::topic::{Record, Topic};
use musicstream_tests::wait::until;

const TIMEOUT: Duration = Duration::from_secs(60);

fn event(id: u32, event_type: &str) -> String {
    format!(
        r#"{{"event_id":"{id:032x}","user_id":"canary","device":"canary","event_type":"{event_type}","region":"eu","ts":"2026-03-01T00:00:00Z"}}"#
    )
}

#[test]
fn metrics_and_health_follow_the_stream_through_an_outage() {
    let topic = Topic::create("figures", 2);
    let database = Database::create();
    let (proxy, url) = Proxy::before(&database);
    let program = Program::start(
        stream(&database, &topic)
            .env("DATABASE_URL", format!("{url}&connect_timeout=2"))
            .args(["--listen", "127.0.0.1:0", "--answer-timeout", "2s"])
            .args(["--group", topic.name()]),
    );
    let http = address(&program);
    let name = topic.name();
    let of_topic = |figure: &str| format!(r#"{figure}{{topic="{name}"}}"#);
    let of_partition =
        |figure: &str, partition| format!(r#"{figure}{{topic="{name}",partition="{partition}"}}"#);
    until(TIMEOUT, "the ingestor to be ready", || {
        (get(&http, "/readyz").0 == 200).then_some(())
    });

    // Eight events, of which one is a duplicate and one conflicts; one record has an unknown type, two are not events.
    let mut records: Vec<Record> = (0..8)
        .map(|id| Record::new(id % 2, event(id as u32, "play")))
        .collect();
    records.push(Record::new(0, event(0, "play")));
    records.push(Record::new(0, event(0, "stop")));
    records.push(Record::new(1, event(9, "teleport")));
    records.push(Record::new(1, "no JSON"));
    records.push(Record::new(1, "{}"));
    topic.send(records);
    until(TIMEOUT, "all records to be counted", || {
        (figure(&http, &of_topic("events_read_total")) == Some(13.0)).then_some(())
    });
    let reason =
        |reason: &str| format!(r#"events_rejected_total{{topic="{name}",reason="{reason}"}}"#);
    for (sample, count) in [
        (of_topic("events_inserted_total"), 8.0),
        (of_topic("events_duplicate_total"), 1.0),
        (of_topic("events_conflicting_total"), 1.0),
        (reason("unknown_event_type"), 1.0),
        (reason("malformed_json"), 1.0),
        (reason("missing_field"), 1.0),
        (of_topic("outages_total"), 0.0),
        (of_topic("database_up"), 1.0),
        (of_topic("kafka_outages_total"), 0.0),
    ] {
        assert_eq!(figure(&http, &sample), Some(count), "{sample}");
    }
    for (partition, next_offset) in [(0, 6.0), (1, 7.0)] {
        // The poll loop receives the report of a commit after the writer has counted it.
        until(TIMEOUT, "the next offset to be known", || {
            (figure(&http, &of_partition("partition_next_offset", partition)) == Some(next_offset))
                .then_some(())
        });
        until(TIMEOUT, "the lag to be known, and none", || {
            (figure(&http, &of_partition("partition_lag", partition)) == Some(0.0)).then_some(())
        });
    }

    // The server keeps running, but its answers are withheld.
    proxy.set_silent(true);
    until(
        TIMEOUT,
        "the outage to be detected without new events",
        || {
            let (status, why) = get(&http, "/readyz");
            (status == 503 && why.contains("no event can be stored")).then_some(())
        },
    );
    assert_eq!(figure(&http, &of_topic("database_up")), Some(0.0));
    assert_eq!(figure(&http, &of_topic("outages_total")), Some(1.0));
    assert_eq!(get(&http, "/healthz").0, 200, "the poll loop keeps running");
    let status = run(
        ingestor(&database).env("DATABASE_URL", &url).args([
            "status",
            "--answer-timeout",
            "1s",
            "--topic",
            name,
        ]),
        TIMEOUT,
    )
    .with_code(1);
    assert!(
        status.stderr.contains("cannot read the ledger"),
        "{status:#?}"
    );
    topic.send(
        (20..40)
            .map(|id| Record::new((id / 10) as i32 - 2, event(id, "play")))
            .collect(),
    );
    until(TIMEOUT, "the lag to grow", || {
        (figure(&http, &of_partition("partition_lag", 0)) == Some(10.0)).then_some(())
    });
    // The first writer checks the database, and waits; the second writer has the batch.
    until(TIMEOUT, "the other writer to detect the outage", || {
        program
            .log()
            .contains("an attempt failed: cannot stage a batch")
            .then_some(())
    });
    proxy.set_silent(false);
    until(TIMEOUT, "the stream to continue", || {
        (figure(&http, &of_topic("events_inserted_total")) == Some(28.0)).then_some(())
    });
    assert_eq!(
        figure(&http, &of_topic("outages_total")),
        Some(1.0),
        "the outage is counted once for all writers"
    );
    assert_eq!(get(&http, "/readyz").0, 200);
    assert_eq!(get(&http, "/nothing").0, 404);
    program.terminate();
    let finished = program.finish(TIMEOUT).with_code(0);
    assert!(
        !finished.stderr.contains("teleport"),
        "the log contains no payload"
    );
}

#[test]
fn memory_stays_bounded_with_a_large_backlog() {
    const RECORDS: i64 = 400_000;
    let topic = Topic::not_created("memory", 4);
    run(
        program("musicstream-ingestor")
            .args(["generate", "--to", "kafka", "--partitions", "4"])
            .args(["--count", &RECORDS.to_string(), "--topic", topic.name()])
            .env("KAFKA_BROKERS", &stack().brokers),
        TIMEOUT,
    )
    .with_code(0);
    let database = Database::create();
    let program = Program::start(stream(&database, &topic).args(["--group", topic.name()]));
    let mut client = database.client();
    let stored = "select coalesce(sum(next_offset), 0)::bigint from ingest_offsets";
    until(2 * TIMEOUT, "all to be stored", || {
        (value::<i64>(&mut client, stored, &[]) == RECORDS).then_some(())
    });
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.id())).unwrap();
    let most: u64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|line| line.trim().split(' ').next()?.parse().ok())
        .unwrap_or_else(|| panic!("no VmHWM in {status}"));
    assert!(most < 100_000, "{most} kB");
    program.terminate();
    program.finish(TIMEOUT).with_code(0);
}

#[test]
fn a_blocked_partition_does_not_delay_others() {
    const RECORDS: i64 = 3_000;
    let topic = Topic::create("busy", 2);
    let database = Database::create();
    let program = Program::start(
        stream(&database, &topic)
            .args(["--group", topic.name(), "--writers", "2"])
            // Small batches, so that a partition has many.
            .args(["--batch-rows", "100"]),
    );
    let mut client = database.client();
    let sql = "select next_offset from ingest_offsets where partition = $1";
    let mut wait_for = |what: &str, partition: i32, offset: i64| {
        until(TIMEOUT, what, || {
            let found = client.query_opt(sql, &[&partition]).unwrap();
            (found?.get::<_, Option<i64>>(0) == Some(offset)).then_some(())
        });
    };
    let send = |ids: std::ops::Range<i64>| {
        let record = |id: i64| Record::new((id % 2) as i32, event(id as u32, "play"));
        topic.send(ids.map(record).collect());
    };
    send(0..2);
    wait_for("the first record of partition 0", 0, 1);
    wait_for("the first record of partition 1", 1, 1);

    // A batch updates the ledger row of its partition, so this lock blocks it.
    let mut other = database.client();
    let mut lock = other.transaction().unwrap();
    lock.execute(
        "select from ingest_offsets where partition = 0 for update",
        &[],
    )
    .unwrap();
    send(2..2 * RECORDS);
    wait_for("the other partition", 1, RECORDS);
    // The blocked partition must still be assigned for reading.
    assert!(!program.log().contains("the database is behind"));
    let waiting: i64 = lock.query_one(sql, &[&0]).unwrap().get(0);
    assert_eq!(waiting, 1);
    lock.rollback().unwrap();
    wait_for("the blocked partition", 0, RECORDS);
    program.terminate();
    program.finish(TIMEOUT).with_code(0);
}

#[test]
fn an_unusable_listen_address_stops_the_ingestor() {
    let database = Database::create();
    let topic = Topic::create("taken", 1);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    for address in [
        taken.local_addr().unwrap().to_string(),
        "nowhere".to_owned(),
    ] {
        let finished = run(
            stream(&database, &topic).args(["--listen", &address]),
            TIMEOUT,
        )
        .with_code(1);
        assert!(finished.stderr.contains(&address), "{finished:#?}");
    }
}

#[test]
fn rejects_go_to_the_dead_letter_topic_with_their_bytes() {
    let (topic, letters) = (Topic::create("living", 2), Topic::create("letters", 1));
    let database = Database::create();
    let mut records = vec![
        Record::new(0, "no JSON"),
        Record::new(1, event(1, "teleport")),
        Record::new(0, event(2, "play")),
        Record::new(0, event(2, "stop")),
    ];
    records[1].key = Some(b"canary".to_vec());
    topic.send(records.clone());
    let summary = run(
        stream(&database, &topic)
            .args(["--until-end", "--output", "json"])
            .args(["--dead-letter-topic", letters.name()]),
        TIMEOUT,
    )
    .summary();
    let expected = Summary {
        read: 4,
        inserted: 1,
        duplicate: 0,
        conflicting: 1,
        rejected: 2,
    };
    assert_eq!(summary, expected);
    let mut found = HashMap::new();
    letters.read(|letter| {
        found.insert(letter.payload, letter.key);
    });
    let expected: HashMap<_, _> = [0, 1, 3]
        .map(|at| (records[at].payload.clone(), records[at].key.clone()))
        .into();
    assert_eq!(found, expected);
    let kept: i64 = value(
        &mut database.client(),
        "select count(*) from rejected_events",
        &[],
    );
    assert_eq!(kept, 3, "the rejects are in the database as well");

    let absent = run(
        stream(&database, &topic).args(["--dead-letter-topic", "no_such_letters_here"]),
        TIMEOUT,
    )
    .with_code(1);
    assert!(
        absent.stderr.contains("no_such_letters_here"),
        "{absent:#?}"
    );
}

#[test]
fn too_many_rejects_stop_the_ingestor_with_code_3_and_lose_nothing() {
    let topic = Topic::create("many_rejects", 1);
    let good = (0..300).map(|id| Record::new(0, event(id, "play")));
    let bad = (0..700).map(|_| Record::new(0, "no JSON"));
    topic.send(good.chain(bad).collect());
    let database = Database::create();
    let stopped = run(
        stream(&database, &topic)
            .args(["--group", topic.name(), "--batch-rows", "100"])
            .args(["--max-reject-ratio", "0.6", "--reject-sample", "300"]),
        TIMEOUT,
    )
    .with_code(3);
    assert!(
        stopped.stderr.contains("--max-reject-ratio"),
        "{stopped:#?}"
    );
    let stored: i64 = value(
        &mut database.client(),
        "select max(next_offset) from ingest_offsets",
        &[],
    );
    // The first sample is within the limit, the second is not; batches in flight may be stored as well.
    assert!((600..1000).contains(&stored), "{stored} were stored");
    let rest = stream_to_end(&database, &topic);
    assert_eq!(rest.read, 1000 - stored);
    let mut client = database.client();
    assert_eq!(
        value::<i64>(&mut client, "select count(*) from rejected_events", &[]),
        700
    );
    assert_eq!(
        value::<i64>(&mut client, "select count(*) from raw_events", &[]),
        300
    );
}

#[test]
fn a_recreated_topic_is_a_new_source() {
    let topic = Topic::create("recreated", 2);
    let database = Database::create();
    let send = |ids: std::ops::Range<u32>| {
        topic.send(
            ids.map(|id| Record::new((id % 2) as i32, event(id, "play")))
                .collect(),
        );
    };
    send(0..100);
    assert_eq!(stream_to_end(&database, &topic).inserted, 100);
    topic.recreate();
    // Longer than the old topic, so offsets alone do not show the difference.
    send(100..300);
    let refused = run(stream(&database, &topic).arg("--until-end"), TIMEOUT).with_code(1);
    assert!(
        refused.stderr.contains(
            "created again: records of the former topic that were not stored are lost: partition 0 from offset 50 on, \
             partition 1 from offset 50 on; hint: --accept-recreated"
        ),
        "{refused:#?}"
    );
    let accepted = run(
        stream(&database, &topic).args(["--until-end", "--accept-recreated", "--output", "json"]),
        TIMEOUT,
    )
    .summary();
    assert_eq!((accepted.read, accepted.inserted), (200, 200));
    send(300..310);
    assert_eq!(
        stream_to_end(&database, &topic).inserted,
        10,
        "the new source is used without the flag"
    );
    let status = run(
        ingestor(&database).args(["status", "--output", "json", "--topic", topic.name()]),
        TIMEOUT,
    )
    .with_code(0)
    .json();
    let lags: Vec<_> = status["partitions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["source"].as_str().unwrap().contains('@'))
        .map(|line| line["lag"].as_i64())
        .collect();
    assert_eq!(lags, [Some(0), Some(0)], "{status}");

    // Also while the ingestor is running.
    let program = Program::start(stream(&database, &topic).args(["--group", topic.name()]));
    send(310..330);
    let mut client = database.client();
    until(TIMEOUT, "the new records to be stored", || {
        let stored: i64 = value(&mut client, "select count(*) from raw_events", &[]);
        (stored == 330).then_some(())
    });
    topic.recreate();
    let noticed = program.finish(TIMEOUT).with_code(1);
    assert!(
        noticed
            .stderr
            .contains("are lost: partition 0 from offset 115 on, partition 1 from offset 115 on"),
        "{noticed:#?}"
    );
}

#[test]
fn a_deleted_topic_stops_the_ingestor_after_a_confirmation() {
    let topic = Topic::create("deleted", 1);
    topic.send(vec![Record::new(0, event(1, "play"))]);
    let database = Database::create();
    let mut client = database.client();
    let program = Program::start(
        stream(&database, &topic)
            .args(["--group", topic.name()])
            .args(["-X", "topic.metadata.refresh.interval.ms=500"]),
    );
    until(TIMEOUT, "the existing records to be stored", || {
        let stored: i64 = value(&mut client, "select count(*) from raw_events", &[]);
        (stored == 1).then_some(())
    });
    topic.delete();
    let stopped = program.finish(2 * TIMEOUT).with_code(1).stderr;
    assert!(stopped.contains("checking whether that lasts"), "{stopped}");
    assert_eq!(stopped.matches(" ERROR ").count(), 1, "{stopped}");
    assert!(
        stopped.contains("the topic does not exist any more; hint: was it deleted?"),
        "{stopped}"
    );
}

#[test]
fn unread_deleted_records_are_skipped_only_with_accept_gap() {
    let topic = Topic::create("gap", 1);
    let database = Database::create();
    let events =
        |ids: std::ops::Range<u32>| ids.map(|id| Record::new(0, event(id, "play"))).collect();
    topic.send(events(0..10));
    assert_eq!(stream_to_end(&database, &topic).inserted, 10);
    topic.send(events(10..40));
    topic.delete_records_before(0, 25);
    let refused = run(stream(&database, &topic).arg("--until-end"), TIMEOUT).with_code(1);
    assert!(
        refused.stderr.contains("from 10 to 24") && refused.stderr.contains("--accept-gap"),
        "{refused:#?}"
    );
    let accepted = run(
        stream(&database, &topic).args(["--until-end", "--accept-gap", "--output", "json"]),
        TIMEOUT,
    )
    .summary();
    assert_eq!((accepted.read, accepted.inserted), (15, 15));
}
