//! Runs the programs to their end on a database.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use postgres::Client;

use crate::count::python;
use crate::database::Database;
use crate::oracle::{assert_metrics_equal_raw, next_offsets, roll_up};
use crate::process::{Summary, ingestor, run};
use crate::topic::{Record, Topic};

/// Time limit for a run on a busy machine.
const RUN_WITHIN: Duration = Duration::from_secs(180);

/// Loads a file to its end.
///
/// # Panics
/// The load fails.
pub fn load(database: &Database, file: &Path) -> Summary {
    run(
        ingestor(database)
            .args(["load", "--output", "json"])
            .arg(file),
        RUN_WITHIN,
    )
    .summary()
}

/// The command `stream` for a topic.
pub fn stream(database: &Database, topic: &Topic) -> Command {
    let mut command = ingestor(database);
    command.args(["stream", "--topic", topic.name()]);
    command
}

/// Streams a topic to its end.
///
/// # Panics
/// The stream fails.
pub fn stream_to_end(database: &Database, topic: &Topic) -> Summary {
    run(
        stream(database, topic).args(["--until-end", "--output", "json"]),
        RUN_WITHIN,
    )
    .summary()
}

/// The events of a file as Kafka records, distributed over this number of partitions.
///
/// # Panics
/// The file cannot be read.
pub fn messages(format: &str, file: &Path, partitions: i32) -> Vec<Record> {
    let printed = python("messages.py", &[Path::new(format), file]).stdout;
    (0..partitions)
        .cycle()
        .zip(printed.lines())
        .map(|(partition, line)| Record::new(partition, line))
        .collect()
}

/// A row of `rejected_events`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the columns of the table
pub struct Rejected {
    pub partition: i32,
    pub position: i64,
    pub key: Option<Vec<u8>>,
    pub payload: Option<Vec<u8>>,
    pub reason: String,
    pub detail: String,
}

/// All rejected events, by position. Checks that each has a reason of one word, and a detail.
///
/// # Panics
/// One has not.
pub fn rejected(client: &mut Client) -> Vec<Rejected> {
    let rows = client
        .query(
            "select partition, position, key, payload, reason, detail from rejected_events order by partition, position",
            &[],
        )
        .unwrap();
    rows.iter()
        .map(|row| {
            let rejected = Rejected {
                partition: row.get(0),
                position: row.get(1),
                key: row.get(2),
                payload: row.get(3),
                reason: row.get(4),
                detail: row.get(5),
            };
            let is_word =
                |character: char| character.is_ascii_lowercase() || "_8".contains(character);
            assert!(
                rejected.reason.len() > 3
                    && rejected.reason.chars().all(is_word)
                    && !rejected.detail.is_empty(),
                "reason and detail of {rejected:?}"
            );
            rejected
        })
        .collect()
}

/// Checks that every reject has the position, key and payload of a sent record. Returns the positions of the rejects.
///
/// # Panics
/// One differs.
pub fn assert_rejects_are_what_was_sent(client: &mut Client, sent: &[Record]) -> Vec<(i32, i64)> {
    let rejects = rejected(client);
    let by_position: HashMap<_, _> = sent
        .iter()
        .map(|record| ((record.partition, record.offset), record))
        .collect();
    for reject in &rejects {
        let record = by_position
            .get(&(reject.partition, reject.position))
            .unwrap_or_else(|| {
                panic!("no record was sent with the position of this reject: {reject:?}")
            });
        assert_eq!(reject.payload, record.payload, "payload of {reject:?}");
        assert_eq!(reject.key, record.key, "key of {reject:?}");
    }
    rejects
        .iter()
        .map(|reject| (reject.partition, reject.position))
        .collect()
}

/// Checks that every record of a topic is stored or rejected once, up to its end, by comparison with the topic, and that the
/// metrics are exact before a rollup and after it.
///
/// # Panics
/// There is a difference.
pub fn assert_topic_is_stored(database: &Database, topic: &Topic) {
    let mut client = database.client();
    assert_eq!(next_offsets(&mut client), topic.ends(), "next offsets");
    let mut sent = Vec::new();
    topic.read(|record| sent.push(record));
    let refused: HashSet<_> = assert_rejects_are_what_was_sent(&mut client, &sent)
        .into_iter()
        .collect();
    let ids: HashSet<String> = sent
        .iter()
        .filter(|record| !refused.contains(&(record.partition, record.offset)))
        .map(|record| {
            let event: serde_json::Value =
                serde_json::from_slice(record.payload.as_deref().unwrap()).unwrap();
            event["event_id"]
                .as_str()
                .unwrap()
                .replace('-', "")
                .to_lowercase()
        })
        .collect();
    let stored = client
        .query(
            "select replace(event_id::text, '-', '') from raw_events",
            &[],
        )
        .unwrap();
    assert_eq!(stored.len(), ids.len(), "events stored");
    let stored: HashSet<String> = stored.iter().map(|row| row.get(0)).collect();
    assert!(
        stored == ids,
        "the stored events differ from those of the topic"
    );
    assert_metrics_equal_raw(&mut client);
    roll_up(&mut client);
    assert_metrics_equal_raw(&mut client);
}
