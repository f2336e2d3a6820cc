//! Partitions that are assigned to this ingestor but owned by another one, and when to claim them.
//!
//! Two groups on one topic must not fence each other with every batch. The one that was fenced stands by, and claims a
//! partition only after its holder has not moved it for a while.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::database::LedgerEntry;

/// How long the holder must have stood still before a member of a group takes a partition over.
pub(super) const STANDSTILL: Duration = Duration::from_secs(20);
/// The same for a bounded run. Shorter, because it may follow a killed run whose claim was still waiting for a lock.
pub(super) const BOUNDED_STANDSTILL: Duration = Duration::from_secs(5);
/// Time between two reads of the holders' ledger entries.
const READ_EVERY: Duration = Duration::from_secs(1);

/// What to do about a partition whose ledger entry was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Claim it.
    Claim,
    /// Another ingestor holds it: wait, and read the entry again.
    StandBy,
    /// As [`Decision::StandBy`], and the holder has moved since the last read.
    HolderMoved,
}

/// What a holder was last seen at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    next_offset: Option<i64>,
    epoch: i64,
    since: Instant,
}

#[derive(Debug)]
pub(super) struct Standby {
    standstill: Duration,
    seen: BTreeMap<i32, Seen>,
    read_at: Option<Instant>,
}

impl Standby {
    pub(super) fn new(standstill: Duration) -> Standby {
        Standby {
            standstill,
            seen: BTreeMap::new(),
            read_at: None,
        }
    }

    pub(super) fn clear(&mut self) {
        self.seen.clear();
        self.read_at = None;
    }

    pub(super) fn remove(&mut self, partition: i32) {
        self.seen.remove(&partition);
    }

    pub(super) fn contains(&self, partition: i32) -> bool {
        self.seen.contains_key(&partition)
    }

    /// Has the entries read again after a while, if any partition stands by.
    pub(super) fn schedule_read(&mut self, now: Instant) {
        if !self.seen.is_empty() {
            self.read_at = Some(now + READ_EVERY);
        }
    }

    /// The partitions whose ledger entries are to be read now.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<i32> {
        if self.read_at.is_none_or(|at| now < at) {
            return Vec::new();
        }
        self.read_at = None;
        self.seen.keys().copied().collect()
    }

    /// Decides about a partition of which our last claim had `our_epoch`.
    pub(super) fn decide(
        &mut self,
        partition: i32,
        entry: Option<&LedgerEntry>,
        owner: &str,
        our_epoch: i64,
        now: Instant,
    ) -> Decision {
        // Without an entry, or with an older epoch than ours, the database was restored to an earlier state. Without an
        // owner the partition was released.
        let held = entry.filter(|entry| {
            !entry.owner.is_empty() && entry.owner != owner && entry.epoch >= our_epoch
        });
        if let Some(entry) = held {
            let now_at = Seen {
                next_offset: entry.next_offset,
                epoch: entry.epoch,
                since: now,
            };
            let seen = *self.seen.entry(partition).or_insert(now_at);
            if (seen.next_offset, seen.epoch) != (now_at.next_offset, now_at.epoch) {
                self.seen.insert(partition, now_at);
                return Decision::HolderMoved;
            }
            if now.duration_since(seen.since) < self.standstill {
                return Decision::StandBy;
            }
        }
        self.seen.remove(&partition);
        Decision::Claim
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(owner: &str, next_offset: i64, epoch: i64) -> LedgerEntry {
        LedgerEntry {
            next_offset: Some(next_offset),
            epoch,
            owner: owner.to_owned(),
            source_identity: None,
        }
    }

    #[test]
    fn a_partition_that_nobody_else_holds_is_claimed_at_once() {
        let (mut standby, now) = (Standby::new(STANDSTILL), Instant::now());
        for held_by in [
            None,
            Some(entry("me", 5, 3)),
            Some(entry("you", 5, 2)),
            Some(entry("", 5, 4)),
        ] {
            let decision = standby.decide(0, held_by.as_ref(), "me", 3, now);
            assert_eq!(decision, Decision::Claim, "{held_by:?}");
        }
        assert!(!standby.contains(0));
    }

    #[test]
    fn a_partition_of_another_ingestor_is_claimed_once_it_stands_still() {
        let (mut standby, now) = (Standby::new(STANDSTILL), Instant::now());
        let mut decide =
            |next_offset, at| standby.decide(0, Some(&entry("you", next_offset, 4)), "me", 3, at);
        assert_eq!(decide(5, now), Decision::StandBy);
        let later = now + STANDSTILL;
        assert_eq!(decide(9, later), Decision::HolderMoved);
        let almost = later + STANDSTILL - Duration::from_secs(1);
        assert_eq!(decide(9, almost), Decision::StandBy);
        assert_eq!(decide(9, later + STANDSTILL), Decision::Claim);
        assert!(!standby.contains(0));
    }

    #[test]
    fn entries_are_read_again_while_a_partition_stands_by() {
        let (mut standby, now) = (Standby::new(STANDSTILL), Instant::now());
        standby.schedule_read(now);
        assert!(
            standby.take_due(now + READ_EVERY).is_empty(),
            "none stands by"
        );
        standby.decide(2, Some(&entry("you", 5, 4)), "me", 3, now);
        standby.schedule_read(now);
        assert!(standby.take_due(now).is_empty());
        assert_eq!(standby.take_due(now + READ_EVERY), [2]);
        assert!(
            standby.take_due(now + READ_EVERY * 2).is_empty(),
            "not scheduled"
        );
    }
}
