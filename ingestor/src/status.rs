//! `status`: how far each partition and file has come, by the ledger and by Kafka.

use std::collections::BTreeMap;
use std::io::Write;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::args::{DatabaseArgs, KafkaArgs, OutputArgs, OutputFormat, TopicsArgs};
use crate::database::{self, DatabaseError, Target};
use crate::stream::{self, Log};

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

/// One row of the ledger, with the end of its log if Kafka told it.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    source: String,
    partition: i32,
    next_offset: Option<i64>,
    end: Option<i64>,
    owner: Option<String>,
    epoch: Option<i64>,
    max_event_ts: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
}

impl Line {
    fn lag(&self) -> Option<i64> {
        Some((self.end? - self.next_offset.unwrap_or_default()).max(0))
    }
}

/// Prints the status on standard output.
///
/// # Errors
/// The database cannot be asked. Kafka being away is no error but part of the status.
pub(crate) fn run(args: StatusArgs) -> anyhow::Result<()> {
    let target = database::server(&args.database)?.target;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut lines = runtime.block_on(read_ledger(&target))?;
    let mut errors = Vec::new();
    for topic in &args.topics.topics {
        match stream::look_at(&args.kafka, topic) {
            Ok(log) => {
                let source = source_in(&lines, &log);
                add_ends(&mut lines, source, &log.ends);
            }
            Err(error) => errors.push(format!("{error:#}")),
        }
    }
    let kafka_error = (!errors.is_empty()).then(|| errors.join("; "));
    let text = match args.output.output {
        OutputFormat::Json => format!("{}\n", as_json(&lines, kafka_error.as_deref())),
        OutputFormat::Text => as_text(&lines, kafka_error.as_deref()),
    };
    // A reader that has gone, such as `head`, is no error.
    let _ = std::io::stdout().write_all(text.as_bytes());
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
            end: None,
            epoch: row.get(3),
            owner: row.get(4),
            max_event_ts: row.get(5),
            updated_at: row.get(6),
        })
        .collect())
}

/// The name under which the ledger has this very topic.
fn source_in<'a>(lines: &[Line], log: &'a Log) -> &'a str {
    log.renewed
        .as_deref()
        .filter(|renewed| lines.iter().any(|line| line.source == *renewed))
        .unwrap_or(&log.source)
}

/// Adds the ends of the logs, also of partitions that the ledger does not know yet.
fn add_ends(lines: &mut Vec<Line>, source: &str, ends: &BTreeMap<i32, i64>) {
    for (partition, end) in ends {
        match lines
            .iter_mut()
            .find(|line| line.source == source && line.partition == *partition)
        {
            Some(line) => line.end = Some(*end),
            None => lines.push(Line {
                source: source.to_owned(),
                partition: *partition,
                next_offset: None,
                end: Some(*end),
                owner: None,
                epoch: None,
                max_event_ts: None,
                updated_at: None,
            }),
        }
    }
    lines.sort_by(|a, b| (&a.source, a.partition).cmp(&(&b.source, b.partition)));
}

fn as_json(lines: &[Line], kafka_error: Option<&str>) -> Value {
    let partitions: Vec<Value> = lines
        .iter()
        .map(|line| {
            json!({
                "source": line.source,
                "partition": line.partition,
                "next_offset": line.next_offset,
                "end_offset": line.end,
                "lag": line.lag(),
                "owner": line.owner,
                "epoch": line.epoch,
                "max_event_ts": line.max_event_ts.map(text_of),
                "updated_at": line.updated_at.map(text_of),
            })
        })
        .collect();
    json!({ "partitions": partitions, "kafka_error": kafka_error })
}

fn as_text(lines: &[Line], kafka_error: Option<&str>) -> String {
    const TITLES: [&str; 8] = [
        "source",
        "partition",
        "next offset",
        "end of log",
        "lag",
        "epoch",
        "event time",
        "owner",
    ];
    let mut table = vec![TITLES.map(str::to_owned)];
    let or_dash = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    for line in lines {
        table.push([
            line.source.clone(),
            line.partition.to_string(),
            or_dash(line.next_offset.map(|offset| offset.to_string())),
            or_dash(line.end.map(|offset| offset.to_string())),
            or_dash(line.lag().map(|lag| lag.to_string())),
            or_dash(line.epoch.map(|epoch| epoch.to_string())),
            or_dash(line.max_event_ts.map(text_of)),
            or_dash(line.owner.clone()),
        ]);
    }
    let widths: Vec<usize> = (0..TITLES.len())
        .map(|column| {
            table
                .iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or_default()
        })
        .collect();
    let mut text = String::new();
    for row in &table {
        let cells =
            row.iter()
                .zip(&widths)
                .enumerate()
                .map(|(column, (cell, width))| match column {
                    // Numbers stand at the right.
                    1..=5 => format!("{cell:>width$}"),
                    _ => format!("{cell:<width$}"),
                });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    if lines.is_empty() {
        text.push_str("nothing was read yet\n");
    }
    if let Some(error) = kafka_error {
        text.push_str(&format!("ends of the logs are not known: {error}\n"));
    }
    text
}

fn text_of(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(partition: i32, next_offset: Option<i64>) -> Line {
        Line {
            source: "kafka:c/t".to_owned(),
            partition,
            next_offset,
            end: None,
            owner: Some("me".to_owned()),
            epoch: Some(2),
            max_event_ts: DateTime::from_timestamp_millis(0),
            updated_at: None,
        }
    }

    #[test]
    fn lag_is_what_is_left_of_the_log() {
        let mut lines = vec![line(0, Some(7)), line(1, None)];
        add_ends(
            &mut lines,
            "kafka:c/t",
            &BTreeMap::from([(0, 10), (1, 4), (2, 5)]),
        );
        assert_eq!(
            lines.iter().map(Line::lag).collect::<Vec<_>>(),
            [Some(3), Some(4), Some(5)]
        );
        add_ends(&mut lines, "kafka:other/t", &BTreeMap::from([(0, 1)]));
        assert_eq!(lines[0].end, Some(10));
        assert_eq!(lines[3].source, "kafka:other/t");
    }

    #[test]
    fn a_topic_that_was_made_anew_is_the_source_that_is_read() {
        let log = Log {
            source: "kafka:c/t".to_owned(),
            renewed: Some("kafka:c/t@01".to_owned()),
            ends: BTreeMap::new(),
        };
        assert_eq!(source_in(&[line(0, None)], &log), "kafka:c/t");
        let renewed = Line {
            source: "kafka:c/t@01".to_owned(),
            ..line(0, None)
        };
        assert_eq!(source_in(&[line(0, None), renewed], &log), "kafka:c/t@01");
    }

    #[test]
    fn text_is_aligned_and_says_when_kafka_is_away() {
        let text = as_text(&[line(0, Some(7))], Some("Kafka at x does not answer"));
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows[0].find("  epoch"), rows[1].find("      2"));
        assert!(rows[1].contains("1970-01-01T00:00:00.000Z"));
        assert!(rows[2].contains("does not answer"));
    }

    #[test]
    fn json_has_every_figure() {
        let value = as_json(&[line(0, Some(7))], None);
        assert_eq!(value["partitions"][0]["next_offset"], 7);
        assert_eq!(value["partitions"][0]["lag"], Value::Null);
        assert_eq!(value["kafka_error"], Value::Null);
    }
}
