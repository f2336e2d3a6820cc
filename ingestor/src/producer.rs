//! Producers of Kafka: how they are configured and connected.

use std::time::Duration;

use anyhow::Context;
use rdkafka::producer::{Producer, ProducerContext, ThreadedProducer};

use crate::args::{self, KafkaArgs};

const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Connects a producer. The user's `-X` options win over `defaults`, and `fixed` wins over both.
///
/// # Errors
/// An option is wrong.
pub(crate) fn connect<C: ProducerContext>(
    args: &KafkaArgs,
    defaults: &[(&str, &str)],
    fixed: &[(&str, &str)],
    context: C,
) -> anyhow::Result<ThreadedProducer<C>> {
    let mut config = args.client_config();
    for (key, value) in defaults {
        config.set(*key, *value);
    }
    let mut config = args.finish(config);
    for (key, value) in fixed {
        config.set(*key, *value);
    }
    config.create_with_context(context).map_err(args::refused)
}

/// Whether a topic exists.
///
/// # Errors
/// Kafka does not answer.
pub(crate) fn has_topic<C: ProducerContext>(
    producer: &ThreadedProducer<C>,
    args: &KafkaArgs,
    topic: &str,
) -> anyhow::Result<bool> {
    // Metadata of all topics, because a request for one by name may create it.
    let metadata = producer
        .client()
        .fetch_metadata(None, ANSWER_WITHIN)
        .with_context(|| {
            format!(
                "Kafka at {} does not answer; hint: check --brokers",
                args.brokers
            )
        })?;
    Ok(metadata.topics().iter().any(|found| found.name() == topic))
}
