//! Dead letters: rejected records that are sent to a Kafka topic as well.
//!
//! `rejected_events` stays authoritative. The letters of a batch are sent before it is committed, so that the topic misses
//! none that it accepts. If the batch is retried, letters without acknowledgement are sent again. A record that the topic
//! never accepts is kept only in `rejected_events`: bad input must not block the events behind it.

mod failure;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::bail;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};

use crate::args::KafkaArgs;
use crate::database::{DatabaseError, Reject, RejectSink};
use crate::monitor::Observer;
use crate::producer;
use failure::DeliveryFailure;

/// Below the 10 s after which the server ends the batch's transaction, which is idle meanwhile (see session.sql).
const SEND_WITHIN: Duration = Duration::from_secs(8);
const SEND_WITHIN_MS: &str = "7000";
/// A topic that has not existed in Kafka's metadata for this long was deleted.
const ABSENT_FOR: Duration = Duration::from_secs(20);
/// Time between two messages that the topic accepts no record.
const LOG_EVERY: Duration = Duration::from_secs(60);
/// Letters that are remembered as settled: more than a batch can have.
const MAX_SETTLED: usize = 2_000_000;

/// Partition and offset of a record. All letters of a [`DeadLetters`] come from one topic.
type LetterKey = (i32, i64);

fn key_of(reject: &Reject<'_>) -> LetterKey {
    (reject.origin.partition, reject.origin.position)
}

fn byte_count(reject: &Reject<'_>) -> usize {
    let count = |bytes: Option<&[u8]>| bytes.map_or(0, <[u8]>::len);
    count(reject.origin.key) + count(reject.origin.payload)
}

/// Sends letters to the topic. Clones share one producer.
#[derive(Clone)]
pub(crate) struct DeadLetters {
    topic: Arc<str>,
    producer: ThreadedProducer<Deliveries>,
    observer: Observer,
    history: Arc<History>,
}

/// State that is kept between calls of [`DeadLetters::send`].
#[derive(Default)]
struct History {
    /// Letters that must not be sent again.
    settled: Mutex<HashSet<LetterKey>>,
    /// Since when the topic has not existed in Kafka's metadata.
    absent_since: Mutex<Option<Instant>>,
    logged_at: Mutex<Option<Instant>>,
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
    type DeliveryOpaque = Box<Pending>;

    fn delivery(&self, result: &DeliveryResult<'_>, pending: Box<Pending>) {
        match result {
            Ok(_) => pending.transmission.acknowledged(pending.key),
            Err((error, record)) => {
                let byte_count = record.payload_len() + record.key_len();
                pending.transmission.failed(pending.key, byte_count, error);
            }
        }
    }
}

/// A letter in flight.
struct Pending {
    key: LetterKey,
    transmission: Arc<Transmission>,
}

/// The letters of one call of [`DeadLetters::send`].
struct Transmission {
    source: String,
    history: Arc<History>,
    observer: Observer,
    outcome: Mutex<Outcome>,
}

/// Counts the letters once each has an outcome, which may be after the call has failed; they are not sent again then.
impl Drop for Transmission {
    fn drop(&mut self) {
        let outcome = locked(&self.outcome);
        self.observer.dead_letters_sent(outcome.acknowledged);
        self.observer
            .dead_letters_kept(outcome.settled() - outcome.acknowledged);
    }
}

#[derive(Debug, Clone, Default)]
struct Outcome {
    acknowledged: usize,
    /// Letters that the topic never accepts.
    refused: usize,
    /// Letters that the topic does not accept as it is configured now, and why.
    topic_refuses: Option<(usize, String)>,
    /// Why further letters were not acknowledged.
    outage: Option<String>,
}

impl Outcome {
    fn settled(&self) -> usize {
        let topic_refuses = self.topic_refuses.as_ref().map_or(0, |(count, _)| *count);
        self.acknowledged + self.refused + topic_refuses
    }
}

impl Transmission {
    fn acknowledged(&self, key: LetterKey) {
        *locked(&self.history.absent_since) = None;
        locked(&self.history.settled).insert(key);
        locked(&self.outcome).acknowledged += 1;
    }

