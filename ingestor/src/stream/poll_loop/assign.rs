//! Partitions are assigned, claimed, revoked and released, and taken over from another ingestor.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use anyhow::bail;

use super::super::group::GroupEvent;
use super::super::standby::Decision;
use super::{PollLoop, TICK};
use crate::database::LedgerEntry;
use crate::writer::{Reply, Request};

/// Time for the database to answer when a run that ends releases its partitions.
const RELEASE_WITHIN: Duration = Duration::from_secs(2);

impl PollLoop {
    pub(super) fn handle_group_events(&mut self) -> anyhow::Result<()> {
        for event in self.consumer.group_events() {
            self.settings.observer.rebalanced();
            match event {
                GroupEvent::Assign(partitions) => self.add_partitions(&partitions)?,
                GroupEvent::Revoke(partitions) => self.revoke_partitions(&partitions)?,
            }
        }
        Ok(())
    }

    fn add_partitions(&mut self, partitions: &[i32]) -> anyhow::Result<()> {
        tracing::info!(?partitions, "the group assigned partitions");
        if !self.consumer.is_cooperative() {
            self.begin_generation();
            self.assignment.clear();
        }
        self.consumer.accept()?;
        self.assignment.add(partitions);
        self.claim(partitions);
        Ok(())
    }

    /// The batches in flight are stored before the group may assign the partitions to another member.
    fn revoke_partitions(&mut self, partitions: &[i32]) -> anyhow::Result<()> {
        let is_lost = self.consumer.is_assignment_lost();
        tracing::info!(?partitions, is_lost, "the group revoked partitions");
        let patience = self
            .settings
            .drain_timeout
            .min(self.consumer.poll_within() / 2);
        let is_drained = !is_lost && self.drain(patience)?;
        if !is_lost && !is_drained {
            tracing::warn!(
                "not all batches could be stored in time; the next owner of the partitions reads them again"
            );
        }
        let now = Instant::now();
        let offsets = if is_lost {
            self.group_offsets.take_due(now)
        } else {
            self.group_offsets.take_all(now)
        };
        self.consumer.commit(&offsets);
        self.group_offsets.revoke(partitions);
        self.assignment.remove(partitions);
        for partition in partitions {
            self.settings.observer.partition_lost(*partition);
        }
        if is_drained && self.consumer.is_cooperative() {
            // Nothing is in flight, so the other partitions are read on without interruption.
            for partition in partitions {
                self.batcher.remove(*partition);
                self.standby.remove(*partition);
            }
            return self.consumer.give_back(partitions);
        }
        let waiting = self.assignment.waiting();
        self.begin_generation();
        self.consumer.give_back(partitions)?;
        if self.consumer.is_cooperative() {
            // The batches of the partitions that stay assigned were discarded: these are claimed and read again. Another ingestor
            // may hold those that were waiting, and must not be fenced before it stands still.
            self.consumer.stop_reading()?;
            let mut claimed = self.assignment.partitions();
            claimed.retain(|partition| !waiting.contains(partition));
            self.claim(&claimed);
            self.read_ledger(waiting);
        }
        Ok(())
    }

    /// Sends claims for those of the partitions that wait for one.
    pub(super) fn claim(&mut self, partitions: &[i32]) {
        let partitions = self.assignment.begin_claims(partitions);
        self.send_requests(partitions, |generation, source, partitions| {
            Request::Claim {
                generation,
                source,
                partitions,
            }
        });
    }

    pub(super) fn read_ledger(&mut self, partitions: Vec<i32>) {
        self.send_requests(partitions, |generation, source, partitions| {
            Request::ReadLedger {
                generation,
                source,
                partitions,
            }
        });
    }

    /// Sends one request to each writer, for those of the partitions that are bound to it.
    fn send_requests(
        &mut self,
        partitions: Vec<i32>,
        request: impl Fn(u64, Arc<str>, Vec<i32>) -> Request,
    ) {
        let mut by_slot: BTreeMap<usize, Vec<i32>> = BTreeMap::new();
        for partition in partitions {
            let slot = self.batcher.slot_for(partition);
            by_slot.entry(slot).or_default().push(partition);
        }
        let generation = self.current_generation();
        for (slot, partitions) in by_slot {
            let request = request(generation, self.placement.source().clone(), partitions);
            self.batcher.slots[slot].writer.send(request);
        }
    }

