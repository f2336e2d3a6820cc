//! `status`: how far each partition and file was read, by the ledger and by Kafka.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use crate::args::{DatabaseArgs, KafkaArgs, OutputArgs, TopicsArgs};
use crate::database::{self, DatabaseError, Target};
use crate::output::{Align, Output, Table};
use crate::stream::{self, TopicState};

#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) topics: TopicsArgs,
    #[command(flatten)]
    pub(crate) kafka: KafkaArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// One entry of the ledger, with the end of its log if Kafka has returned it.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Line {
    source: String,
    partition: i32,
    next_offset: Option<i64>,
    end_offset: Option<i64>,
    lag: Option<i64>,
    owner: Option<String>,
    epoch: Option<i64>,
    #[serde(serialize_with = "serialize_time")]
    max_event_ts: Option<DateTime<Utc>>,
    #[serde(serialize_with = "serialize_time")]
    updated_at: Option<DateTime<Utc>>,
}

impl Line {
    fn set_end(&mut self, end: i64) {
        self.end_offset = Some(end);
        self.lag = Some((end - self.next_offset.unwrap_or_default()).max(0));
    }
}

/// Prints the status on standard output.
///
/// # Errors
/// The database does not answer. If Kafka does not answer, that is part of the status.
pub(crate) fn run(args: StatusArgs) -> anyhow::Result<()> {
    let server = database::server(&args.database)?;
    let answer_within = server.answer_within;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut lines = runtime.block_on(async {
        tokio::time::timeout(answer_within, read_ledger(&server.target))
            .await
            .unwrap_or_else(|_| {
                Err(DatabaseError::no_answer(
                    "cannot read the ledger",
                    answer_within,
                ))
            })
    })?;
    let mut errors = Vec::new();
    for topic in &args.topics.topics {
        match stream::topic_state(&args.kafka, topic) {
            Ok(state) => {
                let source = source_in(&lines, &state);
                add_ends(&mut lines, source, &state.ends);
            }
            Err(error) => errors.push(format!("{error:#}")),
        }
    }
    let kafka_error = (!errors.is_empty()).then(|| errors.join("; "));
    let status = Status {
        partitions: lines,
        kafka_error,
    };
    status.print(args.output.output);
    Ok(())
}

async fn read_ledger(target: &Target) -> Result<Vec<Line>, DatabaseError> {
    let client = database::connect(target).await?;
    let rows = client
        .query(include_str!("sql/progress.sql"), &[])
        .await
        .map_err(|error| DatabaseError::of("cannot read the ledger", &error))?;
    Ok(rows
        .into_iter()
        .map(|row| Line {
            source: row.get(0),
            partition: row.get(1),
            next_offset: row.get(2),
            end_offset: None,
            lag: None,
            epoch: row.get(3),
            owner: row.get(4),
            max_event_ts: row.get(5),
            updated_at: row.get(6),
        })
        .collect())
}

/// The source that the ledger has for this topic.
fn source_in<'a>(lines: &[Line], state: &'a TopicState) -> &'a str {
    state
        .recreated_source
        .as_deref()
        .filter(|recreated| lines.iter().any(|line| line.source == *recreated))
        .unwrap_or(&state.source)
}

/// Adds the ends of the logs, and lines for partitions that the ledger does not have yet.
fn add_ends(lines: &mut Vec<Line>, source: &str, ends: &BTreeMap<i32, i64>) {
    for (partition, end) in ends {
        let found = lines
            .iter_mut()
            .find(|line| line.source == source && line.partition == *partition);
        if let Some(line) = found {
            line.set_end(*end);
            continue;
        }
        let mut line = Line {
            source: source.to_owned(),
            partition: *partition,
            next_offset: None,
            end_offset: None,
            lag: None,
            owner: None,
            epoch: None,
            max_event_ts: None,
            updated_at: None,
        };
        line.set_end(*end);
        lines.push(line);
    }
    lines.sort_by(|a, b| (&a.source, a.partition).cmp(&(&b.source, b.partition)));
}

/// The status as it is printed.
#[derive(Serialize)]
struct Status {
    partitions: Vec<Line>,
    kafka_error: Option<String>,
}

