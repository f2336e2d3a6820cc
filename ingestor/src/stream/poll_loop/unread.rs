//! Whether records of a partition are unread: for its lag, and for its release when a run ends.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rdkafka::Offset;
use rdkafka::consumer::Consumer as _;

use super::super::metadata::log_end;
use super::PollLoop;

/// Time for Kafka to return the ends of all partitions when an endless stream stops.
const ENDS_WITHIN: Duration = Duration::from_secs(2);

/// How far a partition was read.
struct ReadOffsets {
    partition: i32,
    /// After the last record that was read.
    next: i64,
    /// After the last record or transaction marker that was polled. From `next` to here the log has no records.
    polled: i64,
}

impl PollLoop {
    /// Reports how far the partitions were polled, because offsets without records are no lag.
    pub(super) fn report_polled(&self) {
        for read in self.read_offsets() {
            let ReadOffsets {
                partition,
                next,
                polled,
            } = read;
            self.settings.observer.polled(partition, next, polled);
        }
    }

    /// The partitions with unread records before their known end: that of a bounded run, otherwise that of the log now, which
    /// includes open transactions. An end that Kafka does not return in time counts as not reached.
    pub(super) fn unread_partitions(&self) -> BTreeSet<i32> {
        let deadline = Instant::now() + ENDS_WITHIN;
        let mut unfinished = self.read_offsets();
        if !self.consumer.is_bounded() {
            unfinished.retain(|read| !self.is_end_of_log(read.partition, read.polled, deadline));
        }
        unfinished.iter().map(|read| read.partition).collect()
    }

    /// Whether the log ends at this offset.
    fn is_end_of_log(&self, partition: i32, offset: i64, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        let end = || log_end(self.watch.client(), self.consumer.topic(), partition, left);
        !left.is_zero() && end().is_ok_and(|end| offset >= end)
    }

    /// The partitions that the run has not read to its end; in an endless stream all.
    fn read_offsets(&self) -> Vec<ReadOffsets> {
        let polled = self.polled_offsets();
        let unfinished = self.batcher.unfinished().into_iter();
        unfinished
            .map(|position| {
                let polled = polled.get(&position.partition).copied();
                ReadOffsets {
                    partition: position.partition,
                    next: position.offset,
                    polled: position.offset.max(polled.unwrap_or_default()),
                }
            })
            .collect()
    }

    /// The client's position in each partition, except those from which nothing was polled since reading began.
    fn polled_offsets(&self) -> BTreeMap<i32, i64> {
        let Ok(list) = self.consumer.inner().position() else {
            return BTreeMap::new();
        };
        let elements = list.elements();
        elements
            .iter()
            .filter_map(|element| match element.offset() {
                Offset::Offset(offset) => Some((element.partition(), offset)),
                _ => None,
            })
            .collect()
    }
}
