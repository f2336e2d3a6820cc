//! Rejected records, sent to a Kafka topic as well.
//!
//! `rejected_events` stays what counts. A batch's letters are sent before it is committed, so that none is missing in the
//! topic that the topic can take; a batch that is tried again sends those again that were not acknowledged. What the
//! topic can never take is kept in `rejected_events` alone: bad input must not hold up the events behind it.

mod fate;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};

use crate::args::{self, KafkaArgs};
use crate::batch::Origin;
use crate::monitor::Observer;
use fate::Fate;

const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The batch's transaction is open meanwhile: the server ends it when it is idle for longer than 10 s.
const SEND_WITHIN: Duration = Duration::from_secs(8);
const SEND_WITHIN_MS: &str = "7000";
/// A topic that Kafka has said for so long not to know was deleted.
const ABSENT_FOR: Duration = Duration::from_secs(20);
/// Between reports that the topic takes no record at all.
const COMPLAIN_EVERY: Duration = Duration::from_secs(60);
/// Letters that are remembered to be settled: more than one batch has.
const MAX_SETTLED: usize = 2_000_000;

/// Why letters could not be sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// Kafka may take them later.
    #[error("{0}")]
    Outage(String),
    /// The producer has met a fatal error: another attempt with it fails as well.
    #[error("{0}")]
    Fatal(String),
}

/// A rejected record.
pub(crate) struct Letter<'a> {
    pub(crate) source: &'a str,
    pub(crate) origin: Origin<'a>,
    pub(crate) reason: &'a str,
    pub(crate) detail: &'a str,
}

impl Letter<'_> {
    fn place(&self) -> Place {
        (self.origin.partition, self.origin.position)
    }

    fn byte_count(&self) -> usize {
        let count = |bytes: Option<&[u8]>| bytes.map_or(0, <[u8]>::len);
        count(self.origin.key) + count(self.origin.payload)
    }
}

/// Partition and offset of a record. All letters of a [`DeadLetters`] are of one topic.
type Place = (i32, i64);

/// The topic that gets the letters. Clones send through one producer.
#[derive(Clone)]
pub(crate) struct DeadLetters {
    topic: Arc<str>,
    producer: ThreadedProducer<Deliveries>,
    observer: Observer,
    memory: Arc<Memory>,
}

/// What outlasts one call of [`DeadLetters::send`].
#[derive(Default)]
struct Memory {
    /// Letters that need not be sent again.
    settled: Mutex<HashSet<Place>>,
    /// Since when Kafka says that it does not know the topic.
    absent_since: Mutex<Option<Instant>>,
    complained_at: Mutex<Option<Instant>>,
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
            Ok(_) => pending.round.acknowledged(pending.place),
            Err((error, record)) => {
                let byte_count = record.payload_len() + record.key_len();
                pending.round.failed(pending.place, byte_count, error);
            }
        }
    }
}

/// A letter that is under way.
struct Pending {
    place: Place,
    round: Arc<Round>,
}

/// The letters of one call of [`DeadLetters::send`].
struct Round {
    source: String,
    memory: Arc<Memory>,
    outcome: Mutex<Outcome>,
}

#[derive(Debug, Clone, Default)]
struct Outcome {
    acknowledged: usize,
    /// Those that the topic can never take.
    refused: usize,
    /// Those that it would take if it were set up otherwise, and why not.
    unwelcome: Option<(usize, String)>,
    /// Why others were not acknowledged.
    outage: Option<String>,
}

impl Outcome {
    fn settled(&self) -> usize {
        let unwelcome = self.unwelcome.as_ref().map_or(0, |(count, _)| *count);
        self.acknowledged + self.refused + unwelcome
    }
}

impl Round {
    fn acknowledged(&self, place: Place) {
        *locked(&self.memory.absent_since) = None;
        locked(&self.memory.settled).insert(place);
        locked(&self.outcome).acknowledged += 1;
    }