    fn failed(&self, key: LetterKey, byte_count: usize, error: &KafkaError) {
        let mut failure = DeliveryFailure::of(error);
        if failure == DeliveryFailure::TopicUnknown {
            let since = *locked(&self.history.absent_since).get_or_insert_with(Instant::now);
            failure = match since.elapsed() >= ABSENT_FOR {
                true => DeliveryFailure::TopicRefuses,
                false => DeliveryFailure::Outage,
            };
        } else if failure == DeliveryFailure::Outage {
            // A broker that starts after an outage may not know its topics for a while.
            *locked(&self.history.absent_since) = None;
        }
        tracing::debug!(%error, ?failure, "a dead letter was not delivered");
        let mut outcome = locked(&self.outcome);
        match failure {
            DeliveryFailure::RecordRefused => {
                outcome.refused += 1;
                let (partition, offset) = key;
                tracing::warn!(
                    source = self.source,
                    partition,
                    offset,
                    bytes = byte_count,
                    "the dead letter topic never accepts this record, which is kept only in rejected_events: {}",
                    reason_of(error)
                );
            }
            DeliveryFailure::TopicRefuses => {
                let (count, _) = outcome
                    .topic_refuses
                    .get_or_insert_with(|| (0, reason_of(error)));
                *count += 1;
            }
            DeliveryFailure::Outage | DeliveryFailure::TopicUnknown => {
                outcome.outage = Some(reason_of(error));
                return;
            }
        }
        locked(&self.history.settled).insert(key);
    }
}

impl RejectSink for DeadLetters {
    /// Sends letters, and waits until all that the topic accepts are acknowledged.
    ///
    /// # Errors
    /// An outage if Kafka did not acknowledge all letters in time; a configuration error if the producer has a fatal error, as
    /// another attempt with it would fail as well.
    fn send(&self, rejects: &mut dyn Iterator<Item = Reject<'_>>) -> Result<(), DatabaseError> {
        let mut transmission = None;
        let mut sent = 0;
        for reject in rejects {
            if locked(&self.history.settled).contains(&key_of(&reject)) {
                continue;
            }
            let transmission = transmission.get_or_insert_with(|| self.begin(reject.source));
            self.put(&reject, transmission)?;
            sent += 1;
        }
        let Some(transmission) = transmission else {
            return Ok(());
        };
        self.producer
            .flush(SEND_WITHIN)
            .map_err(|error| self.outage(&reason_of(&error)))?;
        let outcome = locked(&transmission.outcome).clone();
        if let Some((count, why)) = &outcome.topic_refuses {
            self.log_refusal(*count, why);
        }
        if outcome.settled() < sent {
            if let Some((_, why)) = self.producer.client().fatal_error() {
                let message = format!("the Kafka producer of dead letters cannot continue: {why}");
                return Err(DatabaseError::config(message));
            }
            let why = outcome.outage.as_deref();
            return Err(self.outage(why.unwrap_or("not all records were acknowledged in time")));
        }
        Ok(())
    }
}

impl DeadLetters {
    /// Connects, and checks that the topic exists.
    ///
    /// # Errors
    /// An option is wrong, Kafka does not answer, or the topic does not exist.
    pub(crate) fn open(
        args: &KafkaArgs,
        topic: &str,
        observer: Observer,
    ) -> anyhow::Result<DeadLetters> {
        let defaults = [
            // A record that arrived compressed must fit into a record again.
            ("compression.type", "zstd"),
            // The topic has a limit of its own. This one is below the size of the queue.
            ("message.max.bytes", "16000000"),
            ("queue.buffering.max.kbytes", "16384"),
            ("message.timeout.ms", SEND_WITHIN_MS),
            // An idempotent producer cannot continue after some errors, and a batch that is retried repeats letters anyway.
            ("enable.idempotence", "false"),
        ];
        let fixed = [
            ("linger.ms", "0"),
            // Kafka refuses whole batches. In a batch of its own no letter is refused because of another one.
            ("batch.num.messages", "1"),
        ];
        let producer = producer::connect(args, &defaults, &fixed, Deliveries)?;
        if !producer::has_topic(&producer, args, topic)? {
            bail!("there is no dead letter topic {topic}; hint: create it");
        }
        Ok(DeadLetters {
            topic: topic.into(),
            producer,
            observer,
            history: Arc::default(),
        })
    }

