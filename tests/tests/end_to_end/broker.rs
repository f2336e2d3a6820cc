//! The broker is unreachable, does not know its topics yet, or has lost data.

use std::ops::Range;
use std::time::{Duration, Instant};

use postgres::Client;

use musicstream_tests::broker::Broker;
use musicstream_tests::broker_pair::{BrokerPair, FOLLOWER_RACK};
use musicstream_tests::database::{Database, value};
use musicstream_tests::group::Protocol;
use musicstream_tests::http::{address, figure, get};
use musicstream_tests::oracle::{assert_metrics_equal_raw, next_offsets};
use musicstream_tests::pipeline::stream;
use musicstream_tests::process::{Program, Summary, run};
use musicstream_tests::stored::wait_for_events;
use musicstream_tests::topic::{Record, Topic};
use musicstream_tests::under_both_protocols;
use musicstream_tests::wait::until;

const TIMEOUT: Duration = Duration::from_secs(120);
const AWAY: &str = "Kafka does not answer";
/// Size of a record: larger than any response without records.
const LARGE: usize = 20_000;
/// A topic that has been unknown for this long counts as deleted.
const ABSENT_FOR: Duration = Duration::from_secs(20);

#[test]
fn a_broker_lost_during_the_topic_lookup_is_waited_for() {
    let mut broker = Broker::start();
    let topic = Topic::create_on(&broker, "absent", 2);
    let database = Database::create();
    let mut client = database.client();
    let program = Program::start(
        stream(&database, &topic)
            .env("KAFKA_BROKERS", broker.address())
            .args(["--group", topic.name()])
            .args(["-X", "session.timeout.ms=6000"])
            .args(["-X", "topic.metadata.refresh.interval.ms=500"])
            .args(["-X", "topic.metadata.propagation.max.ms=500"])
            .args(["-X", "reconnect.backoff.max.ms=1000"]),
    );
    topic.send(events(0..10));
    wait_for_events(TIMEOUT, &mut client, 10);

    broker.kill();
    broker.boot_with_empty_disk();
    until(TIMEOUT, "the topic to be reported as unknown", || {
        program
            .log()
            .contains("checking whether that lasts")
            .then_some(())
    });
    let missed = Instant::now();
    broker.kill();
    let told = program.log().len();
    let used = program.cpu_time();
    until(TIMEOUT, "the topic to be unknown for some time", || {
        (missed.elapsed() > ABSENT_FOR).then_some(())
    });
    let used = program.cpu_time() - used;
    assert!(used < ABSENT_FOR / 20, "{used:?} of processor time");
    broker.boot_with_empty_disk();
    until(TIMEOUT, "the topic to be unknown again", || {
        program.log()[told..]
            .contains("Kafka does not know the topic yet")
            .then_some(())
    });
    broker.kill();
    broker.boot();
    topic.send(events(10..20));
    wait_for_events(TIMEOUT, &mut client, 20);
    // The events may be stored before the next look-up.
    until(TIMEOUT, "the topic to be known again", || {
        let log = program.log();
        log.contains("Kafka knows the topic again").then_some(())
    });
    program.terminate();
    program.finish(TIMEOUT).with_code(0);
    assert_eq!(next_offsets(&mut client), topic.ends());
    assert_metrics_equal_raw(&mut client);
}

#[test]
fn a_topic_created_after_the_start_is_read() {
    let topic = Topic::not_created("to_come", 2);
    let database = Database::create();
    let program = Program::start(stream(&database, &topic).args(["--group", topic.name()]));
    until(TIMEOUT, "the topic to be missed", || {
        let log = program.log();
        log.contains("Kafka does not know the topic: asking again")
            .then_some(())
    });
    topic.make(&[]);
    topic.send(events(0..10));
    wait_for_events(TIMEOUT, &mut database.client(), 10);
    program.terminate();
    program.finish(TIMEOUT).with_code(0);
}

#[test]
fn a_truncated_log_is_read_again_after_its_source_is_renamed() {
    let mut broker = Broker::start();
    let topic = Topic::create_on(&broker, "shortened", 2);
    let database = Database::create();
    let mut client = database.client();
    let read = |broker: &Broker| {
        run(
            stream(&database, &topic)
                .env("KAFKA_BROKERS", broker.address())
                .args(["--until-end", "--output", "json"]),
            TIMEOUT,
        )
    };
    topic.send(events(0..20));
    topic.send(vec![Record::new(0, "canary")]);
    assert_eq!(read(&broker).summary().inserted, 20);

    broker.kill();
    broker.lose_log(topic.name(), 0);
    broker.boot();
    topic.send(vec![Record::new(0, "another canary")]);
    topic.send(events(20..26));
    let refused = read(&broker).with_code(1).stderr;
    assert!(
        refused.contains("partition 0: the log ends at offset 4, but 11 is the next to read: the records from 4 to 10, 7 offsets"),
        "{refused}"
    );
    let (_, hint) = refused.split_once("rename the source, ").unwrap();
    let (rename, _) = hint
        .split_once(", and the same in rejected_events")
        .unwrap();
    for table in ["ingest_offsets", "rejected_events"] {
        let rename = rename.replace("ingest_offsets", table);
        assert!(client.execute(&rename, &[]).unwrap() > 0, "{rename}");
    }
    let again = Summary {
        read: 17,
        inserted: 6,
        duplicate: 10,
        conflicting: 0,
        rejected: 1,
    };
    assert_eq!(read(&broker).summary(), again);
    let rejected: i64 = value(&mut client, "select count(*) from rejected_events", &[]);
    assert_eq!(
        rejected, 2,
        "including the one at an offset of a former reject"
    );
    assert_metrics_equal_raw(&mut client);
}

