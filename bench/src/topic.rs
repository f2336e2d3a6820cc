//! Topics: filled by the generator, and read back for the plain COPY and for the expected daily numbers.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Days, NaiveDate};
use musicstream_tests::wait::block_on;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::copy;
use crate::daily::Daily;
use crate::server::is_over;

const WITHIN: Duration = Duration::from_secs(60);
/// Number of rows that a writer sorts by event_id before it sends them.
pub(crate) const SORTED_ROWS: usize = 100_000;
pub(crate) const PARTITIONS: i32 = 4;
const PREFIX: &str = "musicstream_bench_";

/// A topic of this run; it is deleted when this is dropped.
pub(crate) struct Topic {
    brokers: String,
    name: String,
}

/// Options for the generator.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    pub(crate) records: u64,
    pub(crate) days: u64,
    pub(crate) duplicates_percent: u64,
}

impl Recipe {
    /// The command-line options of the generator; the same options give the same records.
    pub(crate) fn options(&self) -> Vec<String> {
        let first = NaiveDate::from_ymd_opt(2026, 10, 1).unwrap_or_default();
        let end = first + Days::new(self.days);
        [
            ("--seed", "77".to_owned()),
            ("--count", self.records.to_string()),
            ("--duplicates", self.duplicates_percent.to_string()),
            ("--from", first.to_string()),
            ("--until", end.to_string()),
        ]
        .into_iter()
        .flat_map(|(option, value)| [option.to_owned(), value])
        .collect()
    }
}

/// The contents of a topic, read by a decoder that shares no code with the ingestor's.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) records: u64,
    pub(crate) distinct: i64,
    pub(crate) daily: Daily,
    /// The distinct events as rows of a binary COPY, in the order of the topic, one file for each writer.
    pub(crate) plain: Vec<PathBuf>,
    /// The same, with every [`SORTED_ROWS`] rows sorted by event_id.
    pub(crate) sorted: Vec<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Event<'a> {
    event_id: uuid::Uuid,
    #[serde(borrow)]
    user_id: Cow<'a, str>,
    #[serde(borrow)]
    event_type: Cow<'a, str>,
    #[serde(borrow)]
    region: Cow<'a, str>,
    #[serde(borrow)]
    ts: Cow<'a, str>,
    #[serde(borrow)]
    song_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    device: Option<Cow<'a, str>>,
}

impl Topic {
    pub(crate) fn new(brokers: &str, purpose: &str) -> Topic {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        Topic {
            brokers: brokers.to_owned(),
            name: format!(
                "{PREFIX}{purpose}_{}_{}",
                now.as_micros(),
                std::process::id()
            ),
        }
    }

    /// Deletes the topics of benchmarks that were killed.
    pub(crate) fn delete_leftovers(brokers: &str) -> Result<()> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .create()?;
        let metadata = consumer
            .fetch_metadata(None, WITHIN)
            .context("the broker does not answer")?;
        for topic in metadata.topics() {
            let process = topic.name().rsplit('_').next().unwrap_or_default();
            if topic.name().starts_with(PREFIX) && is_over(process) {
                // Dropping it deletes the topic.
                drop(Topic {
                    brokers: brokers.to_owned(),
                    name: topic.name().to_owned(),
                });
            }
        }
        Ok(())
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Creates it, empty.
    pub(crate) fn create(&self) -> Result<()> {
        let options = AdminOptions::new().operation_timeout(Some(WITHIN));
        let topic = NewTopic::new(&self.name, PARTITIONS, TopicReplication::Fixed(1));
        let created = block_on(self.admin()?.create_topics([&topic], &options))?;
        for result in created {
            result
                .map_err(|(name, code)| anyhow::anyhow!("topic {name} was not created: {code}"))?;
        }
        Ok(())
    }

