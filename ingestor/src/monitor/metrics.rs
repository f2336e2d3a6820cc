//! Every metric of `/metrics`: its name, its help text, its labels. Counters are updated once per batch, never per record.
//!
//! Names get the prefix `musicstream_ingestor_`, and counters the suffix `_total`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use musicstream_event::Reason;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::counts::{Rejects, Totals};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Topic {
    topic: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Partition {
    topic: String,
    partition: i32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Rejected {
    topic: String,
    /// From the fixed set of `rejected_events.reason`.
    reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Settled {
    topic: String,
    outcome: &'static str,
}

type Seconds = Gauge<f64, AtomicU64>;
type Histograms = Family<Topic, Histogram, fn() -> Histogram>;

/// The metrics of the process.
pub(crate) struct Metrics {
    registry: Registry,
    read: Family<Topic, Counter>,
    inserted: Family<Topic, Counter>,
    duplicate: Family<Topic, Counter>,
    conflicting: Family<Topic, Counter>,
    rejected: Family<Rejected, Counter>,
    dead_letters: Family<Topic, Counter>,
    dead_letters_kept: Family<Topic, Counter>,
    batches: Family<Topic, Counter>,
    batch_seconds: Histograms,
    batch_rows: Histograms,
    last_commit: Family<Topic, Seconds>,
    outages: Family<Topic, Counter>,
    database_up: Family<Topic, Gauge>,
    kafka_outages: Family<Topic, Counter>,
    kafka_up: Family<Topic, Gauge>,
    doubts: Family<Settled, Counter>,
    fences: Family<Topic, Counter>,
    rebalances: Family<Topic, Counter>,
    next_offset: Family<Partition, Gauge>,
    end_offset: Family<Partition, Gauge>,
    lag: Family<Partition, Gauge>,
    open_transactions: Family<Partition, Gauge>,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let mut metrics = Metrics {
            registry: Registry::with_prefix("musicstream_ingestor"),
            read: Family::default(),
            inserted: Family::default(),
            duplicate: Family::default(),
            conflicting: Family::default(),
            rejected: Family::default(),
            dead_letters: Family::default(),
            dead_letters_kept: Family::default(),
            batches: Family::default(),
            // 1 ms to 16 s.
            batch_seconds: Family::new_with_constructor(|| {
                Histogram::new(exponential_buckets(0.001, 2.0, 15))
            }),
            batch_rows: Family::new_with_constructor(|| {
                Histogram::new(exponential_buckets(1.0, 4.0, 10))
            }),
            last_commit: Family::default(),
            outages: Family::default(),
            database_up: Family::default(),
            kafka_outages: Family::default(),
            kafka_up: Family::default(),
            doubts: Family::default(),
            fences: Family::default(),
            rebalances: Family::default(),
            next_offset: Family::default(),
            end_offset: Family::default(),
            lag: Family::default(),
            open_transactions: Family::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    #[rustfmt::skip] // a table
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("events_read", "records read; the sum of inserted, duplicate, conflicting and rejected", self.read.clone());
        registry.register("events_inserted", "events stored", self.inserted.clone());
        registry.register("events_duplicate", "events that were stored before", self.duplicate.clone());
        registry.register("events_conflicting", "events whose id is stored with other fields; kept in rejected_events", self.conflicting.clone());
        registry.register("events_rejected", "records kept in rejected_events, by reason", self.rejected.clone());
        registry.register("dead_letters", "rejects that the dead letter topic has acknowledged", self.dead_letters.clone());
        registry.register("dead_letters_kept", "rejects that the dead letter topic did not accept, for their size, their form or missing privileges; they are only in rejected_events", self.dead_letters_kept.clone());
        registry.register("batches", "transactions committed", self.batches.clone());
        registry.register("batch_seconds", "time from the first attempt to store a batch to its commit, outages included", self.batch_seconds.clone());
        registry.register("batch_rows", "records in a batch", self.batch_rows.clone());
        registry.register("last_commit_timestamp_seconds", "when a batch was last committed, since 1970; 0: never", self.last_commit.clone());
        registry.register("outages", "times that the database became unreachable, busy or full", self.outages.clone());
        registry.register("database_up", "1 if the database accepted the last statement, else 0", self.database_up.clone());
        registry.register("kafka_outages", "times that Kafka did not answer for an assigned partition", self.kafka_outages.clone());
        registry.register("kafka_up", "1 if Kafka answered for all assigned partitions, asked every 5 s, else 0", self.kafka_up.clone());
        registry.register("doubtful_commits", "commits whose answer was lost, by what the ledger showed: stored or not_stored", self.doubts.clone());
        registry.register("fences", "batches refused because another owner had moved the ledger", self.fences.clone());
        registry.register("rebalances", "times that the group assigned or revoked partitions", self.rebalances.clone());
        registry.register("partition_next_offset", "first offset that is not stored yet, of assigned partitions", self.next_offset.clone());
        registry.register("partition_end_offset", "end of the log (high watermark), of assigned partitions", self.end_offset.clone());
        registry.register("partition_lag", "end of the log less the next offset, without transaction markers after the last record: what is not stored yet", self.lag.clone());
        registry.register("partition_open_transactions", "offsets of the lag that cannot be read yet: from the first open transaction to the end of the log", self.open_transactions.clone());
    }

    /// The metrics of one topic. All are created at once, so that rates can be computed from the first increment.
    pub(super) fn of_topic(&self, topic: &str) -> TopicMetrics {
        let name = topic.to_owned();
        let labels = Topic {
            topic: name.clone(),
        };
        let counter = |family: &Family<Topic, Counter>| family.get_or_create(&labels).clone();
        for outcome in ["stored", "not_stored"] {
            let topic = name.clone();
            drop(self.doubts.get_or_create(&Settled { topic, outcome }));
        }
        for reason in Reason::ALL {
            // Conflicting events have a counter of their own.
            if reason != Reason::ConflictingDuplicate {
                let (topic, reason) = (name.clone(), reason.as_str().to_owned());
                drop(self.rejected.get_or_create(&Rejected { topic, reason }));
            }
        }
        TopicMetrics {
            read: counter(&self.read),
            inserted: counter(&self.inserted),
            duplicate: counter(&self.duplicate),
            conflicting: counter(&self.conflicting),
            rejected: self.rejected.clone(),
            dead_letters: counter(&self.dead_letters),
            dead_letters_kept: counter(&self.dead_letters_kept),
            batches: counter(&self.batches),
            batch_seconds: self.batch_seconds.get_or_create(&labels).clone(),
            batch_rows: self.batch_rows.get_or_create(&labels).clone(),
            last_commit: self.last_commit.get_or_create(&labels).clone(),
            outages: counter(&self.outages),
            database_up: self.database_up.get_or_create(&labels).clone(),
            kafka_outages: counter(&self.kafka_outages),
            kafka_up: self.kafka_up.get_or_create(&labels).clone(),
            doubts: self.doubts.clone(),
            fences: counter(&self.fences),
            rebalances: counter(&self.rebalances),
            next_offset: self.next_offset.clone(),
            end_offset: self.end_offset.clone(),
            lag: self.lag.clone(),
            open_transactions: self.open_transactions.clone(),
            bounds: Arc::default(),
            topic: name,
        }
    }

    /// All metrics, in the text format of OpenMetrics.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        if let Err(error) = text::encode(&mut out, &self.registry) {
            // A label could not be written; the metrics before it are still valid.
            let _ = writeln!(out, "# {error}");
        }
        out
    }
}

