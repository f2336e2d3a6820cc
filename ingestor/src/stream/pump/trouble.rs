//! What errors of Kafka mean: decided here and nowhere else.

use std::time::{Duration, Instant};

use anyhow::bail;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::Pump;

/// Between reports of one kind of trouble.
const COMPLAIN_EVERY: Duration = Duration::from_secs(60);

impl Pump {
    /// Goes on if it is an outage.
    pub(super) fn bear(&mut self, error: &KafkaError) -> anyhow::Result<()> {
        use RDKafkaErrorCode as Code;
        let code = error.rdkafka_error_code();
        if matches!(error, KafkaError::MessageConsumptionFatal(_)) {
            bail!("Kafka's client cannot go on: {error}");
        }
        match code {
            Some(Code::AutoOffsetReset | Code::OffsetOutOfRange) => {
                // Claims again, and finds out in placing what is missing, or goes on.
                tracing::warn!("the log no longer holds the next offset to read");
                self.look_again()
            }
            Some(Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition) => {
                bail!("the topic is not there any more; hint: was it deleted?")
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
            Some(Code::FencedInstanceId) => bail!(
                "another member of the group has our --group-instance-id; hint: each member needs its own"
            ),
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
