//! Rejected records, sent to a Kafka topic as well.
//!
//! `rejected_events` stays what counts. A batch's letters are sent before it is committed, so that none is ever
//! missing in the topic; a batch that is tried again sends them again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};

use crate::args::{self, KafkaArgs};
use crate::batch::Origin;
use crate::database::DatabaseError;
use crate::monitor::Observer;

const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The batch's transaction is open meanwhile: the server ends it when it is idle for longer than 10 s.
const SEND_WITHIN: Duration = Duration::from_secs(8);
const SEND_WITHIN_MS: &str = "7000";

/// A rejected record.
pub(crate) struct Letter<'a> {
    pub(crate) source: &'a str,
    pub(crate) origin: Origin<'a>,
    pub(crate) reason: &'a str,
    pub(crate) detail: &'a str,
}

/// The topic that gets them. Clones send through one producer.
#[derive(Clone)]
pub(crate) struct DeadLetters {
    topic: Arc<str>,
    producer: ThreadedProducer<Deliveries>,
    observer: Observer,
}

#[derive(Clone)]
struct Deliveries;

impl ClientContext for Deliveries {
    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(target: "librdkafka", facility, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(target: "librdkafka", %error, "{reason}");
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = Arc<AtomicUsize>;

    fn delivery(&self, result: &DeliveryResult<'_>, delivered: Arc<AtomicUsize>) {
        match result {
            Ok(_) => {
                delivered.fetch_add(1, Ordering::AcqRel);
            }
            Err((error, _)) => tracing::debug!(%error, "a dead letter was not delivered"),
        }
    }
}

impl DeadLetters {
    /// Connects, and checks that the topic is there.
    ///
    /// # Errors
    /// An option is wrong, Kafka does not answer, or there is no such topic.
    pub(crate) fn open(
        args: &KafkaArgs,
        topic: &str,
        observer: Observer,
    ) -> anyhow::Result<DeadLetters> {
        let mut config = args.client_config();
        config
            .set("linger.ms", "5")
            .set("enable.idempotence", "true")
            .set("message.timeout.ms", SEND_WITHIN_MS)
            .set("queue.buffering.max.kbytes", "16384");
        let producer: ThreadedProducer<Deliveries> = args
            .finish(config)
            .create_with_context(Deliveries)
            .map_err(args::refused)?;
        // All topics: asked for one that is not there, the broker may make it.
        let metadata = producer
            .client()
            .fetch_metadata(None, ANSWER_WITHIN)
            .with_context(|| format!("Kafka at {} does not answer", args.brokers))?;
        if !metadata.topics().iter().any(|found| found.name() == topic) {
            bail!("there is no dead letter topic {topic}; hint: create it");
        }
        Ok(DeadLetters {
            topic: topic.into(),
            producer,
            observer,
        })
    }

    /// Sends letters and waits until all are acknowledged.
    ///
    /// # Errors
    /// Not all were, in time: an outage.
    pub(crate) fn send<'a>(
        &self,
        letters: impl Iterator<Item = Letter<'a>>,
    ) -> Result<(), DatabaseError> {
        let delivered = Arc::new(AtomicUsize::new(0));
        let mut sent = 0;
        for letter in letters {
            self.put(&letter, &delivered)?;
            sent += 1;
        }
        let failed = |error: &dyn std::fmt::Display| {
            DatabaseError::outage(format!("cannot send to the dead letter topic: {error}"))
        };
        self.producer
            .flush(SEND_WITHIN)
            .map_err(|error| failed(&error))?;
        if delivered.load(Ordering::Acquire) < sent {
            return Err(failed(&"not all were acknowledged"));
        }
        self.observer.dead_letters_sent(sent);
        Ok(())
    }

    fn put(&self, letter: &Letter<'_>, delivered: &Arc<AtomicUsize>) -> Result<(), DatabaseError> {
        let (partition, position) = (
            letter.origin.partition.to_string(),
            letter.origin.position.to_string(),
        );
        let mut headers = OwnedHeaders::new();
        for (key, value) in [
            ("musicstream.source", letter.source),
            ("musicstream.partition", &partition),
            ("musicstream.position", &position),
            ("musicstream.reason", letter.reason),
            ("musicstream.detail", letter.detail),
        ] {
            headers = headers.insert(Header {
                key,
                value: Some(value),
            });
        }
        let mut record =
            BaseRecord::<[u8], [u8], _>::with_opaque_to(&self.topic, delivered.clone())
                .headers(headers);
        record.key = letter.origin.key;
        record.payload = letter.origin.payload;
        loop {
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), unsent)) => {
                    record = unsent;
                    // Makes room, or says that there will be none.
                    self.producer.flush(SEND_WITHIN).map_err(|error| {
                        DatabaseError::outage(format!(
                            "cannot send to the dead letter topic: {error}"
                        ))
                    })?;
                }
                Err((error, _)) => {
                    return Err(DatabaseError::outage(format!(
                        "cannot send to the dead letter topic: {error}"
                    )));
                }
            }
        }
    }
}
