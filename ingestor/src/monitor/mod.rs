//! What can be observed of a running ingestor: metrics, health, the HTTP server and messages to the service manager.

mod health;
mod metrics;
mod server;
mod service_manager;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::counts::{Rejects, Totals};
use health::Health;
pub(crate) use metrics::Metrics;
use metrics::TopicMetrics;
pub(crate) use server::{ListenArgs, serve};
pub(crate) use service_manager::report_to_service_manager;

/// Metrics and health of all topics of the process.
#[derive(Default)]
pub(crate) struct Monitor {
    metrics: Metrics,
    healths: Mutex<Vec<(String, Arc<Health>)>>,
}

impl Monitor {
    /// The observer to which the stream of one topic reports.
    pub(crate) fn observe(&self, topic: &str) -> Observer {
        let health = Arc::new(Health::default());
        self.healths
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((topic.to_owned(), health.clone()));
        Observer {
            metrics: self.metrics.of_topic(topic),
            health,
        }
    }

    /// All complaints of the topics, by a check of their health.
    fn check_all(&self, check: impl Fn(&Health) -> Result<(), String>) -> Result<(), String> {
        let healths = self.healths.lock().unwrap_or_else(PoisonError::into_inner);
        let complaints: Vec<String> = healths
            .iter()
            .filter_map(|(topic, health)| {
                let complaint = check(health).err()?;
                Some(format!("{topic}: {complaint}"))
            })
            .collect();
        match complaints.is_empty() {
            true if healths.is_empty() => Err("no topic is being streamed yet".to_owned()),
            true => Ok(()),
            false => Err(complaints.join("\n")),
        }
    }
}

/// Receives the events of one topic and turns them into metrics and health. Clones share both.
#[derive(Clone)]
pub(crate) struct Observer {
    metrics: TopicMetrics,
    health: Arc<Health>,
}

impl Observer {
    /// An observer whose metrics are not served.
    pub(crate) fn unseen() -> Observer {
        Monitor::default().observe("")
    }

    /// The poll loop has completed a round.
    pub(crate) fn beat(&self) {
        self.health.beat();
    }

    /// Whether all assigned partitions are being read.
    pub(crate) fn set_reading(&self, is_reading: bool) {
        self.health.set_reading(is_reading);
    }

    pub(crate) fn rebalanced(&self) {
        self.metrics.rebalances.inc();
    }

    pub(crate) fn fenced(&self) {
        self.metrics.fences.inc();
    }

    /// An outage of the database began; called once for all writers.
    pub(crate) fn outage_began(&self) {
        self.metrics.outages.inc();
    }

    /// A writer waits for the database.
    pub(crate) fn database_fails(&self, why: &str) {
        self.metrics.database_up.set(0);
        self.health.set_database_outage(Some(why));
    }

    /// No writer waits for the database.
    pub(crate) fn database_answers(&self) {
        self.metrics.database_up.set(1);
        self.health.set_database_outage(None);
    }

    /// An outage of Kafka began.
    pub(crate) fn kafka_outage_began(&self) {
        self.metrics.kafka_outages.inc();
    }

    /// Kafka does not answer.
    pub(crate) fn kafka_fails(&self, why: &str) {
        self.metrics.kafka_up.set(0);
        self.health.set_kafka_outage(Some(why));
    }

    pub(crate) fn kafka_answers(&self) {
        self.metrics.kafka_up.set(1);
        self.health.set_kafka_outage(None);
    }

    /// A commit in doubt was resolved: whether the batch was stored.
    pub(crate) fn commit_resolved(&self, was_stored: bool) {
        self.metrics.commit_resolved(was_stored);
    }

    /// A batch was committed.
    pub(crate) fn stored(&self, totals: &Totals, rejects: &Rejects, took: Duration) {
        self.metrics.stored(totals, rejects, took);
    }

    pub(crate) fn dead_letters_sent(&self, count: usize) {
        self.metrics.dead_letters.inc_by(count as u64);
    }

    /// Rejects that the dead letter topic does not accept.
    pub(crate) fn dead_letters_kept(&self, count: usize) {
        self.metrics.dead_letters_kept.inc_by(count as u64);
    }

    /// The ledger's next offset of an assigned partition.
    pub(crate) fn ledger_moved(&self, partition: i32, next_offset: i64) {
        self.metrics.ledger_moved(partition, next_offset);
    }

    /// The end of a partition's log, and the offset at which its first open transaction begins. Ignored unless the partition
    /// is assigned.
    pub(crate) fn log_end_seen(&self, partition: i32, end_offset: i64, stable_offset: i64) {
        self.metrics
            .log_end_seen(partition, end_offset, stable_offset);
    }

    /// How far an assigned partition was polled: the records before `next_offset` were read, and from there to
    /// `polled_offset` the log has none.
    pub(crate) fn polled(&self, partition: i32, next_offset: i64, polled_offset: i64) {
        self.metrics.polled(partition, next_offset, polled_offset);
    }

    /// A partition was revoked, or another ingestor holds it.
    pub(crate) fn partition_lost(&self, partition: i32) {
        self.metrics.partition_lost(partition);
    }

    /// Partitions that are assigned and held.
    pub(crate) fn partitions(&self) -> Vec<i32> {
        self.metrics.partitions()
    }
}
