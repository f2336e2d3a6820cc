//! The broker is away, does not know its topics yet, or comes back with less than it had.

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
use musicstream_tests::topic::{Record, Topic};
use musicstream_tests::under_both_protocols;
use musicstream_tests::wait::until;

const TIMEOUT: Duration = Duration::from_secs(120);
const AWAY: &str = "Kafka does not answer";
/// A record of more bytes than any answer without records has.
const LARGE: usize = 20_000;
/// A topic that Kafka says for so long not to know was deleted.
const LOOKED_FOR: Duration = Duration::from_secs(20);

#[test]
fn a_broker_that_goes_while_its_topic_is_looked_for_is_waited_for() {
    let mut broker = Broker::start();
    let topic = Topic::create_on(&broker, "absent", 2);
    let database = Database::create();
    let mut client = database.client();
    let program = Program::start(
        stream(&database, &topic)
            .env("KAFKA_BROKERS", broker.address())
            .args(["--group", topic.name()])
            .args(["-X", "session.timeout.ms=6000"])
            .args(["-X", "topic.metadata.refresh.interval.ms=500"]),
    );
    topic.send(events(0..10));
    await_stored(&mut client, 10);

    broker.kill();
    broker.boot_with_empty_disk();
    until(TIMEOUT, "the topic to be missed", || {
        program
            .log()
            .contains("checking whether that lasts")
            .then_some(())
    });
    let missed = Instant::now();
    broker.kill();
    let told = program.log().len();
    until(TIMEOUT, "the topic to have been missed for long", || {
        (missed.elapsed() > LOOKED_FOR).then_some(())
    });
    broker.boot_with_empty_disk();
    until(TIMEOUT, "the topic to be missed again", || {
        program.log()[told..]
            .contains("Kafka does not know the topic yet")
            .then_some(())
    });
    broker.kill();
    broker.boot();
    topic.send(events(10..20));
    await_stored(&mut client, 20);
    program.terminate();
    let log = program.finish(TIMEOUT).with_code(0).stderr;
    assert!(log.contains("Kafka knows the topic again"), "{log}");
    assert_eq!(next_offsets(&mut client), topic.ends());
    assert_metrics_equal_raw(&mut client);
}

#[test]
fn a_log_that_lost_its_end_is_read_again_once_its_source_is_renamed() {
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
        "also that at an offset where there was one before"
    );
    assert_metrics_equal_raw(&mut client);
}

under_both_protocols!(a_broker_that_is_away_is_told_and_is_no_reason_to_be_killed);

fn a_broker_that_is_away_is_told_and_is_no_reason_to_be_killed(protocol: Protocol) {
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
    await_stored(&mut client, 10);
    until(TIMEOUT, "it to be ready", || {
        (get(&http, "/readyz").0 == 200).then_some(())
    });

    let killed_at = Instant::now();
    broker.kill();
    until(TIMEOUT, "the outage to be told", || {
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
    until(TIMEOUT, "it to be ready again", || {
        (get(&http, "/readyz").0 == 200).then_some(())
    });
    topic.send(events(10..20));
    await_stored(&mut client, 20);
    assert_eq!(figure(&http, &sample("kafka_up")), Some(1.0));
    assert_eq!(figure(&http, &sample("kafka_outages_total")), Some(1.0));
    assert_eq!(
        figure(&http, &sample("outages_total")),
        Some(0.0),
        "the database was there"
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

/// What the refusal says to run; it is run.
fn follow_hint(client: &mut Client, refused: &str) {
    let (_, hint) = refused.split_once("as the extension's owner ").unwrap();
    let (update, _) = hint.split_once("; stored events stay").unwrap();
    assert_eq!(client.execute(update, &[]).unwrap(), 1, "{update}");
}

#[test]
fn a_log_that_lost_its_end_and_grew_past_it_is_named_and_read_again_as_told() {
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

    // All of it is lost.
    broker.kill();
    broker.lose_log(topic.name(), 1);
    broker.boot();
    topic.send(of_partition(1, 200..230));
    let refused = read(&broker).with_code(1).stderr;
    assert!(
        refused.contains("partition 1: the log was cut off at offset 0, and has grown again: the records from 0 to 9, 10 offsets"),
        "{refused}"
    );
    assert_eq!(next_offsets(&mut client), [100, 10], "nothing was read");
    follow_hint(&mut client, &refused);
    assert_eq!(read(&broker).summary().inserted, 30);

    // Only its end is lost.
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
fn a_log_that_loses_its_end_while_it_is_read_stops_the_stream() {
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
    await_stored(&mut client, 110);
    broker.kill();
    broker.lose_log(topic.name(), 0);
    broker.boot();
    topic.send(of_partition(0, 200..350));
    let refused = program.finish(TIMEOUT).with_code(1).stderr;
    // It looks at once: the log may not have grown yet, or not to where it was.
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
    assert_eq!(late, 0, "nothing of what came in place of other records");
}

#[test]
fn a_follower_that_lags_does_not_end_a_bounded_run_early() {
    let brokers = BrokerPair::start();
    let topic = Topic::create_on_pair(&brokers, "lagging");
    let database = Database::create();
    let mut client = database.client();
    topic.send(of_partition(0, 0..100));
    // One answer carries the last record to the follower; the next would tell that the leader counts it as replicated.
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
fn restarts_of_a_broker_that_lose_nothing_raise_no_alarm() {
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
        // The last record in the log is a marker, of another leader epoch than the events before it.
        topic.send_in_transaction(&events(first + 20..first + 40), true);
        stored += 40;
        await_stored(&mut client, stored);
        broker.kill();
        broker.boot();
        topic.send_in_transaction(&events(first + 40..first + 60), false);
    }
    topic.send(events(900..910));
    stored += 10;
    await_stored(&mut client, stored);
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
        assert_eq!(unknown, 0, "partitions whose leader epoch is not known");
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

fn await_stored(client: &mut Client, count: i64) {
    until(TIMEOUT, &format!("{count} events to be stored"), || {
        (value::<i64>(client, "select count(*) from raw_events", &[]) == count).then_some(())
    });
}
