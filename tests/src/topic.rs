//! A new Kafka topic for each test, with raw bytes as records.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Once, mpsc};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::{ClientContext, DefaultClientContext};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{DeliveryResult, Message as _};
use rdkafka::producer::{
    BaseProducer, BaseRecord, Producer as _, ProducerContext, ThreadedProducer,
};
use rdkafka::{Offset, TopicPartitionList};

use crate::broker::{Broker, client_of};
use crate::broker_pair::BrokerPair;
use crate::stack::stack;
use crate::wait::{block_on, until};

const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// Begins the names of all test topics.
const PREFIX: &str = "musicstream_test_";

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A topic, which is deleted when this is dropped.
pub struct Topic {
    brokers: String,
    name: String,
    partitions: i32,
}

/// A record to send, or one that was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// Its partition.
    pub partition: i32,
    /// Its offset; not used for sending.
    pub offset: i64,
    /// The key's bytes.
    pub key: Option<Vec<u8>>,
    /// The value's bytes; `None`: a tombstone.
    pub payload: Option<Vec<u8>>,
}

impl Record {
    /// A record for a partition, without a key.
    pub fn new(partition: i32, payload: impl Into<Vec<u8>>) -> Record {
        Record {
            partition,
            payload: Some(payload.into()),
            ..Record::default()
        }
    }

    /// A record of a valid event, with this number as its event_id.
    pub fn play(partition: i32, id: i32) -> Record {
        Record::new(
            partition,
            format!(
                r#"{{"event_id":"{id:032x}","user_id":"canary","device":"canary","event_type":"play","region":"eu","ts":"2026-03-01T00:00:00Z"}}"#
            ),
        )
    }
}

impl Topic {
    /// Creates a topic with a new name.
    ///
    /// # Panics
    /// The broker refuses or does not answer.
    pub fn create(label: &str, partitions: i32) -> Topic {
        Topic::create_with(label, partitions, &[])
    }

    /// As [`Topic::create`], with topic settings such as `max.message.bytes`.
    ///
    /// # Panics
    /// As [`Topic::create`].
    pub fn create_with(label: &str, partitions: i32, settings: &[(&str, &str)]) -> Topic {
        let topic = Topic::not_created(label, partitions);
        topic.make(settings);
        topic
    }

    /// As [`Topic::create`], on a private broker, which must outlive the topic.
    ///
    /// # Panics
    /// As [`Topic::create`].
    pub fn create_on(broker: &Broker, label: &str, partitions: i32) -> Topic {
        let mut topic = Topic::not_created(label, partitions);
        topic.brokers = broker.address();
        topic.make(&[]);
        topic
    }

    /// Creates a topic with one partition on a pair of brokers: the first is the leader, the second the follower.
    ///
    /// # Panics
    /// As [`Topic::create`].
    pub fn create_on_pair(brokers: &BrokerPair, label: &str) -> Topic {
        let mut topic = Topic::not_created(label, 1);
        topic.brokers = brokers.address();
        let replicas: &[&[i32]] = &[&[1, 2]];
        topic.make_with(TopicReplication::Variable(replicas), &[]);
        topic
    }

    /// Deletes the topic and creates it again under the same name.
    ///
    /// # Panics
    /// The broker refuses or does not answer.
    pub fn recreate(&self) {
        self.delete();
        let options = AdminOptions::new().operation_timeout(Some(ANSWER_WITHIN));
        // Deletion completes some time after the answer.
        until(ANSWER_WITHIN, "the topic to be deleted", || {
            let new = NewTopic::new(&self.name, self.partitions, TopicReplication::Fixed(1));
            let results = block_on(self.admin().create_topics([&new], &options)).unwrap();
            results
                .into_iter()
                .all(|result| result.is_ok())
                .then_some(())
        });
        self.wait_until_known();
    }

    /// Deletes the topic.
    ///
    /// # Panics
    /// The broker refuses or does not answer.
    pub fn delete(&self) {
        let options = AdminOptions::new().operation_timeout(Some(ANSWER_WITHIN));
        for result in block_on(self.admin().delete_topics(&[&self.name], &options)).unwrap() {
            result.unwrap_or_else(|error| panic!("cannot delete topic: {error:?}"));
        }
    }

    /// Adds partitions, up to this number.
    ///
    /// # Panics
    /// The broker refuses or does not answer.
    pub fn grow(&mut self, partitions: i32) {
        let more = NewPartitions::new(&self.name, partitions as usize);
        let options = AdminOptions::new().operation_timeout(Some(ANSWER_WITHIN));
        for result in block_on(self.admin().create_partitions([&more], &options)).unwrap() {
            result.unwrap_or_else(|error| panic!("cannot add partitions: {error:?}"));
        }
        self.partitions = partitions;
    }

