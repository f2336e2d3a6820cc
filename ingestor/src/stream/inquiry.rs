//! What is asked of Kafka before anything is read: whether there is the topic, its partitions, its id.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::metadata::Metadata;

use super::group::GroupContext;
use super::topic_id;
use crate::args::{self, KafkaArgs};

/// How long Kafka may take to answer when a run begins.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// One question of those.
pub(super) const ASK_FOR: Duration = Duration::from_secs(1);
/// Between two questions.
const PAUSE: Duration = Duration::from_millis(100);

/// A client that only asks, and how many partitions a topic has.
///
/// # Errors
/// An option is wrong, Kafka does not answer, or there is no such topic.
pub(super) fn inquire(
    args: &KafkaArgs,
    topic: &str,
) -> anyhow::Result<(BaseConsumer<GroupContext>, i32)> {
    let mut config = args.finish(args.client_config());
    // The end of a log is its high watermark, whatever transactions are open.
    config.set("isolation.level", "read_uncommitted");
    let client: BaseConsumer<GroupContext> = config
        .create_with_context(GroupContext::default())
        .map_err(args::refused)?;
    let partition_count = partitions_of(&client, topic, &args.brokers)?;
    Ok((client, partition_count))
}

fn partitions_of(
    client: &BaseConsumer<GroupContext>,
    topic: &str,
    brokers: &str,
) -> anyhow::Result<i32> {
    let metadata = first_answer(client, topic, brokers)?;
    let found = metadata.topics().first().context("Kafka named no topic")?;
    match found.error().map(RDKafkaErrorCode::from) {
        None => Ok(i32::try_from(found.partitions().len())?),
        Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
            bail!("there is no topic {topic}; hint: create it, or name another with --topic")
        }
        Some(code) => bail!("topic {topic}: {code}"),
    }
}

/// Asks for a topic's id until Kafka answers or time is up. Without an answer nothing is read: batches of a topic whose
/// id is not known could be those of another topic than the ledger's.
pub(super) fn topic_id_of(
    client: &BaseConsumer<GroupContext>,
    topic: &str,
    brokers: &str,
) -> anyhow::Result<Option<[u8; 16]>> {
    let deadline = Instant::now() + ANSWER_WITHIN;
    loop {
        match topic_id::of(client.client(), topic, ASK_FOR) {
            Ok(topic_id) => return Ok(topic_id),
            Err(error) if Instant::now() >= deadline => bail!(
                "Kafka at {brokers} does not tell the id of topic {topic}: {error}; hint: run again, and check the \
                 brokers and the topic's ACLs if that does not help"
            ),
            // Also an answer: a broker may not know yet a topic that was created a moment ago.
            Err(_) => drop(client.poll(PAUSE)),
        }
    }
}

/// Asks for a topic until Kafka answers, or refuses for good, or time is up.
fn first_answer(
    client: &BaseConsumer<GroupContext>,
    topic: &str,
    brokers: &str,
) -> anyhow::Result<Metadata> {
    let deadline = Instant::now() + ANSWER_WITHIN;
    loop {
        let error = match client.fetch_metadata(Some(topic), ASK_FOR) {
            Ok(metadata) => return Ok(metadata),
            Err(error) => error,
        };
        // Why that was so comes by this way only; there are no records yet.
        while client.poll(Duration::ZERO).is_some() {}
        let (is_refusal, reason) = client
            .context()
            .last_error()
            .unwrap_or((false, error.to_string()));
        if is_refusal {
            bail!(
                "Kafka at {brokers} refuses us: {reason}; hint: check the user and password, and the TLS options, in -X"
            );
        }
        if Instant::now() >= deadline {
            bail!(
                "Kafka at {brokers} does not answer: {reason}; hint: check --brokers, and TLS and SASL options"
            );
        }
    }
}
