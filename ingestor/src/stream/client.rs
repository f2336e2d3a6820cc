//! The consumer of one topic, configured so that the ledger and not Kafka decides where it reads.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, RebalanceProtocol};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};

use super::fetch_queue::FetchQueues;
use super::group::{GroupContext, GroupEvent};
use super::metadata::{self, ANSWER_WITHIN, Isolation, ONE_ATTEMPT};
use super::position::FetchPosition;
use super::probe::{Finding, LogProbe, list_of};
use super::source::source_name;
use super::{native, topic_id};
use crate::args::{self, KafkaArgs};

/// Milliseconds without a poll after which the group removes a member.
const POLL_INTERVAL: &str = "max.poll.interval.ms";
/// Time to leave the group.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

/// Which partitions a consumer reads.
#[derive(Debug, Clone)]
pub(super) enum Membership {
    /// Those that the group assigns.
    Group {
        name: String,
        /// `group.instance.id`: a member with one keeps its partitions over a restart.
        instance: Option<String>,
    },
    /// These, without joining the group; offsets are copied to it.
    Listed { group: String, partitions: Vec<i32> },
    /// All, without joining the group; offsets are copied to it.
    All { group: String },
}

/// A consumer of one topic.
pub(super) struct Consumer {
    /// Must be dropped before the client: fields are dropped in the order of their declaration.
    queues: FetchQueues,
    inner: Option<BaseConsumer<GroupContext>>,
    args: KafkaArgs,
    /// Started when they are first needed.
    uncommitted_probe: OnceCell<LogProbe>,
    committed_probe: OnceCell<LogProbe>,
    topic: String,
    source: String,
    topic_id: Option<[u8; 16]>,
    partition_count: i32,
    membership: Membership,
    is_bounded: bool,
    poll_within: Duration,
    /// Partitions that the client fetches.
    reading: BTreeSet<i32>,
    /// Paused partitions. librdkafka keeps a pause even if the partition is revoked and assigned again, so they are
    /// tracked here.
    paused: BTreeSet<i32>,
}

impl Consumer {
    /// Connects, and checks that the topic exists.
    ///
    /// # Errors
    /// An option is wrong, Kafka does not answer, or the topic or a listed partition does not exist.
    pub(super) fn connect(
        args: &KafkaArgs,
        topic: &str,
        membership: Membership,
        is_bounded: bool,
    ) -> anyhow::Result<Consumer> {
        // The share of each partition in the prefetched memory depends on their number.
        let (_, partition_count) = metadata::connect(args, topic)?;
        let ahead = FetchAhead::of(partition_count);
        let mut config = args.client_config();
        let (group, instance) = match &membership {
            Membership::Group { name, instance } => (name.as_str(), instance.as_deref()),
            // The group is not joined.
            Membership::Listed { group, .. } | Membership::All { group } => (group.as_str(), None),
        };
        if let Some(instance) = instance {
            config.set("group.instance.id", instance);
        }
        config
            .set("group.id", group)
            // The ledger decides where to read. Offsets that the group has committed are never used.
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set(
                "enable.partition.eof",
                if is_bounded { "true" } else { "false" },
            )
            .set(POLL_INTERVAL, "300000")
            // The longest time until a new partition is found.
            .set("topic.metadata.refresh.interval.ms", "30000")
            // These bound the memory. The short back-off refills a full queue before it runs empty.
            .set("queued.min.messages", ahead.records.to_string())
            .set("queued.max.messages.kbytes", ahead.kib.to_string())
            .set("fetch.message.max.bytes", ahead.fetch_bytes.to_string())
            .set("fetch.max.bytes", "4194304")
            .set("fetch.queue.backoff.ms", "20")
            .set("fetch.wait.max.ms", "100");
        if !args.uses_consumer_protocol() {
            // Under the consumer protocol the broker decides both, and the client refuses the options.
            config
                .set("partition.assignment.strategy", "cooperative-sticky")
                .set("session.timeout.ms", "15000");
        }
        let config = args.finish(config);
        let poll_within = config
            .get(POLL_INTERVAL)
            .and_then(|text| text.trim().parse().ok());
        let mut inner: BaseConsumer<GroupContext> = config
            .create_with_context(GroupContext::default())
            .map_err(args::refused)?;
        let reader = thread::current();
        inner.set_nonempty_callback(move || reader.unpark());
        if let Membership::Listed { partitions, .. } = &membership
            && let Some(absent) = partitions.iter().find(|number| **number >= partition_count)
        {
            bail!(
                "topic {topic} has no partition {absent}: it has {partition_count}; hint: check --partitions"
            );
        }
        let cluster = inner
            .client()
            .fetch_cluster_id(ANSWER_WITHIN)
            .context("Kafka does not return its cluster id")?;
        let topic_id = metadata::topic_id(&inner, topic, &args.brokers)?;
        Ok(Consumer {
            queues: FetchQueues::default(),
            inner: Some(inner),
            args: args.clone(),
            uncommitted_probe: OnceCell::new(),
            committed_probe: OnceCell::new(),
            topic: topic.to_owned(),
            source: source_name(&cluster, topic),
            topic_id,
            partition_count,
            membership,
            is_bounded,
            // A value that is not a number was refused when the client was created.
            poll_within: Duration::from_millis(poll_within.unwrap_or(300_000)),
            reading: BTreeSet::new(),
            paused: BTreeSet::new(),
        })
    }

