//! Rejects that the dead-letter topic does not accept stay in the database, and do not block the stream.

use std::time::Duration;

use postgres::Client;

use musicstream_tests::broker::Broker;
use musicstream_tests::database::{Database, value};
use musicstream_tests::http::{address, figure};
use musicstream_tests::pipeline::{rejected, stream};
use musicstream_tests::process::Program;
use musicstream_tests::stored::wait_for_events;
use musicstream_tests::topic::{Record, Topic};

const TIMEOUT: Duration = Duration::from_secs(60);
/// More than the default limit of Kafka's clients, less than that of brokers.
const LARGE: usize = 1_000_100;
const NEVER: &str = "the dead letter topic never accepts this record";
const TAKES_NONE: &str = "the dead letter topic accepts no records";

#[test]
fn a_reject_larger_than_clients_send_by_default_reaches_the_topic() {
    let (topic, letters) = (Topic::create("large", 1), Topic::create("large_letters", 1));
    let database = Database::create();
    let mut client = database.client();
    let program = Program::start(
        stream(&database, &topic)
            .args(["--group", topic.name()])
            .args(["--dead-letter-topic", letters.name()]),
    );
    let sent = topic.send(vec![Record::new(0, noise(LARGE)), good(1)]);
    wait_for_events(TIMEOUT, &mut client, 1);
    program.terminate();
    program.finish(TIMEOUT).with_code(0);
    let mut found = Vec::new();
    letters.read(|letter| found.push(letter.payload));
    assert_eq!(found, [sent[0].payload.clone()]);
}

#[test]
fn records_that_the_topic_never_accepts_are_kept_and_reported_once() {
    const SMALL: i32 = 30;
    let topic = Topic::create("poison", 1);
    let letters = Topic::create_with(
        "small_letters",
        1,
        &[("max.message.bytes", "2000"), ("cleanup.policy", "compact")],
    );
    let database = Database::create();
    let mut client = database.client();
    let with_key = |key: i32, payload: Vec<u8>| Record {
        key: Some(key.to_string().into_bytes()),
        ..Record::new(0, payload)
    };
    let mut records = vec![with_key(-1, noise(LARGE))];
    // Together they exceed the topic's limit for a batch; each alone does not.
    records.extend((0..SMALL).map(|key| with_key(key, noise(500))));
    // A compacted topic accepts no record without a key.
    records.push(Record::new(0, "canary, no JSON"));
    records.extend((0..50).map(good));
    let sent = topic.send(records);
    let (poison, keyless) = (&sent[0], &sent[SMALL as usize + 1]);

    let program = Program::start(
        stream(&database, &topic)
            .args(["--group", topic.name(), "--max-reject-ratio", "1"])
            .args(["--dead-letter-topic", letters.name()]),
    );
    wait_for_events(TIMEOUT, &mut client, 50);
    let http = address(&program);
    let count = |name: &str| {
        figure(
            &http,
            &format!(r#"{name}_total{{topic="{}"}}"#, topic.name()),
        )
    };
    assert_eq!(count("dead_letters"), Some(f64::from(SMALL)));
    assert_eq!(count("dead_letters_kept"), Some(2.0));
    assert_eq!(count("outages"), Some(0.0), "this is not an outage");
    // Later records cause no repeated message.
    topic.send(vec![with_key(99, noise(500)), good(50)]);
    wait_for_events(TIMEOUT, &mut client, 51);
    program.terminate();
    let log = program.finish(TIMEOUT).with_code(0).stderr;

    let told: Vec<&str> = log.lines().filter(|line| line.contains(NEVER)).collect();
    assert_eq!(told.len(), 2, "{told:#?}");
    for (record, bytes) in [(poison, LARGE + 2), (keyless, 15)] {
        let place = format!("partition=0 offset={} bytes={bytes}", record.offset);
        let is_told = |line: &&str| line.contains(&place) && line.contains("source=\"kafka:");
        assert!(told.iter().any(is_told), "{place} in {told:#?}");
    }
    assert!(!log.contains("trying again"), "{log}");
    let mut keys = Vec::new();
    letters.read(|letter| keys.extend(letter.key));
    let expected: Vec<Vec<u8>> = (0..SMALL)
        .chain([99])
        .map(|key| key.to_string().into_bytes())
        .collect();
    assert_eq!(keys, expected, "all other rejects are in the topic");
    let kept = rejected(&mut client);
    assert_eq!(kept.len(), SMALL as usize + 3);
    assert_eq!(kept[0].payload, poison.payload, "the reject has its bytes");
}

#[test]
fn a_topic_without_write_permission_does_not_block_the_stream() {
    let broker = Broker::start_with(
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n\
         allow.everyone.if.no.acl.found=true\n\
         super.users=User:nobody\n",
    );
    let topic = Topic::create_on(&broker, "refused", 1);
    let forbidden = Topic::create_on(&broker, "forbidden_letters", 1);
    let database = Database::create();
    let mut client = database.client();
    let start = |letters: &Topic| {
        Program::start(
            stream(&database, &topic)
                .env("KAFKA_BROKERS", broker.address())
                .args(["--group", topic.name(), "--max-reject-ratio", "1"])
                .args(["--dead-letter-topic", letters.name()])
                .args(["-X", "topic.metadata.refresh.interval.ms=1000"]),
        )
    };
    let mut sent = 0;
    let mut pass = |client: &mut Client| {
        topic.send(vec![Record::new(0, "canary, no JSON"), good(sent)]);
        sent += 1;
        wait_for_events(TIMEOUT, client, i64::from(sent));
    };
    let count = |program: &Program, name: &str| {
        let sample = format!(r#"{name}_total{{topic="{}"}}"#, topic.name());
        figure(&address(program), &sample)
    };

    let program = start(&forbidden);
    pass(&mut client);
    broker.forbid_writing(forbidden.name());
    pass(&mut client);
    pass(&mut client);
    assert_eq!(count(&program, "dead_letters"), Some(1.0));
    assert_eq!(count(&program, "dead_letters_kept"), Some(2.0));
    assert_eq!(
        count(&program, "outages"),
        Some(0.0),
        "this is not an outage"
    );
    program.terminate();
    let log = program.finish(TIMEOUT).with_code(0).stderr;
    assert_eq!(log.matches(TAKES_NONE).count(), 1, "once a minute: {log}");
    assert!(log.contains("ACLs allow Write"), "{log}");

    let kept: i64 = value(&mut client, "select count(*) from rejected_events", &[]);
    assert_eq!(kept, i64::from(sent));
}

fn good(id: i32) -> Record {
    Record::new(
        0,
        format!(
            r#"{{"event_id":"{id:032x}","user_id":"canary","event_type":"play","region":"eu","ts":"2026-03-01T00:00:00Z"}}"#
        ),
    )
}

/// Bytes that do not compress and are not an event.
fn noise(count: usize) -> Vec<u8> {
    (0..count).map(|_| rand::random()).collect()
}