    fn failed(&self, place: Place, byte_count: usize, error: &KafkaError) {
        let mut fate = Fate::of(error);
        if fate == Fate::Absent {
            let since = *locked(&self.memory.absent_since).get_or_insert_with(Instant::now);
            fate = match since.elapsed() >= ABSENT_FOR {
                true => Fate::Unwelcome,
                false => Fate::Outage,
            };
        }
        tracing::debug!(%error, ?fate, "a dead letter was not delivered");
        let mut outcome = locked(&self.outcome);
        match fate {
            Fate::Refused => {
                outcome.refused += 1;
                let (partition, offset) = place;
                tracing::warn!(
                    source = self.source,
                    partition,
                    offset,
                    bytes = byte_count,
                    "the dead letter topic can never take this record, which is kept in rejected_events alone: {}",
                    reason_of(error)
                );
            }
            Fate::Unwelcome => {
                let (count, _) = outcome
                    .unwelcome
                    .get_or_insert_with(|| (0, reason_of(error)));
                *count += 1;
            }
            Fate::Outage | Fate::Absent => {
                outcome.outage = Some(reason_of(error));
                return;
            }
        }
        locked(&self.memory.settled).insert(place);
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
            // A record that came compressed has to fit in again.
            .set("compression.type", "zstd")
            // The topic has its own limit. Less than the queue takes.
            .set("message.max.bytes", "16000000")
            .set("queue.buffering.max.kbytes", "16384")
            .set("message.timeout.ms", SEND_WITHIN_MS)
            // An idempotent producer ends for good after some errors, and a batch that is tried again repeats letters anyway.
            .set("enable.idempotence", "false");
        let mut config = args.finish(config);
        config
            .set("linger.ms", "0")
            // Kafka refuses whole batches: alone, no letter is refused for what is wrong with another.
            .set("batch.num.messages", "1");
        let producer: ThreadedProducer<Deliveries> = config
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
            memory: Arc::default(),
        })
    }

    /// Sends letters and waits until all are acknowledged that the topic takes.
    ///
    /// # Errors
    /// Kafka did not answer for all, in time: an outage.
    pub(crate) fn send<'a>(
        &self,
        letters: impl Iterator<Item = Letter<'a>>,
    ) -> Result<(), SendError> {
        let mut round = None;
        let mut sent = 0;
        for letter in letters {
            if locked(&self.memory.settled).contains(&letter.place()) {
                continue;
            }
            let round = round.get_or_insert_with(|| self.begin(letter.source));
            self.put(&letter, round)?;
            sent += 1;
        }
        let Some(round) = round else {
            return Ok(());
        };
        self.producer
            .flush(SEND_WITHIN)
            .map_err(|error| self.outage(&reason_of(&error)))?;
        let outcome = locked(&round.outcome).clone();
        self.observer.dead_letters_sent(outcome.acknowledged);
        self.observer
            .dead_letters_kept(outcome.settled() - outcome.acknowledged);
        if let Some((count, why)) = &outcome.unwelcome {
            self.complain(*count, why);
        }
        if outcome.settled() < sent {
            if let Some((_, why)) = self.producer.client().fatal_error() {
                let message = format!("Kafka's producer of dead letters cannot go on: {why}");
                return Err(SendError::Fatal(message));
            }
            let why = outcome.outage.as_deref();
            return Err(self.outage(why.unwrap_or("not all records were acknowledged in time")));
        }
        Ok(())
    }

    fn begin(&self, source: &str) -> Arc<Round> {
        let mut settled = locked(&self.memory.settled);
        if settled.len() >= MAX_SETTLED {
            settled.clear();
        }
        Arc::new(Round {
            source: source.to_owned(),
            memory: self.memory.clone(),
            outcome: Mutex::default(),
        })
    }

    fn outage(&self, why: &str) -> SendError {
        SendError::Outage(format!(
            "cannot send to the dead letter topic {}: {why}",
            self.topic
        ))
    }

    fn complain(&self, count: usize, why: &str) {
        let mut complained_at = locked(&self.memory.complained_at);
        if complained_at.is_some_and(|at| at.elapsed() < COMPLAIN_EVERY) {
            return;
        }
        *complained_at = Some(Instant::now());
        tracing::error!(
            topic = &*self.topic,
            records = count,
            "the dead letter topic takes no records, which are kept in rejected_events alone: {why}; hint: check that the \
             topic is there and that its ACLs allow Write"
        );
    }

    fn put(&self, letter: &Letter<'_>, round: &Arc<Round>) -> Result<(), SendError> {
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
        let pending = Box::new(Pending {
            place: letter.place(),
            round: round.clone(),
        });
        let mut record =
            BaseRecord::<[u8], [u8], _>::with_opaque_to(&self.topic, pending).headers(headers);
        record.key = letter.origin.key;
        record.payload = letter.origin.payload;
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
                // Makes room, or says that there will be none.
                self.producer
                    .flush(SEND_WITHIN)
                    .map_err(|error| self.outage(&reason_of(&error)))?;
                continue;
            }
            let error = match is_full {
                // A queue that is empty and has no room never has.
                true => KafkaError::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge),
                false => error,
            };
            round.failed(letter.place(), letter.byte_count(), &error);
            return Ok(());
        }
    }
}

/// What went wrong in Kafka's words, without those of its client's types.
fn reason_of(error: &KafkaError) -> String {
    match error.rdkafka_error_code() {
        Some(code) => code.to_string(),
        None => error.to_string(),
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