/// Ledger and log positions of a partition; those that have not been read are `None`.
#[derive(Debug, Clone, Copy, Default)]
struct Bounds {
    /// In the ledger.
    next_offset: Option<i64>,
    polled: Option<Polled>,
    end: Option<End>,
}

impl Bounds {
    /// The offset before which all records are stored.
    fn stored_to(&self) -> Option<i64> {
        let next_offset = self.next_offset?;
        let polled = self
            .polled
            .filter(|polled| polled.next_offset == next_offset);
        Some(polled.map_or(next_offset, |polled| polled.offset))
    }
}

/// How far a partition was polled.
#[derive(Debug, Clone, Copy)]
struct Polled {
    /// The offset after the last record that was read.
    next_offset: i64,
    /// From `next_offset` to here the log has no records, but for example transaction markers.
    offset: i64,
}

/// The end of a log.
#[derive(Debug, Clone, Copy)]
struct End {
    offset: i64,
    /// Offset at which the first open transaction begins.
    stable_offset: i64,
}

/// The metrics of one topic.
#[derive(Clone)]
pub(super) struct TopicMetrics {
    topic: String,
    read: Counter,
    inserted: Counter,
    duplicate: Counter,
    conflicting: Counter,
    rejected: Family<Rejected, Counter>,
    pub(super) dead_letters: Counter,
    pub(super) dead_letters_kept: Counter,
    batches: Counter,
    batch_seconds: Histogram,
    batch_rows: Histogram,
    last_commit: Seconds,
    pub(super) outages: Counter,
    pub(super) database_up: Gauge,
    pub(super) kafka_outages: Counter,
    pub(super) kafka_up: Gauge,
    doubts: Family<Settled, Counter>,
    pub(super) fences: Counter,
    pub(super) rebalances: Counter,
    next_offset: Family<Partition, Gauge>,
    end_offset: Family<Partition, Gauge>,
    lag: Family<Partition, Gauge>,
    open_transactions: Family<Partition, Gauge>,
    bounds: Arc<Mutex<BTreeMap<i32, Bounds>>>,
}

