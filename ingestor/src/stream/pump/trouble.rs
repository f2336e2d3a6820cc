//! What errors of Kafka mean: decided here and nowhere else.

use std::time::{Duration, Instant};

use anyhow::bail;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::Pump;

/// Between reports of one kind of trouble.
const COMPLAIN_EVERY: Duration = Duration::from_secs(60);
/// A topic that Kafka has said for so long not to know was deleted.
const ABSENT_FOR: Duration = Duration::from_secs(20);
/// Between questions for such a topic.
const ASK_EVERY: Duration = Duration::from_secs(2);

/// A topic that was there before, and is not known to Kafka any more.
pub(super) struct Absence {
    since: Instant,
    ask_at: Instant,
}

impl Pump {
    /// A broker that has just started may not know its topics yet; one that was deleted stays away.
    pub(super) fn look_for_topic(&mut self) -> anyhow::Result<()> {
        let Some(absence) = &mut self.absent else {
            return Ok(());
        };
        let now = Instant::now();
        if now < absence.ask_at {
            return Ok(());
        }
        absence.ask_at = now + ASK_EVERY;
        match self.consumer.is_topic_known() {
            Some(true) => {
                tracing::info!("Kafka knows the topic again");
                self.absent = None;
            }
            Some(false) if absence.since.elapsed() >= ABSENT_FOR => {
                bail!("the topic is not there any more; hint: was it deleted?")
            }
            Some(false) => tracing::debug!("Kafka does not know the topic yet"),
            // An outage is waited for, and a broker that comes back may not know its topics yet.
            None => absence.since = Instant::now(),
        }
        Ok(())
    }

    /// Goes on if it is an outage.
    pub(super) fn bear(&mut self, error: &KafkaError) -> anyhow::Result<()> {
        use RDKafkaErrorCode as Code;
        // A fatal error is told as "fatal"; what it is has to be asked for.
        let fatal = match error {
            KafkaError::MessageConsumptionFatal(_) => self.consumer.fatal_error(),
            _ => None,
        };
        let code = fatal.as_ref().map(|(code, _)| *code);
        match code.or(error.rdkafka_error_code()) {
            // librdkafka says of a log that was cut off that it has no offset to go on from.
            Some(Code::AutoOffsetReset | Code::OffsetOutOfRange | Code::LogTruncation) => {
                // Claims again, and placing then names what is missing, or goes on.
                tracing::warn!(
                    "the log lacks the next offset to read, or was cut off before it: comparing it with the ledger"
                );
                self.look_again()
            }
            Some(Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition) => {
                if self.absent.is_none() {
                    tracing::warn!(
                        "Kafka does not know the topic any more: looking whether that lasts"
                    );
                    let now = Instant::now();
                    self.absent = Some(Absence {
                        since: now,
                        ask_at: now,
                    });
                }
                Ok(())
            }
            Some(
                Code::TopicAuthorizationFailed
                | Code::GroupAuthorizationFailed
                | Code::ClusterAuthorizationFailed
                | Code::SaslAuthenticationFailed
                | Code::Authentication,
            ) => bail!(
                "Kafka refuses us: {error}; hint: check the SASL options and the topic's and group's ACLs"
            ),
            Some(Code::FencedInstanceId | Code::UnreleasedInstanceId) => bail!(
                "another member of the group has our --group-instance-id; hint: each member needs its own"
            ),
            _ if matches!(error, KafkaError::MessageConsumptionFatal(_)) => {
                let why = fatal.map_or_else(|| error.to_string(), |(_, why)| why);
                bail!("Kafka's client cannot go on: {why}; hint: run it again")
            }
            _ => {
                let text = error.to_string();
                let now = Instant::now();
                if self
                    .complaints
                    .get(&text)
                    .is_none_or(|at| now - *at >= COMPLAIN_EVERY)
                {
                    tracing::warn!("Kafka: {text}; going on");
                    self.complaints.insert(text, now);
                }
                Ok(())
            }
        }
    }
}
