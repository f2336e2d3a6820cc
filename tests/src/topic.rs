//! A fresh Kafka topic for each test, raw bytes in and out.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
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

use crate::broker::Broker;
use crate::broker_pair::BrokerPair;
use crate::stack::stack;
use crate::wait::until;

const ANSWER_WITHIN: Duration = Duration::from_secs(60);

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A topic, deleted with this value.
pub struct Topic {
    brokers: String,
    name: String,
    partitions: i32,
}

/// A record as it is sent, or as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// Where it goes, or stands.
    pub partition: i32,
    /// Its place there; not used when sending.
    pub offset: i64,
    /// The key's bytes.
    pub key: Option<Vec<u8>>,
    /// The value's bytes; `None` is what Kafka calls a tombstone.
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
}

impl Topic {
    /// Makes a topic with a name that was never used before.
    ///
    /// # Panics
    /// The broker does not do it.
    pub fn create(label: &str, partitions: i32) -> Topic {
        Topic::create_with(label, partitions, &[])
    }

    /// The same with settings of the topic's own, such as `max.message.bytes`.
    ///
    /// # Panics
    /// As [`Topic::create`].
    pub fn create_with(label: &str, partitions: i32, settings: &[(&str, &str)]) -> Topic {
        let topic = Topic::unmade(label, partitions);
        topic.make(settings);
        topic
    }

    /// The same on a broker of the test's own, which is to outlive it.
    ///
    /// # Panics
    /// As [`Topic::create`].
    pub fn create_on(broker: &Broker, label: &str, partitions: i32) -> Topic {
        let mut topic = Topic::unmade(label, partitions);
        topic.brokers = broker.address();
        topic.make(&[]);
        topic
    }

    /// One of a single partition, which the first broker of a pair leads and the second follows.
    ///
    /// # Panics
    /// As [`Topic::create`].
    pub fn create_on_pair(brokers: &BrokerPair, label: &str) -> Topic {
        let mut topic = Topic::unmade(label, 1);
        topic.brokers = brokers.address();
        let replicas: &[&[i32]] = &[&[1, 2]];
        topic.make_with(TopicReplication::Variable(replicas), &[]);
        topic
    }

    /// Deletes it with all records, and makes it anew under its name.
    ///
    /// # Panics
    /// The broker does not do it.
    pub fn make_anew(&self) {
        self.delete();
        let options = AdminOptions::new().operation_timeout(Some(ANSWER_WITHIN));
        // Deleting goes on for a moment after the answer.
        until(ANSWER_WITHIN, "the topic to be gone", || {
            let new = NewTopic::new(&self.name, self.partitions, TopicReplication::Fixed(1));
            let results = block_on(self.admin().create_topics([&new], &options)).unwrap();
            results
                .into_iter()
                .all(|result| result.is_ok())
                .then_some(())
        });
    }

    /// Deletes it with all records.
    ///
    /// # Panics
    /// The broker does not do it.
    pub fn delete(&self) {
        let options = AdminOptions::new().operation_timeout(Some(ANSWER_WITHIN));
        for result in block_on(self.admin().delete_topics(&[&self.name], &options)).unwrap() {
            result.unwrap_or_else(|error| panic!("cannot delete topic: {error:?}"));
        }
    }

    /// Adds partitions, up to so many.
    ///
    /// # Panics
    /// The broker does not do it.
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
    /// The broker does not do it.
    pub fn forget_before(&self, partition: i32, offset: i64) {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.name, partition, Offset::Offset(offset))
            .unwrap();
        let options = AdminOptions::new().operation_timeout(Some(ANSWER_WITHIN));
        block_on(self.admin().delete_records(&list, &options)).unwrap();
    }

    fn make(&self, settings: &[(&str, &str)]) {
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
    }

    /// Only the name: the topic is made by the program under test.
    ///
    /// # Panics
    /// The clock stands before 1970.
    pub fn unmade(label: &str, partitions: i32) -> Topic {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_millis();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Topic {
            brokers: stack().brokers.clone(),
            name: format!(
                "musicstream_test_{label}_{now}_{}_{number}",
                std::process::id()
            ),
            partitions,
        }
    }

    fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.brokers);
        config
    }

    fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.client().create().unwrap()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sends records in their order, waits until all are acknowledged, and returns them with their offsets.
    ///
    /// # Panics
    /// One was not acknowledged.
    pub fn send(&self, records: Vec<Record>) -> Vec<Record> {
        let (sender, reports) = mpsc::channel();
        let producer: ThreadedProducer<Reports> = self
            .client()
            .set("enable.idempotence", "true") // keeps the order, and one copy, whatever is retried
            .set("linger.ms", "5")
            .set("message.max.bytes", "1048000") // about as much as a broker takes
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
                .expect("the broker to acknowledge a record");
            sent[number].offset = offset;
        }
        sent
    }

    /// Sends records in one transaction, which is committed, or else aborted once all are in the log.
    ///
    /// # Panics
    /// The broker does not do it.
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
    /// The broker does not do it.
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

    /// Per partition, the offset that a group has committed.
    ///
    /// # Panics
    /// The broker does not tell.
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

    /// Per partition, the first offset that is not taken.
    ///
    /// # Panics
    /// The broker does not tell.
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

    /// Hands every record that the topic holds now to `visit`.
    ///
    /// # Panics
    /// They cannot be read in time.
    pub fn read(&self, mut visit: impl FnMut(Record)) {
        let mut ends = self.ends();
        let consumer: BaseConsumer = self
            .client()
            .set("group.id", "musicstream_test_reader") // asked for, but never joined: partitions are assigned
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

/// A transaction whose records are in the log.
pub struct Transaction(BaseProducer);

impl Transaction {
    /// Lets its records be read.
    ///
    /// # Panics
    /// The broker does not do it.
    pub fn commit(self) {
        self.0.commit_transaction(ANSWER_WITHIN).unwrap();
    }

    /// Takes its records back.
    ///
    /// # Panics
    /// The broker does not do it.
    pub fn abort(self) {
        self.0.abort_transaction(ANSWER_WITHIN).unwrap();
    }
}

impl Drop for Topic {
    fn drop(&mut self) {
        // A test that has failed already must not die of this, too.
        let _ = block_on(
            self.admin()
                .delete_topics(&[&self.name], &AdminOptions::new()),
        );
    }
}

/// Sends on where each record was stored.
struct Reports(mpsc::Sender<(usize, i64)>);

impl ClientContext for Reports {}

impl ProducerContext for Reports {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, number: usize) {
        // A record that failed is missed by the receiver, which says so.
        if let Ok(message) = result {
            let _ = self.0.send((number, message.offset()));
        }
    }
}

/// Runs a future on this thread; the admin client completes it from a thread of its own.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(value) => return value,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}