    fn begin(&self, source: &str) -> Arc<Transmission> {
        let mut settled = locked(&self.history.settled);
        if settled.len() >= MAX_SETTLED {
            settled.clear();
        }
        Arc::new(Transmission {
            source: source.to_owned(),
            history: self.history.clone(),
            observer: self.observer.clone(),
            outcome: Mutex::default(),
        })
    }

    fn outage(&self, why: &str) -> DatabaseError {
        DatabaseError::outage(format!(
            "cannot send to the dead letter topic {}: {why}",
            self.topic
        ))
    }

    fn log_refusal(&self, count: usize, why: &str) {
        let mut logged_at = locked(&self.history.logged_at);
        if logged_at.is_some_and(|at| at.elapsed() < LOG_EVERY) {
            return;
        }
        *logged_at = Some(Instant::now());
        tracing::error!(
            topic = &*self.topic,
            records = count,
            "the dead letter topic accepts no records, which are kept only in rejected_events: {why}; hint: check that the topic \
             exists and that its ACLs allow Write"
        );
    }

    fn put(
        &self,
        reject: &Reject<'_>,
        transmission: &Arc<Transmission>,
    ) -> Result<(), DatabaseError> {
        let (partition, position) = (
            reject.origin.partition.to_string(),
            reject.origin.position.to_string(),
        );
        let mut headers = OwnedHeaders::new();
        for (key, value) in [
            ("musicstream.source", reject.source),
            ("musicstream.partition", &partition),
            ("musicstream.position", &position),
            ("musicstream.reason", reject.reason),
            ("musicstream.detail", reject.detail),
        ] {
            headers = headers.insert(Header {
                key,
                value: Some(value),
            });
        }
        let pending = Box::new(Pending {
            key: key_of(reject),
            transmission: transmission.clone(),
        });
        let mut record =
            BaseRecord::<[u8], [u8], _>::with_opaque_to(&self.topic, pending).headers(headers);
        record.key = reject.origin.key;
        record.payload = reject.origin.payload;
        loop {
            let error = match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((error, unsent)) => {
                    record = unsent;
                    error
                }
            };
            let is_full = error == KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull);
            if is_full && self.producer.in_flight_count() > 0 {
                // Waits for room in the queue; an error means that there will be none.
                self.producer
                    .flush(SEND_WITHIN)
                    .map_err(|error| self.outage(&reason_of(&error)))?;
                continue;
            }
            let error = match is_full {
                // If even an empty queue has no room, the record is too large for it.
                true => KafkaError::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge),
                false => error,
            };
            transmission.failed(key_of(reject), byte_count(reject), &error);
            return Ok(());
        }
    }
}

/// Kafka's own text of an error, without the name of the client's error type.
fn reason_of(error: &KafkaError) -> String {
    match error.rdkafka_error_code() {
        Some(code) => code.to_string(),
        None => error.to_string(),
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_that_was_unknown_before_an_outage_does_not_count_as_deleted() {
        const KEY: LetterKey = (0, 7);
        for (has_outage, is_settled) in [(false, true), (true, false)] {
            let transmission = Transmission {
                source: "kafka:c/t".to_owned(),
                history: Arc::default(),
                observer: Observer::unseen(),
                outcome: Mutex::default(),
            };
            let fail = |code| {
                transmission.failed(KEY, 1, &KafkaError::MessageProduction(code));
            };
            *locked(&transmission.history.absent_since) =
                Instant::now().checked_sub(Duration::from_secs(25));
            if has_outage {
                fail(RDKafkaErrorCode::MessageTimedOut);
            }
            fail(RDKafkaErrorCode::UnknownTopic);
            let settled = locked(&transmission.history.settled).contains(&KEY);
            assert_eq!(settled, is_settled);
            let outage = locked(&transmission.outcome).outage.is_some();
            assert_eq!(outage, has_outage);
        }
    }
}
