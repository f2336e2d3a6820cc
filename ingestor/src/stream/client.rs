//! The Kafka side: one consumer, set up so that the ledger decides where it reads.

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
use super::inquiry::{self, ANSWER_WITHIN, ASK_FOR};
use super::position::Place;
use super::probe::{Finding, Probe, Visibility, list_of};
use super::{native, topic_id};
use crate::args::{self, KafkaArgs};

/// After so many milliseconds without a poll the group takes a member for dead.
const POLL_WITHIN: &str = "max.poll.interval.ms";
/// How long leaving the group may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

/// Which partitions a consumer reads.
#[derive(Debug, Clone)]
pub(super) enum Membership {
    /// Those that the group gives it.
    Group {
        name: String,
        /// A member that keeps its partitions over a restart.
        instance: Option<String>,
    },
    /// These, without a group but the one that offsets are copied to.
    Listed { group: String, partitions: Vec<i32> },
    /// All, likewise.
    All { group: String },
}

/// A consumer of one topic.
pub(super) struct Consumer {
    /// Of the partitions that the client fetches. Before the client, as fields are dropped in this order.
    queues: FetchQueues,
    inner: Option<BaseConsumer<GroupContext>>,
    args: KafkaArgs,
    /// Each started when it is first needed.
    comparing_probe: OnceCell<Probe>,
    end_probe: OnceCell<Probe>,
    topic: String,
    source: String,
    topic_id: Option<[u8; 16]>,
    partition_count: i32,
    membership: Membership,
    is_bounded: bool,
    poll_within: Duration,
    /// Partitions that the client fetches.
    reading: BTreeSet<i32>,
    /// Partitions that the client would not fetch, whether or not they are ours: it does not forget.
    paused: BTreeSet<i32>,
}

impl Consumer {
    /// Connects and checks that the topic is there.
    ///
    /// # Errors
    /// An option is wrong, Kafka does not answer, or there is no such topic or partition.
    pub(super) fn connect(
        args: &KafkaArgs,
        topic: &str,
        membership: Membership,
        is_bounded: bool,
    ) -> anyhow::Result<Consumer> {
        // How much may be fetched ahead of a partition depends on how many there are.
        let (_, partition_count) = inquiry::inquire(args, topic)?;
        let ahead = FetchAhead::of(partition_count);
        let mut config = args.client_config();
        let (group, instance) = match &membership {
            Membership::Group { name, instance } => (name.as_str(), instance.as_deref()),
            // Never joined.
            Membership::Listed { group, .. } | Membership::All { group } => (group.as_str(), None),
        };
        if let Some(instance) = instance {
            config.set("group.instance.id", instance);
        }
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
            .set(POLL_WITHIN, "300000")
            // How soon a new partition is found.
            .set("topic.metadata.refresh.interval.ms", "30000")
            // Memory is bounded by these; a short back-off keeps a full queue from starving.
            .set("queued.min.messages", ahead.records.to_string())
            .set("queued.max.messages.kbytes", ahead.kib.to_string())
            .set("fetch.message.max.bytes", ahead.fetch_bytes.to_string())
            .set("fetch.max.bytes", "4194304")
            .set("fetch.queue.backoff.ms", "20")
            .set("fetch.wait.max.ms", "100");
        if !args.uses_consumer_protocol() {
            // With the other protocol both are the broker's, and the client refuses them.
            config
                .set("partition.assignment.strategy", "cooperative-sticky")
                .set("session.timeout.ms", "15000");
        }
        let config = args.finish(config);
        let poll_within = config
            .get(POLL_WITHIN)
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
            .context("Kafka does not tell its cluster id")?;
        let topic_id = inquiry::topic_id_of(&inner, topic, &args.brokers)?;
        Ok(Consumer {
            queues: FetchQueues::default(),
            inner: Some(inner),
            args: args.clone(),
            comparing_probe: OnceCell::new(),
            end_probe: OnceCell::new(),
            topic: topic.to_owned(),
            source: format!("kafka:{cluster}/{topic}"),
            topic_id,
            partition_count,
            membership,
            is_bounded,
            // The client has refused what is no number.
            poll_within: Duration::from_millis(poll_within.unwrap_or(300_000)),
            reading: BTreeSet::new(),
            paused: BTreeSet::new(),
        })
    }

