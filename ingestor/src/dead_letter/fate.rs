//! What an error of Kafka means for a record that is to be written: decided here and nowhere else.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// What becomes of a record that was not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// The topic can never take this record; it may take others.
    Refused,
    /// The topic takes no record as it is set up now: we may not write to it, for example.
    Unwelcome,
    /// Kafka does not know the topic, as a broker that has just started may not yet.
    Absent,
    /// It may be written later.
    Outage,
}

impl Fate {
    pub(super) fn of(error: &KafkaError) -> Fate {
        use RDKafkaErrorCode as Code;
        match error.rdkafka_error_code() {
            Some(
                // Larger than message.max.bytes of the client or max.message.bytes of the topic, compressed as it is sent.
                Code::MessageSizeTooLarge
                | Code::InvalidMessageSize
                | Code::MessageBatchTooLarge
                // Such as one without a key for a topic that is compacted.
                | Code::InvalidRecord
                | Code::InvalidTimestamp
                | Code::PolicyViolation
                | Code::UnsupportedForMessageFormat
                | Code::BadMessage
                | Code::BadCompression,
            ) => Fate::Refused,
            Some(
                Code::TopicAuthorizationFailed
                | Code::ClusterAuthorizationFailed
                | Code::InvalidTopic
                | Code::InvalidRequiredAcks
                | Code::UnsupportedCompressionType,
            ) => Fate::Unwelcome,
            Some(Code::UnknownTopic | Code::UnknownPartition | Code::UnknownTopicOrPartition) => {
                Fate::Absent
            }
            _ => Fate::Outage,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_an_outage() {
        use RDKafkaErrorCode as Code;
        for (fate, codes) in [
            (
                Fate::Refused,
                &[Code::MessageSizeTooLarge, Code::InvalidRecord][..],
            ),
            (
                Fate::Unwelcome,
                &[Code::TopicAuthorizationFailed, Code::InvalidTopic],
            ),
            (
                Fate::Absent,
                &[Code::UnknownTopic, Code::UnknownTopicOrPartition],
            ),
            (
                Fate::Outage,
                &[
                    Code::MessageTimedOut,
                    Code::BrokerTransportFailure,
                    Code::AllBrokersDown,
                    Code::NotEnoughReplicas,
                    Code::LeaderNotAvailable,
                    Code::KafkaStorageError,
                    Code::ThrottlingQuotaExceeded,
                    Code::QueueFull,
                    // Of no record but the whole cluster, which the stream is refused by, too.
                    Code::SaslAuthenticationFailed,
                ],
            ),
        ] {
            for code in codes {
                let error = KafkaError::MessageProduction(*code);
                assert_eq!(Fate::of(&error), fate, "{code:?}");
            }
        }
        assert_eq!(Fate::of(&KafkaError::Canceled), Fate::Outage);
    }
}