impl Output for Status {
    fn text(&self) -> String {
        let mut table = Table::new([
            ("source", Align::Left),
            ("partition", Align::Right),
            ("next offset", Align::Right),
            ("end of log", Align::Right),
            ("lag", Align::Right),
            ("epoch", Align::Right),
            ("event time", Align::Left),
            ("owner", Align::Left),
        ]);
        let number = |value: Option<i64>| value.map_or_else(dash, |value| value.to_string());
        for line in &self.partitions {
            table.add([
                line.source.clone(),
                line.partition.to_string(),
                number(line.next_offset),
                number(line.end_offset),
                number(line.lag),
                number(line.epoch),
                line.max_event_ts.map_or_else(dash, text_of),
                line.owner.clone().unwrap_or_else(dash),
            ]);
        }
        let mut lines = table.lines();
        if self.partitions.is_empty() {
            lines.push("nothing was read yet".to_owned());
        }
        if let Some(error) = &self.kafka_error {
            lines.push(format!("the ends of the logs are not known: {error}"));
        }
        lines.join("\n")
    }
}

fn dash() -> String {
    "-".to_owned()
}

fn serialize_time<S: Serializer>(
    time: &Option<DateTime<Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    time.map(text_of).serialize(serializer)
}

fn text_of(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::args::OutputFormat;

    fn line(partition: i32, next_offset: Option<i64>) -> Line {
        Line {
            source: "kafka:c/t".to_owned(),
            partition,
            next_offset,
            end_offset: None,
            lag: None,
            owner: Some("me".to_owned()),
            epoch: Some(2),
            max_event_ts: DateTime::from_timestamp_millis(0),
            updated_at: None,
        }
    }

    #[test]
    fn lag_is_the_distance_to_the_end_of_the_log() {
        let mut lines = vec![line(0, Some(7)), line(1, None)];
        add_ends(
            &mut lines,
            "kafka:c/t",
            &BTreeMap::from([(0, 10), (1, 4), (2, 5)]),
        );
        assert_eq!(
            lines.iter().map(|line| line.lag).collect::<Vec<_>>(),
            [Some(3), Some(4), Some(5)]
        );
        add_ends(&mut lines, "kafka:other/t", &BTreeMap::from([(0, 1)]));
        assert_eq!(lines[0].end_offset, Some(10));
        assert_eq!(lines[3].source, "kafka:other/t");
    }

    #[test]
    fn a_recreated_topic_is_the_source_that_is_read() {
        let state = TopicState {
            source: "kafka:c/t".to_owned(),
            recreated_source: Some("kafka:c/t@01".to_owned()),
            ends: BTreeMap::new(),
        };
        assert_eq!(source_in(&[line(0, None)], &state), "kafka:c/t");
        let recreated = Line {
            source: "kafka:c/t@01".to_owned(),
            ..line(0, None)
        };
        assert_eq!(
            source_in(&[line(0, None), recreated], &state),
            "kafka:c/t@01"
        );
    }

    #[test]
    fn text_has_a_line_for_each_partition_and_the_error_of_kafka() {
        let status = Status {
            partitions: vec![line(0, Some(7))],
            kafka_error: Some("Kafka at x does not answer".to_owned()),
        };
        let text = status.text();
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows[0].find("  epoch"), rows[1].find("      2"));
        assert!(rows[1].contains("1970-01-01T00:00:00.000Z"));
        assert!(rows[2].contains("does not answer"));
    }

    #[test]
    fn json_has_every_figure() {
        let status = Status {
            partitions: vec![line(0, Some(7))],
            kafka_error: None,
        };
        let json = status.render(OutputFormat::Json);
        let value: Value = serde_json::from_str(&json).unwrap();
        let time = &value["partitions"][0]["max_event_ts"];
        assert_eq!(time, "1970-01-01T00:00:00.000Z");
        assert_eq!(value["partitions"][0]["next_offset"], 7);
        assert_eq!(value["partitions"][0]["lag"], Value::Null);
        assert_eq!(value["kafka_error"], Value::Null);
    }
}