    /// Deletes the records before an offset, as retention does.
    ///
    /// # Panics
    /// The broker refuses or does not answer.
    pub fn delete_records_before(&self, partition: i32, offset: i64) {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.name, partition, Offset::Offset(offset))
            .unwrap();
        let options = AdminOptions::new().operation_timeout(Some(ANSWER_WITHIN));
        block_on(self.admin().delete_records(&list, &options)).unwrap();
    }

    /// Creates a topic of [`Topic::not_created`] with these settings.
    ///
    /// # Panics
    /// As [`Topic::create`].
    pub fn make(&self, settings: &[(&str, &str)]) {
        self.make_with(TopicReplication::Fixed(1), settings);
    }

    fn make_with(&self, replication: TopicReplication<'_>, settings: &[(&str, &str)]) {
        let mut new = NewTopic::new(&self.name, self.partitions, replication);
        for (name, value) in settings {
            new = new.set(name, value);
        }
        let outcome = block_on(self.admin().create_topics(
            [&new],
            &AdminOptions::new().operation_timeout(Some(ANSWER_WITHIN)),
        ));
        for result in outcome.unwrap() {
            result.unwrap_or_else(|error| panic!("cannot create topic: {error:?}"));
        }
        self.wait_until_known();
    }

    /// Kafka confirms a new topic before it is in the metadata of every broker.
    fn wait_until_known(&self) {
        let client: BaseConsumer = self.client().create().unwrap();
        until(ANSWER_WITHIN, "the topic to be in the metadata", || {
            let metadata = client.fetch_metadata(Some(&self.name), ANSWER_WITHIN);
            let metadata = metadata.ok()?;
            metadata.topics()[0].error().is_none().then_some(())
        });
    }

    /// Chooses a new name without creating the topic, which the program under test creates.
    ///
    /// # Panics
    /// The clock is before 1970.
    pub fn not_created(label: &str, partitions: i32) -> Topic {
        static ORPHANS: Once = Once::new();
        ORPHANS.call_once(|| delete_orphans(&stack().brokers));
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_millis();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Topic {
            brokers: stack().brokers.clone(),
            name: format!("{PREFIX}{label}_{now}_{}_{number}", std::process::id()),
            partitions,
        }
    }

    /// Like [`Topic::not_created`], with the name of this topic and a suffix.
    pub fn not_created_with_suffix(&self, suffix: &str) -> Topic {
        Topic {
            brokers: self.brokers.clone(),
            name: format!("{}{suffix}", self.name),
            partitions: self.partitions,
        }
    }

    fn client(&self) -> ClientConfig {
        client_of(&self.brokers)
    }

    fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.client().create().unwrap()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sends records in order, waits until all are acknowledged, and returns them with their offsets.
    ///
    /// # Panics
    /// One was not acknowledged.
    pub fn send(&self, records: Vec<Record>) -> Vec<Record> {
        let (sender, reports) = mpsc::channel();
        let producer: ThreadedProducer<Reports> = self
            .client()
            .set("enable.idempotence", "true") // preserves the order, without duplicates, across retries
            .set("linger.ms", "5")
            .set("message.max.bytes", "1048000") // close to the default limit of a broker
            .create_with_context(Reports(sender))
            .unwrap();
        for (number, record) in records.iter().enumerate() {
            let mut next = BaseRecord::<[u8], [u8], usize>::with_opaque_to(&self.name, number)
                .partition(record.partition);
            next.key = record.key.as_deref();
            next.payload = record.payload.as_deref();
            producer
                .send(next)
                .unwrap_or_else(|(error, _)| panic!("cannot send record {number}: {error}"));
        }
        producer.flush(ANSWER_WITHIN).unwrap();
        let mut sent = records;
        for _ in 0..sent.len() {
            let (number, offset) = reports
                .recv_timeout(ANSWER_WITHIN)
                .expect("the broker acknowledges every record");
            sent[number].offset = offset;
        }
        sent
    }

    /// Sends records in one transaction, and commits or aborts it once all are in the log.
    ///
    /// # Panics
    /// The broker refuses or does not answer.
    pub fn send_in_transaction(&self, records: &[Record], is_committed: bool) {
        let transaction = self.begin_transaction(records);
        if is_committed {
            transaction.commit();
        } else {
            transaction.abort();
        }
    }

    /// Sends records in a transaction that stays open once all are in the log.
    ///
    /// # Panics
    /// The broker refuses or does not answer.
    pub fn begin_transaction(&self, records: &[Record]) -> Transaction {
        let producer: BaseProducer = self
            .client()
            .set("transactional.id", format!("{}_producer", self.name))
            .create()
            .unwrap();
        producer.init_transactions(ANSWER_WITHIN).unwrap();
        producer.begin_transaction().unwrap();
        for record in records {
            let mut next = BaseRecord::<[u8], [u8]>::to(&self.name).partition(record.partition);
            next.key = record.key.as_deref();
            next.payload = record.payload.as_deref();
            producer
                .send(next)
                .unwrap_or_else(|(error, _)| panic!("cannot send a record: {error}"));
        }
        producer.flush(ANSWER_WITHIN).unwrap();
        Transaction(producer)
    }

    /// The committed offset of a group in each partition.
    ///
    /// # Panics
    /// The broker does not answer.
    pub fn committed(&self, group: &str) -> Vec<Option<i64>> {
        let consumer: BaseConsumer = self.client().set("group.id", group).create().unwrap();
        let mut list = TopicPartitionList::new();
        list.add_partition_range(&self.name, 0, self.partitions - 1);
        let committed = consumer.committed_offsets(list, ANSWER_WITHIN).unwrap();
        let elements = committed.elements_for_topic(&self.name);
        elements
            .iter()
            .map(|element| match element.offset() {
                Offset::Offset(offset) => Some(offset),
                _ => None,
            })
            .collect()
    }

    /// The end offset of each partition.
    ///
    /// # Panics
    /// The broker does not answer.
    pub fn ends(&self) -> Vec<i64> {
        let consumer: BaseConsumer = self.client().create().unwrap();
        (0..self.partitions)
            .map(|partition| {
                consumer
                    .fetch_watermarks(&self.name, partition, ANSWER_WITHIN)
                    .unwrap()
                    .1
            })
            .collect()
    }

    /// Calls `visit` with every record up to the current ends.
    ///
    /// # Panics
    /// The records cannot be read in time.
    pub fn read(&self, mut visit: impl FnMut(Record)) {
        let mut ends = self.ends();
        let consumer: BaseConsumer = self
            .client()
            .set("group.id", "musicstream_test_reader") // required by librdkafka; the group is not joined
            .set("enable.auto.commit", "false")
            .create()
            .unwrap();
        let mut list = TopicPartitionList::new();
        for partition in 0..self.partitions {
            list.add_partition_offset(&self.name, partition, Offset::Beginning)
                .unwrap();
        }
        consumer.assign(&list).unwrap();
        let mut left: i64 = ends.iter().sum();
        let mut last_record_at = Instant::now();
        while left > 0 {
            let Some(message) = consumer.poll(Duration::from_millis(100)) else {
                assert!(
                    last_record_at.elapsed() < ANSWER_WITHIN,
                    "waited for {left} more records of {}",
                    self.name
                );
                continue;
            };
            let message = message.unwrap();
            last_record_at = Instant::now();
            let partition = message.partition();
            if message.offset() >= ends[partition as usize] {
                continue;
            }
            left -= 1;
            if message.offset() + 1 == ends[partition as usize] {
                ends[partition as usize] = 0;
            }
            visit(Record {
                partition,
                offset: message.offset(),
                key: message.key().map(<[u8]>::to_vec),
                payload: message.payload().map(<[u8]>::to_vec),
            });
        }
    }
}

