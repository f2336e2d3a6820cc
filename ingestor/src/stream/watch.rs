//! Watches a topic from a thread of its own: whether Kafka answers, the ends of the logs, from which the lag is computed, and
//! whether the topic was recreated. The poll loop cannot do that: these calls block.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::Context;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::group::GroupContext;
use super::metadata::{Isolation, log_end, metadata_client};
use super::topic_id;
use crate::args::KafkaArgs;
use crate::monitor::Observer;
use crate::outage::{Outage, Phase};

const CHECK_EVERY: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Time for one check of all partitions, however many do not answer.
const CHECK_WITHIN: Duration = Duration::from_secs(15);

/// A running watch. It ends when this is dropped.
pub(super) struct TopicWatch {
    _stop: mpsc::Sender<()>,
    recreated: mpsc::Receiver<()>,
    client: Arc<BaseConsumer<GroupContext>>,
}

impl TopicWatch {
    /// Starts the thread, with clients of its own.
    pub(super) fn start(
        args: &KafkaArgs,
        topic: &str,
        topic_id: Option<[u8; 16]>,
        observer: Observer,
    ) -> anyhow::Result<TopicWatch> {
        let (stop, stopped) = mpsc::channel();
        let (sender, recreated) = mpsc::channel();
        let client = Arc::new(metadata_client(args, Isolation::Uncommitted)?);
        let mut checker = Checker {
            topic: topic.to_owned(),
            all: client.clone(),
            committed: metadata_client(args, Isolation::Committed)?,
            observer,
            outage: Outage::default(),
        };
        std::thread::Builder::new()
            .name("watch".to_owned())
            .spawn(move || {
                while stopped.recv_timeout(CHECK_EVERY) == Err(RecvTimeoutError::Timeout) {
                    let is_answered = checker.check();
                    let now = topic_id
                        .filter(|_| is_answered)
                        .and_then(|_| checker.topic_id());
                    if now.is_some() && now != topic_id && sender.send(()).is_err() {
                        return;
                    }
                }
            })
            .context("cannot start to watch the topic")?;
        Ok(TopicWatch {
            _stop: stop,
            recreated,
            client,
        })
    }

    /// A client for high watermarks.
    pub(super) fn client(&self) -> &BaseConsumer<GroupContext> {
        &self.client
    }

    /// Whether the topic was recreated under the same name.
    pub(super) fn has_seen_other_topic(&self) -> bool {
        self.recreated.try_recv().is_ok()
    }
}

struct Checker {
    topic: String,
    /// For high watermarks.
    all: Arc<BaseConsumer<GroupContext>>,
    /// For the offsets at which the first open transactions begin.
    committed: BaseConsumer<GroupContext>,
    observer: Observer,
    outage: Outage,
}

impl Checker {
    /// Returns whether Kafka answers.
    fn check(&mut self) -> bool {
        match self.read_ends() {
            Ok(()) => self.handle_answer(),
            Err(error) if is_outage(&error) => {
                self.handle_outage(&error);
                return false;
            }
            // The poll loop gets the same error, and reports it.
            Err(error) => tracing::debug!(%error, "Kafka does not return the ends of the topic"),
        }
        true
    }

    /// The topic's id, if Kafka returns it in time; the next check repeats the request. Must not be called during an outage:
    /// librdkafka 2.12 keeps a processor busy while an admin request waits for a broker that refuses connections.
    fn topic_id(&self) -> Option<[u8; 16]> {
        topic_id::fetch(self.all.client(), &self.topic, ANSWER_WITHIN)
            .ok()
            .flatten()
    }

    /// Reads the ends of our partitions; without partitions only whether Kafka answers.
    fn read_ends(&self) -> Result<(), KafkaError> {
        let deadline = Instant::now() + CHECK_WITHIN;
        let partitions = self.observer.partitions();
        if partitions.is_empty() {
            return self
                .all
                .fetch_metadata(Some(&self.topic), ANSWER_WITHIN)
                .map(drop);
        }
        let mut outcome = Ok(());
        for partition in partitions {
            let end = |client: &BaseConsumer<GroupContext>| {
                log_end(client, &self.topic, partition, ANSWER_WITHIN)
            };
            // In this order, so that records committed in between do not seem to lie beyond the end.
            let ends = end(&self.committed).and_then(|stable| Ok((stable, end(&self.all)?)));
            match ends {
                Ok((stable, end)) => self.observer.log_end_seen(partition, end, stable),
                Err(error) if outcome.is_ok() => outcome = Err(error),
                Err(_) => {}
            }
            if Instant::now() >= deadline {
                break;
            }
        }
        outcome
    }

    fn handle_answer(&mut self) {
        if self.outage.has_waiters() {
            self.outage.remove_waiter();
        }
        self.observer.kafka_answers();
        if let Some(lasted) = self.outage.attempt_succeeded(Instant::now()) {
            let outage_seconds = lasted.as_secs();
            tracing::info!(topic = self.topic, outage_seconds, "Kafka answers again");
        }
    }

    fn handle_outage(&mut self, error: &KafkaError) {
        // Polling raises the client's errors, which have the reason. The client reads no records.
        while self.committed.poll(Duration::ZERO).is_some() {}
        let mut why = error
            .rdkafka_error_code()
            .map_or_else(|| error.to_string(), |code| code.to_string());
        if let Some((_, reason)) = self.committed.context().last_error() {
            why = format!("{why}; {reason}");
        }
        if !self.outage.has_waiters() {
            self.outage.add_waiter();
        }
        self.observer
            .kafka_fails(&format!("Kafka does not answer: {why}"));
        let Some(phase) = self.outage.attempt_failed(Instant::now()) else {
            return;
        };
        if phase == Phase::Began {
            self.observer.kafka_outage_began();
        }
        let outage_seconds = phase.seconds();
        tracing::warn!(
            topic = self.topic,
            outage_seconds,
            "Kafka does not answer: {why}; waiting for it"
        );
    }
}

/// Whether the same request may succeed later.
fn is_outage(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    !matches!(
        error.rdkafka_error_code(),
        Some(
            Code::UnknownTopicOrPartition
                | Code::UnknownTopic
                | Code::UnknownPartition
                | Code::TopicAuthorizationFailed
                | Code::ClusterAuthorizationFailed
                | Code::SaslAuthenticationFailed
                | Code::Authentication
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deleted_topic_is_no_outage_of_kafka() {
        use RDKafkaErrorCode as Code;
        for (code, is_one) in [
            (Code::OperationTimedOut, true),
            (Code::BrokerTransportFailure, true),
            (Code::AllBrokersDown, true),
            (Code::LeaderNotAvailable, true),
            (Code::UnknownTopicOrPartition, false),
            (Code::TopicAuthorizationFailed, false),
        ] {
            assert_eq!(
                is_outage(&KafkaError::MetadataFetch(code)),
                is_one,
                "{code:?}"
            );
        }
    }
}
