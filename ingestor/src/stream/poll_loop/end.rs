//! The end of a bounded run: the high watermark that the leader had when the run began, whatever replica is read.
//!
//! The end that the consumer sees is that of the replica which serves it. A follower may lag behind the leader, and a new
//! leader may not have the high watermark yet: neither may hide records that the run must read.

use std::time::{Duration, Instant};

use anyhow::Context;

use super::super::metadata::Isolation;
use super::super::position::FetchPosition;
use super::super::probe::Finding;
use super::{PollLoop, TICK};

/// Time limit for the query of a topic's end offsets. A partition whose leader has just changed has no end for a while.
const END_WITHIN: Duration = Duration::from_secs(20);

impl PollLoop {
    /// Asks the leaders where the partitions end now. With open transactions, that is where the first of these begins.
    pub(super) fn find_ends(&mut self, partitions: &[i32]) -> anyhow::Result<()> {
        let deadline = Instant::now() + END_WITHIN;
        for partition in partitions {
            let high = loop {
                self.settings.observer.beat();
                match self.consumer.watermarks(*partition) {
                    Ok((_, high)) => break high,
                    Err(_) if Instant::now() < deadline && !self.shutdown.is_asked() => {
                        std::thread::sleep(TICK);
                    }
                    Err(error) => {
                        return Err(error).context("cannot ask Kafka where the topic ends");
                    }
                }
            };
            self.placement.set_end(*partition, high);
        }
        Ok(())
    }

    /// The replica has no more records for now. Returns whether the run has read the partition to its end.
    pub(super) fn reached_end_of_replica(&mut self, partition: i32) -> bool {
        let Some(end) = self.batcher.end_to_reach(partition) else {
            return false;
        };
        // The client's position also advances over transaction markers, which are no records.
        if let Some((offset, leader_epoch)) = self.consumer.polled(partition)
            && offset >= end
        {
            return self.batcher.finish(partition, leader_epoch);
        }
        self.end_check.add(partition, Instant::now());
        false
    }

    /// Probes whether any records are left before the ends that were not reached.
    pub(super) fn check_ends(&mut self) -> anyhow::Result<()> {
        let batcher = &self.batcher;
        let is_unfinished = |partition| batcher.end_to_reach(partition).is_some();
        let due = self.end_check.take_due(Instant::now(), is_unfinished);
        let mut positions = self.batcher.unfinished();
        positions.retain(|position| due.contains(&position.partition));
        if positions.is_empty() {
            return Ok(());
        }
        let findings = match self.consumer.probe(&positions, Isolation::Committed) {
            Ok(findings) => findings,
            Err(error) => return self.handle_kafka_error(&error),
        };
        for FetchPosition {
            partition, offset, ..
        } in positions
        {
            let Some(end) = self.batcher.end_to_reach(partition) else {
                continue;
            };
            match findings.get(&partition) {
                Some(Finding::Record(found) | Finding::End(found)) if *found >= end => {
                    // The records up to the end were compacted away, or belong to aborted transactions.
                    self.batcher.finish(partition, None);
                    self.end_check.remove(partition);
                    self.consumer.set_paused(&[partition], true)?;
                }
                // The consumer that reads reports a truncated log by itself.
                Some(Finding::Truncated { .. } | Finding::Absent) | None => {}
                Some(Finding::Record(_) | Finding::End(_)) => {
                    let text = format!(
                        "partition {partition}: the replica that is read ends at offset {offset}, before offset {end}, \
                         where the run ends: waiting for its records"
                    );
                    if self.trouble.should_log(&text, Instant::now()) {
                        tracing::info!("{text}");
                    }
                }
            }
        }
        Ok(())
    }
}
