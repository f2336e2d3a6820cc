//! The end of a bounded run: the high watermark that the leader had when the run began, whatever replica is read.
//!
//! The end that a consumer is told is that of the replica which serves it. A follower may lag behind the leader, and a
//! new leader may not know the high watermark yet: neither may cut off records that the run is to read.

use std::time::{Duration, Instant};

use anyhow::Context;

use super::super::position::Place;
use super::super::probe::{Finding, Visibility};
use super::Pump;

/// How long Kafka may take to say where the topic ends. A partition whose leader has just changed has no end for a while.
const END_WITHIN: Duration = Duration::from_secs(20);
/// Between messages about such a partition.
const TELL_EVERY: Duration = Duration::from_secs(60);
/// Between looks at a partition whose end was not reached.
const PROVE_EVERY: Duration = Duration::from_secs(1);

impl Pump {
    /// Asks the leaders where the partitions end now: where their open transactions begin, if there are any.
    pub(super) fn find_ends(&mut self, partitions: &[i32]) -> anyhow::Result<()> {
        let deadline = Instant::now() + END_WITHIN;
        for partition in partitions {
            let high = loop {
                self.settings.observer.beat();
                match self.consumer.watermarks(*partition) {
                    Ok((_, high)) => break high,
                    Err(_) if Instant::now() < deadline && !self.shutdown.is_asked() => {
                        std::thread::sleep(super::TICK);
                    }
                    Err(error) => {
                        return Err(error).context("cannot ask Kafka where the topic ends");
                    }
                }
            };
            self.ends.insert(*partition, high);
        }
        Ok(())
    }

    /// The replica that is read has no more records for now; whether the run is done with the partition.
    pub(super) fn reached_end_of_replica(&mut self, partition: i32) -> bool {
        let Some(end) = self.intake.end_to_reach(partition) else {
            return false;
        };
        // Markers of transactions move this on, too.
        if let Some((offset, leader_epoch)) = self.consumer.polled(partition)
            && offset >= end
        {
            return self.intake.finish(partition, leader_epoch);
        }
        if self.unproven.insert(partition) && self.prove_at.is_none() {
            self.prove_at = Some(Instant::now());
        }
        false
    }

    /// Looks whether there are records left before the ends that were not reached. Where there are none, the run is done.
    pub(super) fn prove_ends(&mut self) -> anyhow::Result<()> {
        if self.prove_at.is_none_or(|at| Instant::now() < at) {
            return Ok(());
        }
        self.prove_at = None;
        let intake = &self.intake;
        self.unproven
            .retain(|partition| intake.end_to_reach(*partition).is_some());
        let mut places = self.intake.unfinished();
        places.retain(|place| self.unproven.contains(&place.partition));
        if places.is_empty() {
            return Ok(());
        }
        self.prove_at = Some(Instant::now() + PROVE_EVERY);
        let findings = match self.consumer.look(&places, Visibility::Committed) {
            Ok(findings) => findings,
            Err(error) => return self.bear(&error),
        };
        for Place {
            partition, offset, ..
        } in places
        {
            let Some(end) = self.intake.end_to_reach(partition) else {
                continue;
            };
            match findings.get(&partition) {
                Some(Finding::Record(found) | Finding::End(found)) if *found >= end => {
                    // The offsets up to the end were compacted away, or belong to aborted transactions.
                    self.intake.finish(partition, None);
                    self.unproven.remove(&partition);
                    self.consumer.set_paused(&[partition], true)?;
                }
                // What was cut off, the consumer that reads finds out by itself.
                Some(Finding::Truncated { .. } | Finding::Absent) | None => {}
                Some(Finding::Record(_) | Finding::End(_)) => {
                    let text = format!(
                        "partition {partition}: the replica that is read ends at offset {offset}, before offset {end}, \
                         where the run ends: waiting for its records"
                    );
                    let now = Instant::now();
                    let told_at = self.complaints.get(&text);
                    if told_at.is_none_or(|at| now - *at >= TELL_EVERY) {
                        tracing::info!("{text}");
                        self.complaints.insert(text, now);
                    }
                }
            }
        }
        Ok(())
    }
}