impl TopicMetrics {
    pub(super) fn stored(&self, totals: &Totals, rejects: &Rejects, took: Duration) {
        self.read.inc_by(totals.read);
        self.inserted.inc_by(totals.inserted);
        self.duplicate.inc_by(totals.duplicate);
        self.conflicting.inc_by(totals.conflicting);
        for (reason, count) in rejects {
            let labels = Rejected {
                topic: self.topic.clone(),
                reason: reason.clone(),
            };
            self.rejected.get_or_create(&labels).inc_by(*count);
        }
        self.batches.inc();
        self.batch_seconds.observe(took.as_secs_f64());
        self.batch_rows.observe(totals.read as f64);
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        self.last_commit.set(now.unwrap_or_default().as_secs_f64());
    }

    pub(super) fn commit_resolved(&self, was_stored: bool) {
        let labels = Settled {
            topic: self.topic.clone(),
            outcome: if was_stored { "stored" } else { "not_stored" },
        };
        self.doubts.get_or_create(&labels).inc();
    }

    pub(super) fn ledger_moved(&self, partition: i32, next_offset: i64) {
        let mut bounds = self.bounds();
        let bounds = bounds.entry(partition).or_default();
        bounds.next_offset = Some(next_offset);
        self.show(partition, *bounds);
    }

    pub(super) fn log_end_seen(&self, partition: i32, end_offset: i64, stable_offset: i64) {
        if let Some(bounds) = self.bounds().get_mut(&partition) {
            bounds.end = Some(End {
                offset: end_offset,
                stable_offset,
            });
            self.show(partition, *bounds);
        }
    }

    pub(super) fn polled(&self, partition: i32, next_offset: i64, polled_offset: i64) {
        if let Some(bounds) = self.bounds().get_mut(&partition) {
            bounds.polled = Some(Polled {
                next_offset,
                offset: polled_offset,
            });
            self.show(partition, *bounds);
        }
    }

    pub(super) fn partition_lost(&self, partition: i32) {
        self.bounds().remove(&partition);
        let labels = self.labels(partition);
        for family in [
            &self.next_offset,
            &self.end_offset,
            &self.lag,
            &self.open_transactions,
        ] {
            family.remove(&labels);
        }
    }

    pub(super) fn partitions(&self) -> Vec<i32> {
        self.bounds().keys().copied().collect()
    }

    fn show(&self, partition: i32, bounds: Bounds) {
        let labels = self.labels(partition);
        if let Some(next_offset) = bounds.next_offset {
            self.next_offset.get_or_create(&labels).set(next_offset);
        }
        let Some(end) = bounds.end else {
            return;
        };
        self.end_offset.get_or_create(&labels).set(end.offset);
        if let Some(stored_to) = bounds.stored_to() {
            // The ledger may have advanced since the end was read.
            let lag = (end.offset - stored_to).max(0);
            self.lag.get_or_create(&labels).set(lag);
            let open = (end.offset - end.stable_offset).clamp(0, lag);
            self.open_transactions.get_or_create(&labels).set(open);
        }
    }

    fn labels(&self, partition: i32) -> Partition {
        Partition {
            topic: self.topic.clone(),
            partition,
        }
    }