    /// Runs the generator, which creates the topic and fills it; the same recipe gives the same events.
    pub(crate) fn generate(&self, ingestor: &Path, recipe: &Recipe) -> Result<()> {
        let output = Command::new(ingestor)
            .args(["generate", "--to", "kafka", "--output", "json"])
            .args(["--brokers", &self.brokers, "--topic", &self.name])
            .args(["--partitions", &PARTITIONS.to_string()])
            .args(recipe.options())
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot start {}", ingestor.display()))?;
        ensure!(
            output.status.success(),
            "the generator failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }

    /// Calls `take` with each payload, in the order in which the broker sends them.
    fn read(&self, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<u64> {
        let consumer: BaseConsumer = self
            .client()
            .set("group.id", &self.name)
            .set("enable.auto.commit", "false")
            .create()?;
        let mut assignment = TopicPartitionList::new();
        let mut expected = 0;
        for partition in 0..PARTITIONS {
            let (low, high) = consumer.fetch_watermarks(&self.name, partition, WITHIN)?;
            expected += u64::try_from(high - low)?;
            assignment.add_partition_offset(&self.name, partition, Offset::Beginning)?;
        }
        consumer.assign(&assignment)?;
        let mut records = 0;
        let mut last = Instant::now();
        while records < expected {
            let Some(message) = consumer.poll(Duration::from_millis(200)) else {
                ensure!(
                    last.elapsed() < WITHIN,
                    "the broker sent {records} of {expected} records of topic {}",
                    self.name
                );
                continue;
            };
            take(message?.payload().unwrap_or_default())?;
            records += 1;
            last = Instant::now();
        }
        Ok(records)
    }

    /// Reads the whole topic; writes files for this number of writers into `folder`.
    pub(crate) fn content(&self, folder: &Path, writers: usize) -> Result<Content> {
        let mut plain = Files::create(folder, "plain", writers)?;
        let mut sorted = Files::create(folder, "sorted", writers)?;
        let mut seen = HashSet::new();
        let mut daily = Daily::new();
        let mut block: Vec<([u8; 16], Vec<u8>)> = Vec::with_capacity(SORTED_ROWS);
        let records = self.read(|payload| {
            let event: Event<'_> =
                serde_json::from_slice(payload).context("a record is not an event")?;
            if !seen.insert(event.event_id.as_u128()) {
                return Ok(());
            }
            let ts = DateTime::parse_from_rfc3339(&event.ts)?.to_utc();
            let key = (
                ts.date_naive(),
                event.event_type.to_string(),
                event.region.to_string(),
            );
            *daily.entry(key).or_default() += 1;
            let mut row = Vec::with_capacity(128);
            copy::push_row(&mut row, |row| {
                row.put(event.event_id.as_bytes());
                row.put(event.user_id.as_bytes());
                row.put(event.event_type.as_bytes());
                row.put(event.region.as_bytes());
                row.put(&(ts.timestamp_micros() - copy::EPOCH_US).to_be_bytes());
                row.put_optional(event.song_id.as_deref().map(str::as_bytes));
                row.put_optional(event.device.as_deref().map(str::as_bytes));
            });
            block.push((*event.event_id.as_bytes(), row));
            if block.len() == SORTED_ROWS {
                store(&mut block, &mut plain, &mut sorted)?;
            }
            Ok(())
        })?;
        // Every block is divided among the writers, so that none is without rows in a small run.
        let size = block.len().div_ceil(writers).max(1);
        while !block.is_empty() {
            let mut part: Vec<_> = block.drain(..size.min(block.len())).collect();
            store(&mut part, &mut plain, &mut sorted)?;
        }
        Ok(Content {
            records,
            distinct: i64::try_from(seen.len())?,
            daily,
            plain: plain.finish()?,
            sorted: sorted.finish()?,
        })
    }

    /// Copies the records into another topic, each with the schema that Kafka Connect's JSON converter needs.
    pub(crate) fn with_schema(&self) -> Result<Topic> {
        let copied = Topic::new(&self.brokers, "schema");
        copied.create()?;
        let producer: BaseProducer = self
            .client()
            .set("linger.ms", "20")
            .set("compression.type", "lz4")
            .set("queue.buffering.max.messages", "500000")
            .create()?;
        let schema = include_str!("../peers/debezium/schema.json").trim_end();
        let mut number = 0_u64;
        self.read(|payload| {
            let event: &RawValue = serde_json::from_slice(payload)?;
            let value = format!(r#"{{"schema":{schema},"payload":{event}}}"#);
            let key = number.to_string();
            number += 1;
            let mut record = BaseRecord::to(&copied.name).payload(&value).key(&key);
            while let Err((error, back)) = producer.send(record) {
                ensure!(
                    error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull),
                    "a record was not sent: {error}"
                );
                producer.poll(Duration::from_millis(50));
                record = back;
            }
            producer.poll(Duration::ZERO);
            Ok(())
        })?;
        producer.flush(WITHIN)?;
        Ok(copied)
    }

    fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.brokers);
        config
    }

    fn admin(&self) -> Result<AdminClient<DefaultClientContext>> {
        Ok(self.client().create()?)
    }

    fn delete(&self) -> Result<()> {
        let admin = self.admin()?;
        let deleted = block_on(admin.delete_topics(&[&self.name], &AdminOptions::new()))?;
        for result in deleted {
            match result {
                Ok(_) | Err((_, RDKafkaErrorCode::UnknownTopicOrPartition)) => {}
                Err((_, code)) => anyhow::bail!("{code}"),
            }
        }
        Ok(())
    }
}

impl Drop for Topic {
    fn drop(&mut self) {
        if let Err(error) = self.delete() {
            eprintln!("topic {} was not deleted: {error:#}", self.name);
        }
    }
}

/// Writes a block of rows in both orders.
fn store(
    block: &mut Vec<([u8; 16], Vec<u8>)>,
    plain: &mut Files,
    sorted: &mut Files,
) -> Result<()> {
    plain.write(block)?;
    block.sort_unstable_by_key(|(id, _)| *id);
    sorted.write(block)?;
    block.clear();
    Ok(())
}

/// One file for each writer; blocks are distributed round-robin.
struct Files {
    files: Vec<(PathBuf, BufWriter<File>)>,
    next: usize,
}

impl Files {
    fn create(folder: &Path, name: &str, writers: usize) -> Result<Files> {
        let files = (0..writers).map(|writer| {
            let path = folder.join(format!("{name}-{writer}.bin"));
            let mut file = BufWriter::new(File::create(&path)?);
            file.write_all(copy::HEADER)?;
            Ok((path, file))
        });
        Ok(Files {
            files: files.collect::<Result<_>>()?,
            next: 0,
        })
    }

    fn write(&mut self, block: &[([u8; 16], Vec<u8>)]) -> Result<()> {
        let count = self.files.len();
        let (_, file) = &mut self.files[self.next % count];
        self.next += 1;
        for (_, row) in block {
            file.write_all(row)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<PathBuf>> {
        self.files
            .into_iter()
            .map(|(path, mut file)| {
                file.write_all(&copy::TRAILER)?;
                file.flush()?;
                Ok(path)
            })
            .collect()
    }
}
