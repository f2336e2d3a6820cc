//! The Kafka side: one consumer, set up so that the ledger decides where it reads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, bail};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{
    BaseConsumer, CommitMode, Consumer as _, ConsumerContext, RebalanceProtocol,
};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{Offset, TopicPartitionList};

use crate::cli::KafkaArgs;

/// How long Kafka may take to answer when a run begins.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How long leaving the group may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

/// What the group asks for.
#[derive(Debug)]
pub(super) enum GroupEvent {
    Assign(Vec<i32>),
    /// All partitions, because the protocol is the eager one.
    Revoke,
}

/// Collects what librdkafka tells; the pump answers it after the poll.
#[derive(Default)]
pub(super) struct GroupContext {
    events: Mutex<Vec<GroupEvent>>,
    last_error: Mutex<Option<String>>,
    is_closing: AtomicBool,
}

impl ClientContext for GroupContext {
    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        // What matters of it comes as an error too, and is reported from there.
        tracing::debug!(target: "librdkafka", facility, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(target: "librdkafka", %error, "{reason}");
        if let Ok(mut last_error) = self.last_error.lock() {
            *last_error = Some(reason.to_owned());
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
            let _ = consumer.unassign();
            return;
        }
        let event = match error {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => GroupEvent::Assign(
                partitions
                    .elements()
                    .iter()
                    .map(|element| element.partition())
                    .collect(),
            ),
            _ => GroupEvent::Revoke,
        };
        if let Ok(mut events) = self.events.lock() {
            events.push(event);
        }
    }

    fn commit_callback(&self, result: Result<(), KafkaError>, _offsets: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::debug!(%error, "the group's offsets, which only lag tools read, were not committed");
        }
    }
}

/// A consumer of one topic.
pub(super) struct Consumer {
    inner: Option<BaseConsumer<GroupContext>>,
    topic: String,
    source: String,
    partition_count: i32,
    is_bounded: bool,
}

impl Consumer {
    /// Connects and checks that the topic is there.
    ///
    /// # Errors
    /// An option is wrong, Kafka does not answer, or there is no such topic.
    pub(super) fn connect(
        args: &KafkaArgs,
        group: &str,
        is_bounded: bool,
    ) -> anyhow::Result<Consumer> {
        let mut config = args.client_config();
        config
            .set("group.id", group)
            // The ledger decides; what the group has committed is never read.
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set(
                "enable.partition.eof",
                if is_bounded { "true" } else { "false" },
            )
            .set("partition.assignment.strategy", "range")
            .set("session.timeout.ms", "15000")
            // Memory is bounded by these; a short back-off keeps a full queue from starving.
            .set("queued.min.messages", "20000")
            .set("queued.max.messages.kbytes", "8192")
            .set("fetch.max.bytes", "4194304")
            .set("fetch.queue.backoff.ms", "20")
            .set("fetch.wait.max.ms", "100");
        let config = args.finish(config);
        let inner: BaseConsumer<GroupContext> = config
            .create_with_context(GroupContext::default())
            .context("a Kafka option is wrong")?;
        let metadata = match inner.fetch_metadata(Some(&args.topic), ANSWER_WITHIN) {
            Ok(metadata) => metadata,
            Err(error) => {
                let last = inner
                    .context()
                    .last_error
                    .lock()
                    .ok()
                    .and_then(|last| last.clone());
                bail!(
                    "Kafka at {} does not answer: {}; hint: check --brokers, and TLS and SASL options",
                    args.brokers,
                    last.unwrap_or_else(|| error.to_string())
                );
            }
        };
        let topic = metadata.topics().first().context("Kafka named no topic")?;
        if let Some(error) = topic.error() {
            match RDKafkaErrorCode::from(error) {
                RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic => {
                    bail!(
                        "there is no topic {}; hint: create it, or name another with --topic",
                        args.topic
                    )
                }
                code => bail!("topic {}: {code}", args.topic),
            }
        }
        let partition_count = i32::try_from(topic.partitions().len())?;
        let cluster = inner
            .client()
            .fetch_cluster_id(ANSWER_WITHIN)
            .context("Kafka does not tell its cluster id")?;
        let source = format!("kafka:{cluster}/{}", args.topic);
        Ok(Consumer {
            inner: Some(inner),
            topic: args.topic.clone(),
            source,
            partition_count,
            is_bounded,
        })
    }