    /// The ledger has moved without us, or the log was cut off: all assigned partitions are looked up in the ledger before
    /// they are claimed again.
    pub(super) fn read_ledger_again(&mut self) -> anyhow::Result<()> {
        self.begin_generation();
        self.consumer.stop_reading()?;
        self.read_ledger(self.assignment.partitions());
        Ok(())
    }

    /// Reads the ledger entries of partitions that stand by, if it is time.
    pub(super) fn read_standby_entries(&mut self) {
        let due = self.standby.take_due(Instant::now());
        self.read_ledger(due);
    }

    /// Claims the waiting partitions that no other ingestor holds, and stands by for the others. Checks the entries of
    /// partitions that are claimed.
    pub(super) fn handle_ledger_entries(
        &mut self,
        entries: Vec<(i32, Option<LedgerEntry>)>,
    ) -> anyhow::Result<()> {
        let now = Instant::now();
        let mut to_claim = Vec::new();
        for (partition, entry) in entries {
            if !self.assignment.is_waiting(partition) {
                // Since the request it may have been revoked, or assigned again; then it may not be claimed yet.
                let claim = self.assignment.claim(partition);
                let is_ours = claim.is_some() || self.batcher.partitions().contains(&partition);
                if is_ours
                    && self
                        .placement
                        .has_gone_back(partition, claim, entry.as_ref())
                {
                    tracing::warn!(
                        partition,
                        "the database has lost what was stored last: reading it again"
                    );
                    return self.read_ledger_again();
                }
                continue;
            }
            let our_epoch = self.placement.epoch(partition).unwrap_or_default();
            let was_standing_by = self.standby.contains(partition);
            let owner = &self.settings.owner;
            let decision = self
                .standby
                .decide(partition, entry.as_ref(), owner, our_epoch, now);
            let holder = entry.map(|entry| entry.owner).unwrap_or_default();
            match decision {
                Decision::Claim => to_claim.push(partition),
                Decision::HolderMoved if self.consumer.is_bounded() => {
                    bail!("partition {partition} was taken over by another ingestor, {holder}");
                }
                Decision::StandBy | Decision::HolderMoved if !was_standing_by => {
                    self.settings.observer.partition_lost(partition);
                    tracing::warn!(
                        partition,
                        owner = holder,
                        "another ingestor holds the partition: standing by"
                    );
                }
                Decision::StandBy | Decision::HolderMoved => {}
            }
        }
        self.standby.schedule_read(now);
        self.claim(&to_claim);
        Ok(())
    }

    /// Releases the partitions without unread records. The others stay claimed, and hold the watermark back until they are
    /// claimed again or count as idle: otherwise days would become final whose events are still to be read. Without an answer
    /// nothing is lost, because a partition that does not move counts as idle after a while.
    pub(super) fn release_partitions(&mut self) {
        let generation = self.current_generation();
        let unread = self.unread_partitions();
        if !unread.is_empty() {
            tracing::info!(
                partitions = ?unread,
                "partitions that may have unread records are not released: they hold the watermark back for a while"
            );
        }
        let mut finished = self.batcher.partitions();
        finished.retain(|partition| !unread.contains(partition));
        let mut waiting = 0;
        for partition in finished {
            let Some(epoch) = self.placement.epoch(partition) else {
                continue;
            };
            let slot = self.batcher.slot_for(partition);
            self.batcher.slots[slot].writer.send(Request::Release {
                generation,
                source: self.placement.source().clone(),
                partition,
                epoch,
            });
            waiting += 1;
        }
        let deadline = Instant::now() + RELEASE_WITHIN;
        while waiting > 0 && Instant::now() < deadline {
            match self.reports.recv_timeout(TICK) {
                Ok(report) => match report.reply {
                    Reply::Released => waiting -= 1,
                    Reply::Failed(error) => return tracing::warn!("{error}"),
                    _ => {}
                },
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}