    /// Joins the group; without a group returns the partitions to read.
    pub(super) fn join(&self) -> anyhow::Result<Option<Vec<i32>>> {
        match &self.membership {
            Membership::Group { .. } => self
                .inner()
                .subscribe(&[&self.topic])
                .map(|()| None)
                .context("cannot subscribe to the topic"),
            Membership::Listed { partitions, .. } => Ok(Some(partitions.clone())),
            Membership::All { .. } => Ok(Some((0..self.partition_count).collect())),
        }
    }

    pub(super) fn topic(&self) -> &str {
        &self.topic
    }

    /// The name that the ledger has for this topic of this cluster, unless the topic was recreated.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// The id of the topic; `None` if the brokers are too old to have topic ids.
    pub(super) fn topic_id(&self) -> Option<[u8; 16]> {
        self.topic_id
    }

    /// The number of partitions when the consumer connected.
    pub(super) fn partition_count(&self) -> i32 {
        self.partition_count
    }

    /// Whether the run ends at the end that the topic has when it begins.
    pub(super) fn is_bounded(&self) -> bool {
        self.is_bounded
    }

    /// The longest time between two polls before the group revokes our partitions (`max.poll.interval.ms`).
    pub(super) fn poll_within(&self) -> Duration {
        self.poll_within
    }

    pub(super) fn inner(&self) -> &BaseConsumer<GroupContext> {
        // Taken only by close(), which consumes the consumer.
        self.inner.as_ref().expect("the consumer is open")
    }

    /// The queues of fetched records, by partition.
    pub(super) fn queues(&mut self) -> &mut FetchQueues {
        &mut self.queues
    }

    /// Assignments and revocations since the last call.
    pub(super) fn group_events(&self) -> Vec<GroupEvent> {
        self.inner().context().take_events()
    }

    /// Whether the group has accepted this member without an assignment: under the consumer protocol (KIP-848) there is no
    /// event until a member gets a partition.
    pub(super) fn is_silent_member(&self) -> bool {
        self.args.uses_consumer_protocol() && native::is_member(self.inner())
    }

    /// Whether the group changes assignments incrementally.
    pub(super) fn is_cooperative(&self) -> bool {
        matches!(
            self.inner().rebalance_protocol(),
            RebalanceProtocol::Cooperative
        )
    }

    /// Whether the partitions were lost, not revoked: other members may be reading them already.
    pub(super) fn is_assignment_lost(&self) -> bool {
        self.inner().assignment_lost()
    }

    /// The fatal error of the client, if there was one, with its text.
    pub(super) fn fatal_error(&self) -> Option<(RDKafkaErrorCode, String)> {
        self.inner().client().fatal_error()
    }

    /// Whether the topic was recreated under the same name since the consumer connected.
    ///
    /// # Errors
    /// Kafka does not answer.
    pub(super) fn is_other_topic_now(&self) -> Result<bool, KafkaError> {
        let now = topic_id::fetch(self.inner().client(), &self.topic, ANSWER_WITHIN)?;
        Ok(now.is_some() && self.topic_id.is_some() && now != self.topic_id)
    }