under_both_protocols!(an_unreachable_broker_is_reported_and_the_ingestor_stays_healthy);

fn an_unreachable_broker_is_reported_and_the_ingestor_stays_healthy(protocol: Protocol) {
    let mut broker = Broker::start();
    let topic = Topic::create_on(&broker, "away", 2);
    let database = Database::create();
    let mut client = database.client();
    let program = Program::start(
        stream(&database, &topic)
            .env("KAFKA_BROKERS", broker.address())
            .args(["--listen", "127.0.0.1:0", "--group", topic.name()])
            .args(protocol.short_session_options()),
    );
    let http = address(&program);
    topic.send(events(0..10));
    wait_for_events(TIMEOUT, &mut client, 10);
    until(TIMEOUT, "the ingestor to be ready", || {
        (get(&http, "/readyz").0 == 200).then_some(())
    });

    let killed_at = Instant::now();
    broker.kill();
    until(TIMEOUT, "the outage to be reported", || {
        program.log().contains(AWAY).then_some(())
    });
    assert!(killed_at.elapsed() < Duration::from_secs(45));
    let (status, why) = get(&http, "/readyz");
    assert!(
        status == 503 && why.contains("no event can be read"),
        "{status}: {why}"
    );
    assert_eq!(get(&http, "/healthz").0, 200);
    let sample = |name: &str| format!(r#"{name}{{topic="{}"}}"#, topic.name());
    assert_eq!(figure(&http, &sample("kafka_up")), Some(0.0));

    broker.boot();
    until(TIMEOUT, "the ingestor to be ready again", || {
        (get(&http, "/readyz").0 == 200).then_some(())
    });
    topic.send(events(10..20));
    wait_for_events(TIMEOUT, &mut client, 20);
    assert_eq!(figure(&http, &sample("kafka_up")), Some(1.0));
    assert_eq!(figure(&http, &sample("kafka_outages_total")), Some(1.0));
    assert_eq!(
        figure(&http, &sample("outages_total")),
        Some(0.0),
        "the database was available"
    );
    program.terminate();
    let log = program.finish(TIMEOUT).with_code(0).stderr;
    let minutes = usize::try_from(killed_at.elapsed().as_secs() / 60).unwrap();
    let told = log.matches(AWAY).count();
    assert!(
        told <= minutes + 1,
        "{told} in {minutes} whole minutes: {log}"
    );
    assert!(log.contains("Kafka answers again"), "{log}");
}

/// Runs the statement in the hint of the error message.
fn follow_hint(client: &mut Client, refused: &str) {
    let (_, hint) = refused.split_once("as the extension's owner ").unwrap();
    let (update, _) = hint.split_once("; stored events stay").unwrap();
    assert_eq!(client.execute(update, &[]).unwrap(), 1, "{update}");
}

#[test]
fn a_truncated_log_that_grew_past_the_offset_is_reported_and_read_again() {
    let mut broker = Broker::start();
    let topic = Topic::create_on(&broker, "regrown", 2);
    let database = Database::create();
    let mut client = database.client();
    let read = |broker: &Broker| {
        run(
            stream(&database, &topic)
                .env("KAFKA_BROKERS", broker.address())
                .args(["--until-end", "--output", "json"]),
            TIMEOUT,
        )
    };
    topic.send(of_partition(0, 0..60));
    topic.send(of_partition(1, 60..70));
    let kept = broker.log_size(topic.name(), 0);
    topic.send(of_partition(0, 100..140));
    assert_eq!(read(&broker).summary().inserted, 110);

    // The whole log is lost.
    broker.kill();
    broker.lose_log(topic.name(), 1);
    broker.boot();
    topic.send(of_partition(1, 200..230));
    let refused = read(&broker).with_code(1).stderr;
    assert!(
        refused.contains("partition 1: the log was cut off at offset 0, and has grown again: the records from 0 to 9, 10 offsets"),
        "{refused}"
    );
    assert_eq!(next_offsets(&mut client), [100, 10], "nothing is read");
    follow_hint(&mut client, &refused);
    assert_eq!(read(&broker).summary().inserted, 30);

    // Only the end of the log is lost.
    broker.kill();
    broker.cut_log(topic.name(), 0, kept);
    broker.boot();
    topic.send(of_partition(0, 300..350));
    let refused = read(&broker).with_code(1).stderr;
    assert!(
        refused.contains("partition 0: the log was cut off at offset 60, and has grown again: the records from 60 to 99, 40 offsets"),
        "{refused}"
    );
    follow_hint(&mut client, &refused);
    assert_eq!(read(&broker).summary().inserted, 50);
    assert_eq!(next_offsets(&mut client), topic.ends());
    assert_metrics_equal_raw(&mut client);
}

#[test]
fn a_log_truncated_while_it_is_read_stops_the_stream() {
    let mut broker = Broker::start();
    let topic = Topic::create_on(&broker, "regrowing", 2);
    let database = Database::create();
    let mut client = database.client();
    let program = Program::start(
        stream(&database, &topic)
            .env("KAFKA_BROKERS", broker.address())
            .args(["--group", topic.name()]),
    );
    topic.send(of_partition(0, 0..100));
    topic.send(of_partition(1, 100..110));
    wait_for_events(TIMEOUT, &mut client, 110);
    broker.kill();
    broker.lose_log(topic.name(), 0);
    broker.boot();
    topic.send(of_partition(0, 200..350));
    let refused = program.finish(TIMEOUT).with_code(1).stderr;
    // The comparison happens at once, so the log may not have grown past the former end yet.
    let is_named = [
        "partition 0: the log was cut off at offset 0, and has grown again: the records from 0 to 99, 100 offsets",
        "partition 0: the log ends at offset ",
    ];
    assert!(
        is_named.iter().any(|words| refused.contains(words)),
        "{refused}"
    );
    let late: i64 = value(
        &mut client,
        "select count(*) from raw_events where event_id >= lpad(to_hex(200), 32, '0')::uuid",
        &[],
    );
    assert_eq!(late, 0, "no records that replaced others");
}

#[test]
fn a_lagging_follower_does_not_end_a_bounded_run_early() {
    let brokers = BrokerPair::start();
    let topic = Topic::create_on_pair(&brokers, "lagging");
    let database = Database::create();
    let mut client = database.client();
    topic.send(of_partition(0, 0..100));
    // One response has the last record for the follower; the next one would have the new high watermark.
    brokers.shut_after(LARGE);
    let mut large = event(100);
    large.insert_str(1, &format!(r#""padding":"{}","#, "x".repeat(LARGE)));
    topic.send(vec![Record::new(0, large)]);
    assert_eq!(topic.ends(), [101]);

    let mut program = Program::start(
        stream(&database, &topic)
            .env("KAFKA_BROKERS", brokers.address())
            .args(["--until-end", "--output", "json"])
            .args(["-X", &format!("client.rack={FOLLOWER_RACK}")]),
    );
    until(
        TIMEOUT,
        "the run to end, or to wait for the follower",
        || {
            let waits = program.log().contains("waiting for its records");
            (waits || !program.is_running()).then_some(())
        },
    );
    brokers.open();
    assert_eq!(program.finish(TIMEOUT).summary().inserted, 101);
    assert_eq!(next_offsets(&mut client), [101]);
}

#[test]
fn broker_restarts_without_data_loss_cause_no_error() {
    let mut broker = Broker::start();
    let topic = Topic::create_on(&broker, "restarted", 2);
    let database = Database::create();
    let mut client = database.client();
    let program = Program::start(
        stream(&database, &topic)
            .env("KAFKA_BROKERS", broker.address())
            .args(["--group", topic.name()]),
    );
    let mut stored = 0;
    for round in 0..3 {
        let first = round * 100;
        topic.send(events(first..first + 20));
        // The last entry of the log is a transaction marker with another leader epoch than the events before it.
        topic.send_in_transaction(&events(first + 20..first + 40), true);
        stored += 40;
        wait_for_events(TIMEOUT, &mut client, stored);
        broker.kill();
        broker.boot();
        topic.send_in_transaction(&events(first + 40..first + 60), false);
    }
    topic.send(events(900..910));
    stored += 10;
    wait_for_events(TIMEOUT, &mut client, stored);
    program.terminate();
    program.finish(TIMEOUT).with_code(0);
    for round in 0..3 {
        let read = run(
            stream(&database, &topic)
                .env("KAFKA_BROKERS", broker.address())
                .args(["--until-end", "--output", "json"]),
            TIMEOUT,
        )
        .summary();
        let expected = if round == 0 { 0 } else { 20 };
        assert_eq!(read.inserted, expected);
        assert_eq!(next_offsets(&mut client), topic.ends());
        let unknown: i64 = value(
            &mut client,
            "select count(*) from ingest_offsets where leader_epoch is null",
            &[],
        );
        assert_eq!(unknown, 0, "partitions without a leader epoch");
        broker.kill();
        broker.boot();
        let first = 1000 + round * 100;
        topic.send_in_transaction(&events(first..first + 20), true);
    }
    assert_metrics_equal_raw(&mut client);
}

fn event(id: i32) -> String {
    format!(
        r#"{{"event_id":"{id:032x}","user_id":"canary","event_type":"play","region":"eu","ts":"2026-03-01T00:00:00Z"}}"#
    )
}

fn events(ids: Range<i32>) -> Vec<Record> {
    ids.map(|id| Record::new(id % 2, event(id))).collect()
}

fn of_partition(partition: i32, ids: Range<i32>) -> Vec<Record> {
    ids.map(|id| Record::new(partition, event(id))).collect()
}