    fn bounds(&self) -> std::sync::MutexGuard<'_, BTreeMap<i32, Bounds>> {
        self.bounds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, sample: &str) -> Option<f64> {
        let line = text.lines().find(|line| line.starts_with(sample))?;
        line.rsplit_once(' ')?.1.parse().ok()
    }

    #[test]
    fn a_batch_is_counted_in_every_metric_of_its_topic_only() {
        let metrics = Metrics::default();
        let (ours, other) = (metrics.of_topic("a"), metrics.of_topic("b"));
        let totals = Totals {
            read: 10,
            inserted: 4,
            duplicate: 3,
            conflicting: 1,
            rejected: 2,
        };
        let rejects = Rejects::from([("invalid_ts".to_owned(), 2)]);
        ours.stored(&totals, &rejects, Duration::from_millis(3));
        other.stored(&Totals::default(), &Rejects::new(), Duration::ZERO);
        let text = metrics.text();
        for (sample, count) in [
            (r#"events_read_total{topic="a"}"#, 10.0),
            (r#"events_read_total{topic="b"}"#, 0.0),
            (r#"events_inserted_total{topic="a"}"#, 4.0),
            (r#"events_duplicate_total{topic="a"}"#, 3.0),
            (r#"events_conflicting_total{topic="a"}"#, 1.0),
            (
                r#"events_rejected_total{topic="a",reason="invalid_ts"}"#,
                2.0,
            ),
            (r#"events_rejected_total{topic="b",reason="too_old"}"#, 0.0),
            (r#"batches_total{topic="a"}"#, 1.0),
            (r#"batch_seconds_count{topic="a"}"#, 1.0),
            (r#"batch_rows_sum{topic="a"}"#, 10.0),
        ] {
            let sample = format!("musicstream_ingestor_{sample}");
            assert_eq!(value(&text, &sample), Some(count), "{sample} in\n{text}");
        }
        assert!(
            value(
                &text,
                r#"musicstream_ingestor_last_commit_timestamp_seconds{topic="a"}"#
            ) > Some(1e9)
        );
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn lag_is_shown_while_a_partition_is_assigned() {
        let metrics = Metrics::default();
        let topic = metrics.of_topic("a");
        let of_partition = |metric: &str| {
            let sample =
                format!(r#"musicstream_ingestor_partition_{metric}{{topic="a",partition="3"}}"#);
            value(&metrics.text(), &sample)
        };
        let (lag, open) = (|| of_partition("lag"), || of_partition("open_transactions"));
        topic.log_end_seen(3, 10, 10);
        assert_eq!(lag(), None, "not assigned yet");
        topic.ledger_moved(3, 4);
        assert_eq!(lag(), None, "the end is not known yet");
        topic.log_end_seen(3, 10, 10);
        assert_eq!((lag(), open()), (Some(6.0), Some(0.0)));
        topic.log_end_seen(3, 10, 8);
        assert_eq!((lag(), open()), (Some(6.0), Some(2.0)), "both show it");
        topic.ledger_moved(3, 12);
        assert_eq!((lag(), open()), (Some(0.0), Some(0.0)));
        topic.partition_lost(3);
        assert_eq!((lag(), open()), (None, None));
    }

    #[test]
    fn offsets_without_records_are_no_lag_once_the_records_before_them_are_stored() {
        let metrics = Metrics::default();
        let topic = metrics.of_topic("a");
        let lag = || {
            let sample = r#"musicstream_ingestor_partition_lag{topic="a",partition="3"}"#;
            value(&metrics.text(), sample)
        };
        topic.polled(3, 13, 14);
        assert_eq!(lag(), None, "not assigned yet");
        topic.ledger_moved(3, 12);
        topic.log_end_seen(3, 14, 14);
        topic.polled(3, 13, 14);
        assert_eq!(lag(), Some(2.0), "the record at 12 was read, not stored");
        topic.ledger_moved(3, 13);
        assert_eq!(lag(), Some(0.0), "the last offset is that of a marker");
        topic.log_end_seen(3, 15, 15);
        assert_eq!(lag(), Some(1.0), "one more offset");
        topic.ledger_moved(3, 12);
        assert_eq!(lag(), Some(3.0), "the ledger has gone back");
    }
}