    /// Joins the group, or tells the partitions that are ours without one.
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

    /// The name under which the ledger knows this topic of this cluster.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// The id of the topic; `None` if the brokers are too old to have ids.
    pub(super) fn topic_id(&self) -> Option<[u8; 16]> {
        self.topic_id
    }

    /// Partitions that the topic had when we connected.
    pub(super) fn partition_count(&self) -> i32 {
        self.partition_count
    }

    /// Whether the run ends at the topic's end.
    pub(super) fn is_bounded(&self) -> bool {
        self.is_bounded
    }

    /// How often the client must be polled at least, or the group takes our partitions away.
    pub(super) fn poll_within(&self) -> Duration {
        self.poll_within
    }

    pub(super) fn inner(&self) -> &BaseConsumer<GroupContext> {
        // Taken only by close(), which consumes the consumer.
        self.inner.as_ref().expect("the consumer is open")
    }

    /// The queues of what was fetched, by partition.
    pub(super) fn queues(&mut self) -> &mut FetchQueues {
        &mut self.queues
    }

    /// What the group has asked for since the last call.
    pub(super) fn group_events(&self) -> Vec<GroupEvent> {
        self.inner().context().take_events()
    }

    /// Whether the group has taken us in without telling: with this protocol a member hears nothing until it has a
    /// partition.
    pub(super) fn is_silent_member(&self) -> bool {
        self.args.uses_consumer_protocol() && native::is_member(self.inner())
    }

    /// Whether the group changes assignments piecewise.
    pub(super) fn is_cooperative(&self) -> bool {
        matches!(
            self.inner().rebalance_protocol(),
            RebalanceProtocol::Cooperative
        )
    }

    /// Whether the group took the partitions away without asking; others may read them already.
    pub(super) fn is_assignment_lost(&self) -> bool {
        self.inner().assignment_lost()
    }

    /// The error after which the client does nothing more, if there was one, in its own words.
    pub(super) fn fatal_error(&self) -> Option<(RDKafkaErrorCode, String)> {
        self.inner().client().fatal_error()
    }

    /// Whether there is another topic of the same name now.
    ///
    /// # Errors
    /// Kafka does not tell.
    pub(super) fn is_another_now(&self) -> Result<bool, KafkaError> {
        let now = topic_id::of(self.inner().client(), &self.topic, ANSWER_WITHIN)?;
        Ok(now.is_some() && self.topic_id.is_some() && now != self.topic_id)
    }