/// An open transaction whose records are in the log.
pub struct Transaction(BaseProducer);

impl Transaction {
    /// Commits the transaction.
    ///
    /// # Panics
    /// The broker refuses or does not answer.
    pub fn commit(self) {
        self.0.commit_transaction(ANSWER_WITHIN).unwrap();
    }

    /// Aborts the transaction.
    ///
    /// # Panics
    /// The broker refuses or does not answer.
    pub fn abort(self) {
        self.0.abort_transaction(ANSWER_WITHIN).unwrap();
    }
}

impl Drop for Topic {
    fn drop(&mut self) {
        // A panic here, while a failed test unwinds, would abort the process.
        let _ = block_on(
            self.admin()
                .delete_topics(&[&self.name], &AdminOptions::new()),
        );
    }
}

/// Forwards the offset of each delivered record.
struct Reports(mpsc::Sender<(usize, i64)>);

impl ClientContext for Reports {}

impl ProducerContext for Reports {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, number: usize) {
        // The receiver reports missing records.
        if let Ok(message) = result {
            let _ = self.0.send((number, message.offset()));
        }
    }
}

/// Deletes the topics of earlier runs that were interrupted.
fn delete_orphans(brokers: &str) {
    let client: BaseConsumer = client_of(brokers).create().unwrap();
    let Ok(metadata) = client.fetch_metadata(None, ANSWER_WITHIN) else {
        return; // the caller fails with a better message
    };
    let names = metadata.topics().iter().map(|topic| topic.name());
    let orphans: Vec<&str> = names.filter(|name| is_orphan(name)).collect();
    if orphans.is_empty() {
        return;
    }
    let admin: AdminClient<DefaultClientContext> = client_of(brokers).create().unwrap();
    // Another test process may delete them at the same time.
    let _ = block_on(admin.delete_topics(&orphans, &AdminOptions::new()));
}

/// Whether the process whose id follows the time in this name has ended.
fn is_orphan(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX) else {
        return false;
    };
    let is_time = |part: &&str| part.len() == 13 && part.parse::<u64>().is_ok();
    let mut parts = rest.split('_').skip_while(|part| !is_time(part));
    let process = parts.nth(1).unwrap_or_default();
    process.parse::<u32>().is_ok() && !Path::new("/proc").join(process).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_of_processes_that_have_ended_are_orphans() {
        // Process ids are below 2^22.
        let is_orphan_of =
            |process: u32| is_orphan(&format!("{PREFIX}a_1764460000000_{process}_3_rejects"));
        assert!(is_orphan_of(4_194_305));
        assert!(!is_orphan_of(std::process::id()));
        assert!(!is_orphan("music_events"));
        assert!(!is_orphan(&format!("{PREFIX}a")));
    }
}