    /// Joins the group.
    pub(super) fn join(&self) -> anyhow::Result<()> {
        self.inner()
            .subscribe(&[&self.topic])
            .context("cannot subscribe to the topic")
    }

    /// The name under which the ledger knows this topic of this cluster.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// Whether the run ends at the topic's end; such a one reads all partitions and joins no group.
    pub(super) fn is_bounded(&self) -> bool {
        self.is_bounded
    }

    pub(super) fn all_partitions(&self) -> Vec<i32> {
        (0..self.partition_count).collect()
    }

    pub(super) fn inner(&self) -> &BaseConsumer<GroupContext> {
        // Taken only by close(), which consumes the consumer.
        self.inner.as_ref().expect("the consumer is open")
    }

    /// What the group has asked for since the last call.
    pub(super) fn group_events(&self) -> Vec<GroupEvent> {
        match self.inner().context().events.lock() {
            Ok(mut events) => std::mem::take(&mut *events),
            Err(_) => Vec::new(),
        }
    }

    /// Whether the group took the partitions away without asking; others may read them already.
    pub(super) fn is_assignment_lost(&self) -> bool {
        self.inner().assignment_lost()
    }

    /// The offsets `[low, high)` that the log holds now.
    pub(super) fn watermarks(&self, partition: i32) -> Result<(i64, i64), KafkaError> {
        self.inner()
            .fetch_watermarks(&self.topic, partition, Duration::from_secs(5))
    }

    /// Reads these partitions from these offsets on, and no others.
    pub(super) fn assign(&self, starts: &[(i32, i64)]) -> anyhow::Result<()> {
        if matches!(
            self.inner().rebalance_protocol(),
            RebalanceProtocol::Cooperative
        ) {
            bail!(
                "cooperative rebalancing is not supported; hint: leave partition.assignment.strategy as it is"
            );
        }
        let mut list = TopicPartitionList::new();
        for (partition, offset) in starts {
            list.add_partition_offset(&self.topic, *partition, Offset::Offset(*offset))?;
        }
        self.inner()
            .assign(&list)
            .context("cannot assign partitions")
    }

    /// Answers a revocation.
    pub(super) fn unassign(&self) -> anyhow::Result<()> {
        self.inner().unassign().context("cannot give partitions up")
    }

    /// Stops or resumes the reading of partitions, whatever is assigned.
    pub(super) fn set_paused(&self, partitions: &[i32], is_paused: bool) -> anyhow::Result<()> {
        let mut list = TopicPartitionList::new();
        for partition in partitions {
            list.add_partition(&self.topic, *partition);
        }
        let outcome = if is_paused {
            self.inner().pause(&list)
        } else {
            self.inner().resume(&list)
        };
        outcome.context("cannot pause partitions")
    }

    /// Copies offsets to the group, for tools that show lag. They may be lost without harm.
    pub(super) fn commit(&self, offsets: &[(i32, i64)]) {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in offsets {
            if list
                .add_partition_offset(&self.topic, *partition, Offset::Offset(*offset))
                .is_err()
            {
                return;
            }
        }
        if let Err(error) = self.inner().commit(&list, CommitMode::Async) {
            tracing::debug!(%error, "the group's offsets were not committed");
        }
    }

    /// Leaves the group. Closing waits for the brokers; it is given up after a while.
    pub(super) fn close(&mut self) {
        let Some(inner) = self.inner.take() else {
            return;
        };
        inner.context().is_closing.store(true, Ordering::Relaxed);
        let (done, closed) = mpsc::channel();
        let closing = std::thread::Builder::new()
            .name("kafka-close".to_owned())
            .spawn(move || {
                let _ = inner.unassign();
                drop(inner);
                let _ = done.send(());
            });
        if closing.is_ok() && closed.recv_timeout(CLOSE_WITHIN).is_err() {
            tracing::debug!("leaving the group takes long: not waiting for it");
        }
    }
}