    /// Whether Kafka knows the topic now; `None` if it does not answer.
    pub(super) fn is_topic_known(&self) -> Option<bool> {
        let metadata = self
            .inner()
            .fetch_metadata(Some(&self.topic), ASK_FOR)
            .ok()?;
        let found = metadata.topics().first()?;
        match found.error().map(RDKafkaErrorCode::from) {
            None => Some(true),
            Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
                Some(false)
            }
            // Such as that its leader is being chosen.
            Some(_) => None,
        }
    }

    /// The offsets `[low, high)` that the log holds now.
    pub(super) fn watermarks(&self, partition: i32) -> Result<(i64, i64), KafkaError> {
        self.inner()
            .fetch_watermarks(&self.topic, partition, Duration::from_secs(5))
    }

    /// Looks what the log has at these places, whatever is being read.
    ///
    /// # Errors
    /// Kafka does not answer in time.
    pub(super) fn look(
        &self,
        places: &[Place],
        visibility: Visibility,
    ) -> Result<BTreeMap<i32, Finding>, KafkaError> {
        if places.is_empty() {
            return Ok(BTreeMap::new());
        }
        let cell = match visibility {
            Visibility::Uncommitted => &self.comparing_probe,
            Visibility::Committed => &self.end_probe,
        };
        let probe = match cell.get() {
            Some(probe) => probe,
            None => {
                let probe = Probe::start(&self.args, &self.topic, visibility)?;
                cell.get_or_init(|| probe)
            }
        };
        probe.look(places)
    }

    /// The offset after all that was polled of a partition, markers of transactions among it, with the leader epoch of
    /// the last; `None`: nothing was polled since the reading began.
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

    /// Accepts what the group gave; where to read is told by [`Consumer::read`] once it is known.
    pub(super) fn accept(&mut self) -> anyhow::Result<()> {
        if self.is_cooperative() {
            return self
                .inner()
                .incremental_assign(&TopicPartitionList::new())
                .context("cannot accept partitions");
        }
        self.stop_reading()
    }

    /// Begins to read partitions at these offsets, paused before or not, while it goes on with the others; `all` are
    /// both.
    pub(super) fn read(&mut self, starts: &[Place], all: &[Place]) -> anyhow::Result<()> {
        let begun = starts.iter().map(|place| place.partition);
        let client = self.inner.as_ref().context("the consumer is closed")?;
        self.queues.open(client, &self.topic, begun.clone())?;
        let outcome = if self.is_cooperative() {
            self.inner()
                .incremental_assign(&list_of(&self.topic, starts)?)
        } else {
            // Such a protocol knows whole assignments only.
            self.inner().assign(&list_of(&self.topic, all)?)
        };
        outcome.context("cannot read partitions")?;
        self.reading.extend(begun.clone());
        let still: Vec<i32> = begun
            .filter(|partition| self.paused.contains(partition))
            .collect();
        self.set_paused(&still, false)
    }

    fn list_from(&self, starts: &[(i32, i64)]) -> anyhow::Result<TopicPartitionList> {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in starts {
            list.add_partition_offset(&self.topic, *partition, Offset::Offset(*offset))?;
        }
        Ok(list)
    }

    /// Gives partitions back to the group, whether they were read yet or not.
    pub(super) fn give_back(&mut self, partitions: &[i32]) -> anyhow::Result<()> {
        let given: Vec<i32> = partitions
            .iter()
            .copied()
            .filter(|partition| self.reading.remove(partition))
            .collect();
        for partition in &given {
            self.queues.close(*partition);
        }
        if self.is_cooperative() {
            return self
                .inner()
                .incremental_unassign(&self.list(&given))
                .context("cannot give partitions up");
        }
        // An eager group takes all of them.
        self.reading.clear();
        self.queues.clear();
        self.inner().unassign().context("cannot give partitions up")
    }

    /// Reads nothing until told to.
    pub(super) fn stop_reading(&mut self) -> anyhow::Result<()> {
        let reading: Vec<i32> = std::mem::take(&mut self.reading).into_iter().collect();
        self.queues.clear();
        let outcome = if self.is_cooperative() {
            self.inner().incremental_unassign(&self.list(&reading))
        } else {
            // Not unassign(): in a group that would give them back.
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

    /// Stops or resumes the reading of partitions, whatever is assigned.
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

    /// Copies offsets to the group, for tools that show lag. They may be lost without harm.
    pub(super) fn commit(&self, offsets: &[(i32, i64)]) {
        let Ok(list) = self.list_from(offsets) else {
            return;
        };
        if let Err(error) = self.inner().commit(&list, CommitMode::Async) {
            tracing::debug!(%error, "the group's offsets were not committed");
        }
    }

    /// Leaves the group. Closing waits for the brokers; it is given up after a while.
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
            tracing::debug!("leaving the group takes long: not waiting for it");
        }
    }
}

/// What is fetched ahead of one partition, so that all of them together take no more memory than [`AHEAD_KIB`] and one
/// answer of a broker for each.
#[derive(Debug, PartialEq, Eq)]
struct FetchAhead {
    records: i32,
    kib: i32,
    fetch_bytes: i32,
}

const AHEAD_KIB: i32 = 8192;
/// Each record takes a few hundred bytes besides its own.
const AHEAD_RECORDS: i32 = 20_000;

impl FetchAhead {
    fn of(partition_count: i32) -> FetchAhead {
        let share = partition_count.max(1);
        let kib = (AHEAD_KIB / share).max(64);
        FetchAhead {
            records: (AHEAD_RECORDS / share).max(200),
            kib,
            // They may be compressed, and a queue that is almost full takes them all. A larger record comes alone.
            fetch_bytes: (kib / 8).max(64) * 1024,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_share_what_is_fetched_ahead() {
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
