//! Which partitions are ours: claimed, placed, given up, taken back.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::bail;

use super::super::position::{Position, place};
use super::super::takeover::Verdict;
use super::Pump;
use crate::database::{Claim, Holder};
use crate::writer::Order;

/// Between attempts to ask Kafka for the bounds of its logs.
const PLACE_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Between looks at partitions that another ingestor holds.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Claims under way: partitions are placed once all lanes have answered.
#[derive(Default)]
pub(super) struct Claiming {
    pub(super) lanes_to_answer: usize,
    pub(super) claims: Vec<(i32, Claim)>,
    retry_at: Option<Instant>,
}

impl Pump {
    /// Has partitions claimed, each by the writer it is bound to.
    pub(super) fn claim(&mut self, partitions: Vec<i32>) {
        let generation = self.generation.load(Ordering::Acquire);
        for (lane, partitions) in self.by_lane(partitions) {
            self.claiming.lanes_to_answer += 1;
            let order = Order::Claim {
                generation,
                source: self.settings.source.clone(),
                partitions,
            };
            self.intake.lanes[lane].writer.order(order);
        }
    }

    fn look(&mut self, partitions: Vec<i32>) {
        let generation = self.generation.load(Ordering::Acquire);
        for (lane, partitions) in self.by_lane(partitions) {
            let order = Order::Look {
                generation,
                source: self.settings.source.clone(),
                partitions,
            };
            self.intake.lanes[lane].writer.order(order);
        }
    }

    fn by_lane(&self, partitions: Vec<i32>) -> BTreeMap<usize, Vec<i32>> {
        let mut by_lane: BTreeMap<usize, Vec<i32>> = BTreeMap::new();
        for partition in partitions {
            by_lane
                .entry(self.intake.lane_of(partition))
                .or_default()
                .push(partition);
        }
        by_lane
    }

    /// Once all claims are there: begins to read where they say.
    pub(super) fn place_claimed(&mut self) -> anyhow::Result<()> {
        let is_early = self.claiming.retry_at.is_some_and(|at| Instant::now() < at);
        if self.claiming.lanes_to_answer > 0 || self.claiming.claims.is_empty() || is_early {
            return Ok(());
        }
        let mut starts = Vec::new();
        for (partition, claim) in &self.claiming.claims {
            let (low, high) = match self.consumer.watermarks(*partition) {
                Ok(bounds) => bounds,
                Err(error) => {
                    self.claiming.retry_at = Some(Instant::now() + PLACE_AGAIN_AFTER);
                    return self.bear(&error);
                }
            };
            starts.push((
                *partition,
                place(
                    *partition,
                    claim.next_offset,
                    low,
                    high,
                    self.settings.policy,
                )?,
            ));
        }
        let claims = std::mem::take(&mut self.claiming).claims;
        for ((partition, claim), (_, start)) in claims.into_iter().zip(starts) {
            if start.skipped > 0 {
                tracing::warn!(
                    partition,
                    skipped = start.skipped,
                    "offsets that were deleted unread are skipped"
                );
            }
            tracing::debug!(
                partition,
                offset = start.offset,
                epoch = claim.epoch,
                "claimed"
            );
            self.epochs.insert(partition, claim.epoch);
            let end = self.ends.get(&partition).copied();
            let position = Position {
                epoch: claim.epoch,
                ledger: claim.next_offset,
                next: start.offset,
                end,
            };
            self.intake.place(partition, position, start.must_record);
        }
        self.offsets_to_read.get_or_insert(self.intake.remaining());
        self.consumer.assign(&self.intake.unfinished())
    }

    /// The ledger has moved without us: looks who holds our partitions.
    pub(super) fn look_again(&mut self) -> anyhow::Result<()> {
        self.next_generation();
        self.consumer.assign(&[])?;
        self.look(self.assigned.clone());
        Ok(())
    }

    pub(super) fn look_at_standby(&mut self) {
        if self.look_at.is_some_and(|at| Instant::now() >= at) {
            self.look_at = None;
            self.look(self.standby.partitions());
        }
    }

    pub(super) fn judge(&mut self, holders: Vec<(i32, Option<Holder>)>) -> anyhow::Result<()> {
        let mut ours = Vec::new();
        for (partition, holder) in holders {
            let our_epoch = self.epochs.get(&partition).copied().unwrap_or_default();
            let was_standing_by = self.standby.partitions().contains(&partition);
            let owner = &self.settings.owner;
            let verdict =
                self.standby
                    .judge(partition, holder.as_ref(), owner, our_epoch, Instant::now());
            let other = holder.map(|holder| holder.owner).unwrap_or_default();
            match verdict {
                Verdict::Claim => ours.push(partition),
                Verdict::Alive if self.consumer.is_bounded() => {
                    bail!("partition {partition} was taken over by another ingestor, {other}");
                }
                Verdict::StandBy | Verdict::Alive if !was_standing_by => {
                    tracing::warn!(
                        partition,
                        owner = other,
                        "another ingestor holds the partition: standing by"
                    );
                }
                Verdict::StandBy | Verdict::Alive => {}
            }
        }
        if !self.standby.is_empty() {
            self.look_at = Some(Instant::now() + LOOK_EVERY);
        }
        self.claim(ours);
        Ok(())
    }
}
