//! A Kafka topic as target.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::{ClientContext, DefaultClientContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};

use crate::args::{self, KafkaArgs};

const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Longer than librdkafka itself tries to deliver a message.
const FLUSH_WITHIN: Duration = Duration::from_secs(150);
const DELIVER_WITHIN_MS: &str = "120000";
const RETRY_AFTER: Duration = Duration::from_millis(1);

/// Sends records to a topic, in batches.
pub(super) struct Topic {
    name: String,
    producer: ThreadedProducer<Deliveries>,
    failures: Arc<Mutex<Failures>>,
}

#[derive(Debug, Default)]
struct Failures {
    count: u64,
    first: Option<KafkaError>,
}

#[derive(Clone)]
struct Deliveries(Arc<Mutex<Failures>>);

impl ClientContext for Deliveries {
    fn error(&self, error: KafkaError, reason: &str) {
        // librdkafka has logged it already.
        tracing::debug!(%error, reason, "kafka client error");
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            failures.count += 1;
            failures.first.get_or_insert_with(|| error.clone());
        }
    }
}

impl Topic {
    /// Connects, and creates the topic if it does not exist.
    ///
    /// # Errors
    /// No broker answers in time, or the topic can neither be found nor created.
    pub(super) fn open(args: &KafkaArgs, topic: &str, partitions: i32) -> anyhow::Result<Topic> {
        let mut config = args.client_config();
        config
            .set("linger.ms", "5")
            .set("batch.num.messages", "50000")
            .set("batch.size", "1000000")
            .set("queue.buffering.max.messages", "200000")
            .set("queue.buffering.max.kbytes", "65536")
            .set("compression.type", "lz4")
            // As many records in the topic as were asked for, whatever the broker's retries.
            .set("enable.idempotence", "true")
            // The partition that Java clients choose for the same key.
            .set("partitioner", "murmur2_random")
            .set("message.timeout.ms", DELIVER_WITHIN_MS);
        let config = args.finish(config);
        let failures = Arc::new(Mutex::new(Failures::default()));
        let producer: ThreadedProducer<Deliveries> = config
            .create_with_context(Deliveries(failures.clone()))
            .map_err(args::refused)?;
        let known = producer
            .client()
            .fetch_metadata(None, ANSWER_WITHIN)
            .with_context(|| {
                format!(
                    "no Kafka broker answers at {}; is --brokers right?",
                    args.brokers
                )
            })?;
        if !known.topics().iter().any(|known| known.name() == topic) {
            create(&config, topic, partitions)?;
        }
        Ok(Topic {
            name: topic.to_owned(),
            producer,
            failures,
        })
    }

    /// Queues a record; waits while the queue is full.
    pub(super) fn put(&self, key: &[u8], payload: &[u8]) -> anyhow::Result<()> {
        let mut record = BaseRecord::to(&self.name).key(key).payload(payload);
        loop {
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), unsent)) => {
                    record = unsent;
                    std::thread::sleep(RETRY_AFTER);
                }
                Err((error, _)) => return Err(error).context("the record cannot be sent"),
            }
        }
    }

    /// Waits until the broker has answered for every record; how many it did not take, and why the first one.
    pub(super) fn finish(&self) -> anyhow::Result<(u64, Option<KafkaError>)> {
        self.producer
            .flush(FLUSH_WITHIN)
            .context("the broker does not take the last records")?;
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        Ok((failures.count, failures.first.take()))
    }
}

fn create(config: &ClientConfig, topic: &str, partitions: i32) -> anyhow::Result<()> {
    let admin: AdminClient<DefaultClientContext> = config.create().map_err(args::refused)?;
    // -1: what the broker's default is.
    let wanted = [NewTopic::new(
        topic,
        partitions,
        TopicReplication::Fixed(-1),
    )];
    let options = AdminOptions::new()
        .operation_timeout(Some(ANSWER_WITHIN))
        .request_timeout(Some(ANSWER_WITHIN));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let results = runtime
        .block_on(admin.create_topics(&wanted, &options))
        .with_context(|| format!("topic {topic} cannot be created"))?;
    for result in results {
        match result {
            Ok(_) => tracing::info!(topic, partitions, "topic created"),
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((_, code)) => {
                anyhow::bail!("topic {topic} does not exist and cannot be created: {code}")
            }
        }
    }
    Ok(())
}
