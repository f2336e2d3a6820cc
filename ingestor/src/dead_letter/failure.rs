//! What a failed delivery means for a dead letter. The only place that decides it.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// Why a record was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DeliveryFailure {
    /// The topic never accepts this record; it may accept others.
    RecordRefused,
    /// The topic accepts no record as it is configured now, for example for lack of privileges.
    TopicRefuses,
    /// The topic does not exist in the broker's metadata, which may be incomplete just after the broker's start.
    TopicUnknown,
    /// The record may be delivered later.
    Outage,
}

impl DeliveryFailure {
    pub(super) fn of(error: &KafkaError) -> DeliveryFailure {
        use RDKafkaErrorCode as Code;
        match error.rdkafka_error_code() {
            Some(
                // Compressed, it is larger than message.max.bytes of the client or max.message.bytes of the topic.
                Code::MessageSizeTooLarge
                | Code::InvalidMessageSize
                | Code::MessageBatchTooLarge
                // For example a record without a key in a compacted topic.
                | Code::InvalidRecord
                | Code::InvalidTimestamp
                | Code::PolicyViolation
                | Code::UnsupportedForMessageFormat
                | Code::BadMessage
                | Code::BadCompression,
            ) => DeliveryFailure::RecordRefused,
            Some(
                Code::TopicAuthorizationFailed
                | Code::ClusterAuthorizationFailed
                | Code::InvalidTopic
                | Code::InvalidRequiredAcks
                | Code::UnsupportedCompressionType,
            ) => DeliveryFailure::TopicRefuses,
            Some(Code::UnknownTopic | Code::UnknownPartition | Code::UnknownTopicOrPartition) => {
                DeliveryFailure::TopicUnknown
            }
            _ => DeliveryFailure::Outage,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_temporary_failure_is_an_outage() {
        use RDKafkaErrorCode as Code;
        for (failure, codes) in [
            (
                DeliveryFailure::RecordRefused,
                &[Code::MessageSizeTooLarge, Code::InvalidRecord][..],
            ),
            (
                DeliveryFailure::TopicRefuses,
                &[Code::TopicAuthorizationFailed, Code::InvalidTopic],
            ),
            (
                DeliveryFailure::TopicUnknown,
                &[Code::UnknownTopic, Code::UnknownTopicOrPartition],
            ),
            (
                DeliveryFailure::Outage,
                &[
                    Code::MessageTimedOut,
                    Code::BrokerTransportFailure,
                    Code::AllBrokersDown,
                    Code::NotEnoughReplicas,
                    Code::LeaderNotAvailable,
                    Code::KafkaStorageError,
                    Code::ThrottlingQuotaExceeded,
                    Code::QueueFull,
                    // The whole cluster refuses access. The consumer gets the same error, and ends the run.
                    Code::SaslAuthenticationFailed,
                ],
            ),
        ] {
            for code in codes {
                let error = KafkaError::MessageProduction(*code);
                assert_eq!(DeliveryFailure::of(&error), failure, "{code:?}");
            }
        }
        assert_eq!(
            DeliveryFailure::of(&KafkaError::Canceled),
            DeliveryFailure::Outage
        );
    }
}
