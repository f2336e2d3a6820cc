//! A Kafka topic as the target of generated records.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::{ClientContext, DefaultClientContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};

use crate::args::{self, KafkaArgs};
use crate::producer;

const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Longer than librdkafka tries to deliver a record.
const FLUSH_WITHIN: Duration = Duration::from_secs(150);
const DELIVER_WITHIN_MS: &str = "120000";
const RETRY_AFTER: Duration = Duration::from_millis(1);

/// Sends records to a topic.
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
        let defaults = [
            ("linger.ms", "5"),
            ("batch.num.messages", "50000"),
            ("batch.size", "1000000"),
            ("queue.buffering.max.messages", "200000"),
            ("queue.buffering.max.kbytes", "65536"),
            ("compression.type", "lz4"),
            // Retries must not change the number of records in the topic.
            ("enable.idempotence", "true"),
            // The partition that Java clients choose for the same key.
            ("partitioner", "murmur2_random"),
            ("message.timeout.ms", DELIVER_WITHIN_MS),
        ];
        let failures = Arc::new(Mutex::new(Failures::default()));
        let deliveries = Deliveries(failures.clone());
        let producer = producer::connect(args, &defaults, &[], deliveries)?;
        if !producer::has_topic(&producer, args, topic)? {
            create(args, topic, partitions)?;
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

    /// Waits until the broker has answered for every record. Returns the number of records that were not delivered, and the
    /// first error.
    pub(super) fn finish(&self) -> anyhow::Result<(u64, Option<KafkaError>)> {
        self.producer
            .flush(FLUSH_WITHIN)
            .context("the broker does not acknowledge the last records")?;
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        Ok((failures.count, failures.first.take()))
    }
}

fn create(args: &KafkaArgs, topic: &str, partitions: i32) -> anyhow::Result<()> {
    let config = args.finish(args.client_config());
    let admin: AdminClient<DefaultClientContext> = config.create().map_err(args::refused)?;
    // -1 stands for the broker's default replication factor.
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
