//! A topic's partitions and id, which are requested from Kafka before anything is read.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::Metadata;

use super::group::GroupContext;
use super::topic_id;
use crate::args::{self, KafkaArgs};

/// Time for Kafka to answer when a run begins.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Time for one attempt of these.
pub(super) const ONE_ATTEMPT: Duration = Duration::from_secs(1);
/// Time for a topic that was just created, or whose broker has just started, to appear in the broker's metadata.
const KNOWN_WITHIN: Duration = Duration::from_secs(10);
/// Time between two attempts.
const PAUSE: Duration = Duration::from_millis(100);

/// Which records a client sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Isolation {
    /// All records. The end of a log is its high watermark.
    Uncommitted,
    /// The records that a stream reads. The end of a log is where its first open transaction begins.
    Committed,
}

impl Isolation {
    /// The value of `isolation.level`.
    pub(super) fn level(self) -> &'static str {
        match self {
            Isolation::Uncommitted => "read_uncommitted",
            Isolation::Committed => "read_committed",
        }
    }
}

/// A client for metadata and watermarks. It joins no group and reads no records.
pub(super) fn metadata_client(
    args: &KafkaArgs,
    isolation: Isolation,
) -> anyhow::Result<BaseConsumer<GroupContext>> {
    let mut config = args.client_config();
    config.set("topic.metadata.refresh.interval.ms", "-1");
    let mut config = args.finish(config);
    config.set("isolation.level", isolation.level());
    config.remove("group.instance.id");
    config
        .create_with_context(GroupContext::default())
        .map_err(args::refused)
}

/// The end of a partition's log, by the client's isolation level.
pub(super) fn log_end(
    client: &BaseConsumer<GroupContext>,
    topic: &str,
    partition: i32,
    within: Duration,
) -> Result<i64, KafkaError> {
    let (_, end) = client.fetch_watermarks(topic, partition, within)?;
    Ok(end)
}

/// Connects a client that reads nothing, and returns it with the number of the topic's partitions.
///
/// # Errors
/// An option is wrong, Kafka does not answer, or the topic does not exist.
pub(super) fn connect(
    args: &KafkaArgs,
    topic: &str,
) -> anyhow::Result<(BaseConsumer<GroupContext>, i32)> {
    let client = metadata_client(args, Isolation::Uncommitted)?;
    let partition_count = partition_count(&client, topic, &args.brokers)?;
    Ok((client, partition_count))
}

fn partition_count(
    client: &BaseConsumer<GroupContext>,
    topic: &str,
    brokers: &str,
) -> anyhow::Result<i32> {
    use RDKafkaErrorCode as Code;
    let deadline = Instant::now() + KNOWN_WITHIN;
    let mut is_first = true;
    loop {
        let metadata = first_answer(client, topic, brokers)?;
        let found = metadata
            .topics()
            .first()
            .context("Kafka returned no topic")?;
        let error = found.error().map(Code::from);
        let is_in_time = Instant::now() < deadline;
        match error {
            None => return Ok(i32::try_from(found.partitions().len())?),
            Some(Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::LeaderNotAvailable)
                if is_in_time =>
            {
                if is_first {
                    tracing::info!(
                        topic,
                        "Kafka does not know the topic: asking again for {} s, because it may just have been created",
                        KNOWN_WITHIN.as_secs()
                    );
                }
                is_first = false;
                drop(client.poll(PAUSE));
            }
            Some(Code::UnknownTopicOrPartition | Code::UnknownTopic) => {
                bail!("there is no topic {topic}; hint: create it, or name another with --topic")
            }
            Some(code) => bail!("topic {topic}: {code}"),
        }
    }
}

/// Asks for a topic's id until Kafka answers or time is up.
///
/// # Errors
/// Kafka does not answer. Nothing may be read then: the topic could be another one than the ledger's.
pub(super) fn topic_id(
    client: &BaseConsumer<GroupContext>,
    topic: &str,
    brokers: &str,
) -> anyhow::Result<Option<[u8; 16]>> {
    let deadline = Instant::now() + ANSWER_WITHIN;
    loop {
        match topic_id::fetch(client.client(), topic, ONE_ATTEMPT) {
            Ok(topic_id) => return Ok(topic_id),
            Err(error) if Instant::now() >= deadline => bail!(
                "Kafka at {brokers} does not return the id of topic {topic}: {error}; hint: run it again, and check the \
                 brokers and the topic's ACLs if that does not help"
            ),
            // Errors are retried as well: a topic that was just created may still be absent from a broker's metadata.
            Err(_) => drop(client.poll(PAUSE)),
        }
    }
}

/// Asks for a topic until Kafka answers, refuses access, or time is up.
fn first_answer(
    client: &BaseConsumer<GroupContext>,
    topic: &str,
    brokers: &str,
) -> anyhow::Result<Metadata> {
    let deadline = Instant::now() + ANSWER_WITHIN;
    loop {
        let error = match client.fetch_metadata(Some(topic), ONE_ATTEMPT) {
            Ok(metadata) => return Ok(metadata),
            Err(error) => error,
        };
        // Polling raises the client's errors, which have the reason. There are no records yet.
        while client.poll(Duration::ZERO).is_some() {}
        let (is_refusal, reason) = client
            .context()
            .last_error()
            .unwrap_or((false, error.to_string()));
        if is_refusal {
            bail!(
                "Kafka at {brokers} refuses access: {reason}; hint: check the user, the password and the TLS options in -X"
            );
        }
        if Instant::now() >= deadline {
            bail!(
                "Kafka at {brokers} does not answer: {reason}; hint: check --brokers, and the TLS and SASL options"
            );
        }
    }
}
