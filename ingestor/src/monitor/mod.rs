//! What the outside can see of a running ingestor: figures, health, and the HTTP server that shows them.

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

/// All topics of one process.
#[derive(Default)]
pub(crate) struct Monitor {
    metrics: Metrics,
    healths: Mutex<Vec<(String, Arc<Health>)>>,
}

impl Monitor {
    /// Where the work on one topic reports what it does.
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

    fn every(&self, verdict: impl Fn(&Health) -> Result<(), String>) -> Result<(), String> {
        let healths = self.healths.lock().unwrap_or_else(PoisonError::into_inner);
        let complaints: Vec<String> = healths
            .iter()
            .filter_map(|(topic, health)| {
                let complaint = verdict(health).err()?;
                Some(format!("{topic}: {complaint}"))
            })
            .collect();
        match complaints.is_empty() {
            true if healths.is_empty() => Err("nothing has begun".to_owned()),
            true => Ok(()),
            false => Err(complaints.join("\n")),
        }
    }
}

/// What happens to one topic, told once: it becomes figures and health. Clones tell the same.
#[derive(Clone)]
pub(crate) struct Observer {
    metrics: TopicMetrics,
    health: Arc<Health>,
}

impl Observer {
    /// One that nobody looks at.
    pub(crate) fn unseen() -> Observer {
        Monitor::default().observe("")
    }

    /// The loop has come round.
    pub(crate) fn beat(&self) {
        self.health.beat();
    }

    /// Whether all that the group gave us is being read.
    pub(crate) fn reading(&self, is_reading: bool) {
        self.health.set_reading(is_reading);
    }

    pub(crate) fn rebalanced(&self) {
        self.metrics.rebalances.inc();
    }

    pub(crate) fn fenced(&self) {
        self.metrics.fences.inc();
    }

    /// An outage of the database, once for all writers that meet it.
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

    /// An outage of Kafka.
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

    /// A commit got no answer, and the ledger said whether it was stored.
    pub(crate) fn doubt_settled(&self, was_stored: bool) {
        self.metrics.doubt_settled(was_stored);
    }

    /// A batch is committed.
    pub(crate) fn stored(&self, totals: &Totals, rejects: &Rejects, took: Duration) {
        self.metrics.stored(totals, rejects, took);
    }

    pub(crate) fn dead_letters_sent(&self, count: usize) {
        self.metrics.dead_letters.inc_by(count as u64);
    }

    /// Rejects that the dead letter topic does not take.
    pub(crate) fn dead_letters_kept(&self, count: usize) {
        self.metrics.dead_letters_kept.inc_by(count as u64);
    }

    /// The ledger's next offset of a partition that is ours.
    pub(crate) fn moved(&self, partition: i32, next_offset: i64) {
        self.metrics.moved(partition, next_offset);
    }

    /// The end of a partition's log, and where its first open transaction begins; shown for partitions that are ours.
    pub(crate) fn seen_end(&self, partition: i32, end_offset: i64, stable_offset: i64) {
        self.metrics.seen_end(partition, end_offset, stable_offset);
    }

    /// A partition is no longer ours.
    pub(crate) fn gave_up(&self, partition: i32) {
        self.metrics.gave_up(partition);
    }

    /// Partitions that are ours.
    pub(crate) fn partitions(&self) -> Vec<i32> {
        self.metrics.partitions()
    }
}
