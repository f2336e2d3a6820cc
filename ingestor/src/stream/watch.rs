//! Looks at the topic from outside, while the loop is busy with its records: whether Kafka answers, the ends of the
//! logs, from which the true lag is told, and whether it is still the same topic.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::Context;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::group::GroupContext;
use super::topic_id;
use crate::args::{self, KafkaArgs};
use crate::monitor::Observer;
use crate::outage::{News, Outage};

const LOOK_EVERY: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// One look, however many partitions do not answer.
const LOOK_WITHIN: Duration = Duration::from_secs(15);

/// A running look-out; ends when it is dropped.
pub(super) struct Watch {
    _stop: mpsc::Sender<()>,
    recreated: mpsc::Receiver<()>,
}

impl Watch {
    /// Starts on a thread and with clients of its own.
    pub(super) fn start(
        args: &KafkaArgs,
        topic: &str,
        topic_id: Option<[u8; 16]>,
        observer: Observer,
    ) -> anyhow::Result<Watch> {
        let (stop, stopped) = mpsc::channel();
        let (sender, recreated) = mpsc::channel();
        let mut looker = Looker {
            topic: topic.to_owned(),
            all: client(args, "read_uncommitted")?,
            committed: client(args, "read_committed")?,
            observer,
            outage: Outage::default(),
        };
        std::thread::Builder::new()
            .name("watch".to_owned())
            .spawn(move || {
                while stopped.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                    looker.look();
                    let kafka = looker.all.client();
                    // Without an answer it is asked again.
                    let now = topic_id.and_then(|_| {
                        topic_id::of(kafka, &looker.topic, ANSWER_WITHIN)
                            .ok()
                            .flatten()
                    });
                    if now.is_some() && now != topic_id && sender.send(()).is_err() {
                        return;
                    }
                }
            })
            .context("cannot start to watch the topic")?;
        Ok(Watch {
            _stop: stop,
            recreated,
        })
    }

    /// Whether there is another topic of the same name now.
    pub(super) fn has_seen_another(&self) -> bool {
        self.recreated.try_recv().is_ok()
    }
}

/// A client that only asks; what the end of a log is depends on its isolation level.
fn client(args: &KafkaArgs, isolation_level: &str) -> anyhow::Result<BaseConsumer<GroupContext>> {
    let mut config = args.client_config();
    config.set("topic.metadata.refresh.interval.ms", "-1");
    let mut config = args.finish(config);
    config.set("isolation.level", isolation_level);
    // It is no member of a group.
    config.remove("group.instance.id");
    config
        .create_with_context(GroupContext::default())
        .map_err(args::refused)
}

struct Looker {
    topic: String,
    /// Sees the end of a log at its high watermark.
    all: BaseConsumer<GroupContext>,
    /// Sees it where the first open transaction begins.
    committed: BaseConsumer<GroupContext>,
    observer: Observer,
    outage: Outage,
}

impl Looker {
    fn look(&mut self) {
        match self.ask() {
            Ok(()) => self.answered(),
            Err(error) if is_outage(&error) => self.failed(&error),
            // The loop has its own answer to that, and says so.
            Err(error) => tracing::debug!(%error, "Kafka does not tell how long the topic is"),
        }
    }

    /// Asks for the ends of our logs, or, without partitions, whether Kafka answers at all.
    fn ask(&self) -> Result<(), KafkaError> {
        let deadline = Instant::now() + LOOK_WITHIN;
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
                let bounds = client.fetch_watermarks(&self.topic, partition, ANSWER_WITHIN)?;
                Ok(bounds.1)
            };
            // In this order: what is committed meanwhile must not seem to be beyond the end.
            let ends = end(&self.committed).and_then(|stable| Ok((stable, end(&self.all)?)));
            match ends {
                Ok((stable, end)) => self.observer.seen_end(partition, end, stable),
                Err(error) if outcome.is_ok() => outcome = Err(error),
                Err(_) => {}
            }
            if Instant::now() >= deadline {
                break;
            }
        }
        outcome
    }

    fn answered(&mut self) {
        if self.outage.is_met() {
            self.outage.leave();
        }
        self.observer.kafka_answers();
        if let Some(lasted) = self.outage.worked(Instant::now()) {
            let outage_seconds = lasted.as_secs();
            tracing::info!(topic = self.topic, outage_seconds, "Kafka answers again");
        }
    }

    fn failed(&mut self, error: &KafkaError) {
        // Why that was so comes by this way only; there are no records.
        while self.committed.poll(Duration::ZERO).is_some() {}
        let mut why = error
            .rdkafka_error_code()
            .map_or_else(|| error.to_string(), |code| code.to_string());
        if let Some((_, reason)) = self.committed.context().last_error() {
            why = format!("{why}; {reason}");
        }
        if !self.outage.is_met() {
            self.outage.join();
        }
        self.observer
            .kafka_fails(&format!("Kafka does not answer: {why}"));
        let Some(news) = self.outage.failed(Instant::now()) else {
            return;
        };
        if news == News::Began {
            self.observer.kafka_outage_began();
        }
        let outage_seconds = news.seconds();
        tracing::warn!(
            topic = self.topic,
            outage_seconds,
            "Kafka does not answer: {why}; waiting for it"
        );
    }
}

/// Whether Kafka may answer later to the same question.
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
    fn a_topic_that_is_gone_is_no_outage_of_kafka() {
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
