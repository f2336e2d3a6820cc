//! Exit codes and messages on which people and scripts rely.

use std::process::Command;
use std::time::Duration;

use musicstream_tests::database::{Database, value};
use musicstream_tests::pipeline::stream_to_end;
use musicstream_tests::process::{Finished, ingestor, program, run};
use musicstream_tests::topic::{Record, Topic};

fn end_of(command: &mut Command) -> Finished {
    run(command, Duration::from_secs(60))
}

#[test]
fn wrong_usage_exits_with_2() {
    for arguments in [
        &["load"][..],
        &["stream", "--no-such-flag"],
        &["stream", "--topic", "a,b", "--dead-letter-topic", "b"],
        &["generate", "--count", "many", "--to", "-"],
        &["generate", "--to", "-"],
        &["generate", "--to", "-", "--live"],
        &["no-such-subcommand"],
        &[],
    ] {
        let finished = end_of(program("musicstream-ingestor").args(arguments)).with_code(2);
        assert!(finished.stdout.is_empty(), "{finished:#?}");
        assert!(!finished.stderr.is_empty(), "{finished:#?}");
    }
    for variable in ["KAFKA_GROUP", "KAFKA_GROUP_INSTANCE_ID", "KAFKA_BROKERS"] {
        let mut stream = program("musicstream-ingestor");
        let finished = end_of(stream.arg("stream").env(variable, "")).with_code(2);
        assert!(finished.stderr.contains("it is empty"), "{finished:#?}");
    }
}

/// `head` closes its pipe when it has enough.
#[test]
fn a_closed_pipe_is_no_error() {
    for arguments in [
        "--print-config stream >&3",
        // More than the generator collects before it writes.
        "generate --count 10000 --to /dev/fd/3",
    ] {
        let script = format!("exec 3> >(true); wait $!; \"$0\" {arguments}");
        let mut bash = Command::new("bash");
        bash.args(["-euc", &script])
            .arg(program("musicstream-ingestor").get_program());
        end_of(&mut bash).with_code(0);
    }
}

#[test]
fn a_csv_without_a_required_column_loads_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.csv");
    std::fs::write(&good, "event_id,user_id,event_type,region,ts\n").unwrap();
    let bad = folder.path().join("bad.csv");
    let row = "00000000-0000-0000-0000-000000000001,u,play,2026-03-01T00:00:00Z";
    std::fs::write(&bad, format!("event_id,user_id,event_type,ts\n{row}\n")).unwrap();
    let database = Database::create();
    let mut client = database.client();
    let finished = end_of(ingestor(&database).arg("load").args([&good, &bad])).with_code(1);
    assert!(
        finished.stderr.contains("region"),
        "the message names the column: {finished:#?}"
    );
    let traces: i64 = value(
        &mut client,
        "select (select count(*) from raw_events) + (select count(*) from rejected_events)
            + (select count(*) from ingest_offsets)",
        &[],
    );
    assert_eq!(traces, 0, "the load stops before anything is stored");
}

#[test]
fn errors_are_reported_and_exit_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("some.csv");
    std::fs::write(&file, "event_id,user_id,event_type,region,ts\n").unwrap();
    let database = Database::create();
    let secret = database
        .ingest_url()
        .replace("_ingest:", "_ingest:wrong-secret-");

    let refused = end_of(
        ingestor(&database)
            .env("DATABASE_URL", &secret)
            .arg("load")
            .arg(&file),
    )
    .with_code(1);
    assert!(refused.stderr.contains("password"), "{refused:#?}");
    assert!(
        !refused.stderr.contains("wrong-secret"),
        "the log contains a secret: {refused:#?}"
    );

    let elsewhere = database.ingest_url();
    let elsewhere = format!("{}/postgres", elsewhere.rsplit_once('/').unwrap().0);
    let lacking = end_of(
        ingestor(&database)
            .env("DATABASE_URL", elsewhere)
            .arg("load")
            .arg(&file),
    )
    .with_code(1);
    assert!(
        lacking.stderr.contains("create extension pg_musicstream"),
        "{lacking:#?}"
    );

    let absent = end_of(ingestor(&database).args([
        "stream",
        "--until-end",
        "--topic",
        "no_such_topic_here",
    ]))
    .with_code(1);
    assert!(absent.stderr.contains("no_such_topic_here"), "{absent:#?}");

    let missing = end_of(ingestor(&database).args(["load", "/no/such/file.csv"])).with_code(1);
    assert!(missing.stderr.contains("/no/such/file.csv"), "{missing:#?}");
}

#[test]
fn status_shows_the_progress_of_each_partition() {
    let database = Database::create();
    let topic = Topic::create("status", 2);
    let event = |id: u32| {
        format!(
            r#"{{"event_id":"{id:032x}","user_id":"canary","device":"canary","event_type":"play","region":"eu","ts":"2026-03-01T00:00:00Z"}}"#
        )
    };
    topic.send((0..5).map(|id| Record::new(0, event(id))).collect());
    stream_to_end(&database, &topic);
    topic.send((5..8).map(|id| Record::new(1, event(id))).collect());

    let finished =
        end_of(ingestor(&database).args(["status", "--output", "json", "--topic", topic.name()]))
            .with_code(0);
    let json = finished.json();
    let partitions = json["partitions"]
        .as_array()
        .unwrap_or_else(|| panic!("no partitions in {finished:#?}"));
    let found: Vec<_> = partitions
        .iter()
        .map(|partition| {
            let number = |name: &str| partition[name].as_i64();
            (
                number("partition"),
                number("next_offset").unwrap_or(0),
                number("end_offset"),
                number("lag"),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (Some(0), 5, Some(5), Some(0)),
            (Some(1), 0, Some(3), Some(3))
        ],
        "{finished:#?}"
    );
    let text = end_of(ingestor(&database).args(["status", "--topic", topic.name()])).with_code(0);
    assert!(text.stdout.contains(topic.name()), "{text:#?}");
}