    /// Whether the topic exists in Kafka's metadata now; `None` if Kafka does not answer.
    pub(super) fn is_topic_known(&self) -> Option<bool> {
        let metadata = self
            .inner()
            .fetch_metadata(Some(&self.topic), ONE_ATTEMPT)
            .ok()?;
        let found = metadata.topics().first()?;
        match found.error().map(RDKafkaErrorCode::from) {
            None => Some(true),
            Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
                Some(false)
            }
            // For example: the leader is being elected.
            Some(_) => None,
        }
    }

    /// The bounds `[low, high)` of the log.
    pub(super) fn watermarks(&self, partition: i32) -> Result<(i64, i64), KafkaError> {
        self.inner()
            .fetch_watermarks(&self.topic, partition, Duration::from_secs(5))
    }

    /// Probes what the log has at these positions, independently of what is being read.
    ///
    /// # Errors
    /// Kafka does not answer in time.
    pub(super) fn probe(
        &self,
        positions: &[FetchPosition],
        isolation: Isolation,
    ) -> Result<BTreeMap<i32, Finding>, KafkaError> {
        if positions.is_empty() {
            return Ok(BTreeMap::new());
        }
        let cell = match isolation {
            Isolation::Uncommitted => &self.uncommitted_probe,
            Isolation::Committed => &self.committed_probe,
        };
        let probe = match cell.get() {
            Some(probe) => probe,
            None => {
                let probe = LogProbe::start(&self.args, &self.topic, isolation)?;
                cell.get_or_init(|| probe)
            }
        };
        probe.probe(positions)
    }

    /// The offset after everything that was polled of a partition, transaction markers included, with the leader epoch of
    /// the last record; `None` if nothing was polled since reading began.
    pub(super) fn polled(&self, partition: i32) -> Option<(i64, Option<i32>)> {
        let list = self.inner().position().ok()?;
        let elements = list.elements();
        let index = elements
            .iter()
            .position(|element| element.partition() == partition)?;
        match elements[index].offset() {
            Offset::Offset(offset) => Some((offset, native::leader_epoch_at(&list, index))),
            _ => None,
        }
    }

    /// Accepts an assignment without fetching anything: [`Consumer::read`] begins that once the positions are known.
    pub(super) fn accept(&mut self) -> anyhow::Result<()> {
        if self.is_cooperative() {
            return self
                .inner()
                .incremental_assign(&TopicPartitionList::new())
                .context("cannot accept the assignment");
        }
        self.stop_reading()
    }

    /// Begins to fetch partitions at these positions, even if they are paused. `all` has the positions of the partitions
    /// that are being fetched already as well.
    pub(super) fn read(
        &mut self,
        begun: &[FetchPosition],
        all: &[FetchPosition],
    ) -> anyhow::Result<()> {
        let partitions = begun.iter().map(|position| position.partition);
        let client = self.inner.as_ref().context("the consumer is closed")?;
        self.queues.open(client, &self.topic, partitions.clone())?;
        let outcome = if self.is_cooperative() {
            self.inner()
                .incremental_assign(&list_of(&self.topic, begun)?)
        } else {
            // An eager protocol has only whole assignments.
            self.inner().assign(&list_of(&self.topic, all)?)
        };
        outcome.context("cannot read partitions")?;
        self.reading.extend(partitions.clone());
        let paused: Vec<i32> = partitions
            .filter(|partition| self.paused.contains(partition))
            .collect();
        self.set_paused(&paused, false)
    }

    fn list_of_offsets(&self, offsets: &[(i32, i64)]) -> anyhow::Result<TopicPartitionList> {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in offsets {
            list.add_partition_offset(&self.topic, *partition, Offset::Offset(*offset))?;
        }
        Ok(list)
    }

    /// Gives partitions back to the group, whether or not they were being fetched.
    pub(super) fn give_back(&mut self, partitions: &[i32]) -> anyhow::Result<()> {
        let fetched: Vec<i32> = partitions
            .iter()
            .copied()
            .filter(|partition| self.reading.remove(partition))
            .collect();
        for partition in &fetched {
            self.queues.close(*partition);
        }
        if self.is_cooperative() {
            return self
                .inner()
                .incremental_unassign(&self.list(&fetched))
                .context("cannot give partitions back");
        }
        // An eager protocol revokes all partitions.
        self.reading.clear();
        self.queues.clear();
        self.inner()
            .unassign()
            .context("cannot give partitions back")
    }

    /// Stops fetching all partitions; they stay assigned.
    pub(super) fn stop_reading(&mut self) -> anyhow::Result<()> {
        let reading: Vec<i32> = std::mem::take(&mut self.reading).into_iter().collect();
        self.queues.clear();
        let outcome = if self.is_cooperative() {
            self.inner().incremental_unassign(&self.list(&reading))
        } else {
            // Not unassign(): that would give them back to the group.
            self.inner().assign(&TopicPartitionList::new())
        };
        outcome.context("cannot stop reading")
    }

    fn list(&self, partitions: &[i32]) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for partition in partitions {
            list.add_partition(&self.topic, *partition);
        }
        list
    }

    /// Pauses or resumes partitions, whether or not they are assigned.
    pub(super) fn set_paused(&mut self, partitions: &[i32], is_paused: bool) -> anyhow::Result<()> {
        if partitions.is_empty() {
            return Ok(());
        }
        let list = self.list(partitions);
        let outcome = if is_paused {
            self.paused.extend(partitions);
            self.inner().pause(&list)
        } else {
            self.paused
                .retain(|partition| !partitions.contains(partition));
            self.inner().resume(&list)
        };
        outcome.context("cannot pause partitions")
    }

    /// Copies offsets to the group, for tools that show lag. Losing them is harmless.
    pub(super) fn commit(&self, offsets: &[(i32, i64)]) {
        if offsets.is_empty() {
            return;
        }
        let Ok(list) = self.list_of_offsets(offsets) else {
            return;
        };
        if let Err(error) = self.inner().commit(&list, CommitMode::Async) {
            tracing::debug!(%error, "the offsets were not copied to the group");
        }
    }

    /// Leaves the group. Closing blocks until the brokers answer, so it runs on a thread that is abandoned after a while.
    pub(super) fn close(&mut self) {
        self.queues.clear();
        let Some(inner) = self.inner.take() else {
            return;
        };
        inner.context().set_closing();
        let (done, closed) = mpsc::channel();
        let closing = std::thread::Builder::new()
            .name("kafka-close".to_owned())
            .spawn(move || {
                let _ = inner.unassign();
                drop(inner);
                let _ = done.send(());
            });
        if closing.is_ok() && closed.recv_timeout(CLOSE_WITHIN).is_err() {
            tracing::debug!("the group was not left in time: not waiting for it");
        }
    }
}

