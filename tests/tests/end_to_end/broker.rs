//! The broker is away, does not know its topics yet, or comes back with less than it had.

use std::ops::Range;
use std::time::{Duration, Instant};

use postgres::Client;

use musicstream_tests::broker::Broker;
use musicstream_tests::database::{Database, value};
use musicstream_tests::oracle::{assert_metrics_equal_raw, next_offsets};
use musicstream_tests::pipeline::stream;
use musicstream_tests::process::{Program, Summary, run};
use musicstream_tests::topic::{Record, Topic};
use musicstream_tests::wait::until;

const SOON: Duration = Duration::from_secs(120);
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
    broker.boot_empty();
    until(SOON, "the topic to be missed", || {
        program
            .log()
            .contains("looking whether that lasts")
            .then_some(())
    });
    let missed = Instant::now();
    broker.kill();
    let told = program.log().len();
    until(SOON, "the topic to have been missed for long", || {
        (missed.elapsed() > LOOKED_FOR).then_some(())
    });
    broker.boot_empty();
    until(SOON, "the topic to be missed again", || {
        program.log()[told..]
            .contains("Kafka does not know the topic yet")
            .then_some(())
    });
    broker.kill();
    broker.boot();
    topic.send(events(10..20));
    await_stored(&mut client, 20);
    program.terminate();
    let log = program.finish(SOON).with_code(0).stderr;
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
            SOON,
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

fn events(ids: Range<i32>) -> Vec<Record> {
    let event = |id| {
        format!(
            r#"{{"event_id":"{id:032x}","user_id":"canary","event_type":"play","region":"eu","ts":"2026-03-01T00:00:00Z"}}"#
        )
    };
    ids.map(|id| Record::new(id % 2, event(id))).collect()
}

fn await_stored(client: &mut Client, count: i64) {
    until(SOON, &format!("{count} events to be stored"), || {
        (value::<i64>(client, "select count(*) from raw_events", &[]) == count).then_some(())
    });
}
