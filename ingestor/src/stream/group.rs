//! Events of the consumer group, collected while the client is polled.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::types::RDKafkaRespErr;

/// Under a cooperative protocol these are changes, under an eager one whole assignments.
#[derive(Debug)]
pub(super) enum GroupEvent {
    Assign(Vec<i32>),
    Revoke(Vec<i32>),
}

/// Collects the events that librdkafka raises during a poll. The poll loop handles them after it, because handling them
/// takes calls of the client.
#[derive(Default)]
pub(super) struct GroupContext {
    events: Mutex<Vec<GroupEvent>>,
    last_error: Mutex<Option<(bool, String)>>,
    is_closing: AtomicBool,
}

impl GroupContext {
    /// The events since the last call.
    pub(super) fn take_events(&self) -> Vec<GroupEvent> {
        std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The last error of the client, and whether it is a refusal: retrying does not help against that.
    pub(super) fn last_error(&self) -> Option<(bool, String)> {
        let last = self.last_error.lock();
        last.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on revocations are acknowledged at once, without an event.
    pub(super) fn set_closing(&self) {
        self.is_closing.store(true, Ordering::Relaxed);
    }
}

impl ClientContext for GroupContext {
    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        // What matters is raised as an error as well, and is reported from there.
        tracing::debug!(target: "librdkafka", facility, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(target: "librdkafka", %error, "{reason}");
        let is_refusal = matches!(
            error.rdkafka_error_code(),
            Some(RDKafkaErrorCode::Authentication | RDKafkaErrorCode::SSL)
        );
        let mut last = self
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // "All brokers are down" follows a refusal, and is less useful.
        if is_refusal || !last.as_ref().is_some_and(|(is_refusal, _)| *is_refusal) {
            *last = Some((is_refusal, reason.to_owned()));
        }
    }
}

impl ConsumerContext for GroupContext {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        error: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        if self.is_closing.load(Ordering::Relaxed) {
            let _ = match consumer.rebalance_protocol() {
                RebalanceProtocol::Cooperative => consumer.incremental_unassign(partitions),
                _ => consumer.unassign(),
            };
            return;
        }
        let numbers = partitions
            .elements()
            .iter()
            .map(|element| element.partition())
            .collect();
        let event = match error {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => GroupEvent::Assign(numbers),
            _ => GroupEvent::Revoke(numbers),
        };
        self.events
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(event);
    }

    fn commit_callback(&self, result: Result<(), KafkaError>, _offsets: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::debug!(%error, "offsets were not copied to the group, where only tools that show lag read them");
        }
    }
}