/// Limits of what is prefetched for one partition. The partitions share [`AHEAD_KIB`], but each has at least 64 KiB, and may
/// exceed its limit by one response of a broker.
#[derive(Debug, PartialEq, Eq)]
struct FetchAhead {
    records: i32,
    kib: i32,
    fetch_bytes: i32,
}

const AHEAD_KIB: i32 = 8192;
/// A limit as well, because a record takes a few hundred bytes in addition to its content.
const AHEAD_RECORDS: i32 = 20_000;

impl FetchAhead {
    fn of(partition_count: i32) -> FetchAhead {
        let share = partition_count.max(1);
        let kib = (AHEAD_KIB / share).max(64);
        FetchAhead {
            records: (AHEAD_RECORDS / share).max(200),
            kib,
            // A response is compressed, and is added whole even to a queue that is almost full. A larger record is the
            // only one in its response.
            fetch_bytes: (kib / 8).max(64) * 1024,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_share_the_prefetched_memory() {
        let ahead = |records, kib, fetch_bytes| FetchAhead {
            records,
            kib,
            fetch_bytes,
        };
        assert_eq!(FetchAhead::of(0), ahead(20_000, 8192, 1 << 20));
        assert_eq!(FetchAhead::of(4), ahead(5000, 2048, 256 << 10));
        assert_eq!(FetchAhead::of(16), ahead(1250, 512, 64 << 10));
        assert_eq!(FetchAhead::of(5000), ahead(200, 64, 64 << 10));
    }
}
