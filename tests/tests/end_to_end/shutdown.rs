//! How a stream ends, and what it leaves to others.

use std::time::Duration;

use musicstream_tests::database::{Database, value};
use musicstream_tests::pipeline::{stream, stream_to_end};
use musicstream_tests::process::{Program, ingestor, run};
use musicstream_tests::topic::{Record, Topic};
use musicstream_tests::wait::until;

const SOON: Duration = Duration::from_secs(60);
const RELEASED: &str =
    "select count(*) from ingest_offsets where owner is null and released_at is not null";

fn events(ids: std::ops::Range<u32>) -> Vec<Record> {
    let event = |id: u32| {
        format!(
            r#"{{"event_id":"{id:032x}","user_id":"u","event_type":"play","region":"eu","ts":"2026-03-01T00:00:00Z"}}"#
        )
    };
    ids.map(|id| Record::new((id % 2) as i32, event(id)))
        .collect()
}

#[test]
fn a_stream_that_ends_in_good_order_gives_its_partitions_up() {
    let topic = Topic::create("released", 2);
    let database = Database::create();
    let mut client = database.client();
    let stored = "select count(*) from raw_events";
    topic.send(events(0..10));
    stream_to_end(&database, &topic);
    assert_eq!(value::<i64>(&mut client, RELEASED, &[]), 2, "at the end");

    let program = Program::start(stream(&database, &topic).args(["--group", topic.name()]));
    topic.send(events(10..20));
    until(SOON, "the events to be stored", || {
        (value::<i64>(&mut client, stored, &[]) == 20).then_some(())
    });
    assert_eq!(value::<i64>(&mut client, RELEASED, &[]), 0, "while it runs");
    program.terminate();
    program.finish(SOON).with_code(0);
    assert_eq!(value::<i64>(&mut client, RELEASED, &[]), 2, "when stopped");

    let status = run(
        ingestor(&database).args(["status", "--output", "json", "--topic", topic.name()]),
        SOON,
    )
    .with_code(0)
    .json();
    for line in status["partitions"].as_array().unwrap() {
        assert!(line["owner"].is_null(), "{status}");
    }
    // A source that goes on later is far ahead of this one, which does not hold it back.
    let later = Topic::create("later", 1);
    let event = r#"{"event_id":"ffffffffffffffffffffffffffffffff","user_id":"u","event_type":"play","region":"eu","ts":"2026-05-01T00:00:00Z"}"#;
    let program = Program::start(stream(&database, &later).args(["--group", later.name()]));
    later.send(vec![Record::new(0, event)]);
    until(SOON, "the watermark to follow the later source", || {
        client.execute("select musicstream_rollup()", &[]).unwrap();
        value::<bool>(
            &mut client,
            "select coalesce(musicstream_watermark() > '2026-04-01', false)",
            &[],
        )
        .then_some(())
    });
    program.terminate();
    program.finish(SOON).with_code(0);
}
