//! Partitions that another ingestor holds, though ours to read by the group: when to take them back.
//!
//! Two groups on one topic must not fence one another at every batch. Who was fenced stands by,
//! and takes a partition over only once the other has not moved it for a while.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::database::Holder;

/// How long the other must have stood still before a member of a group takes over.
pub(super) const STANDSTILL: Duration = Duration::from_secs(20);
/// The same for a bounded run. It meets claims of runs that were killed while their claim waited for a lock.
pub(super) const BOUNDED_STANDSTILL: Duration = Duration::from_secs(5);

/// What to do with a partition whose holder was looked up.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is ours to claim.
    Claim,
    /// Another one holds it; wait and look again.
    StandBy,
    /// As before, and it has moved on since the last look.
    Alive,
    /// Nobody waits for the answer any more: the group has taken the partition back since it was asked for.
    Forgotten,
}

/// The partitions that stand by, with what their holder was last seen at.
#[derive(Debug)]
pub(super) struct Standby {
    standstill: Duration,
    waiting: BTreeSet<i32>,
    seen: BTreeMap<i32, (Option<i64>, i64, Instant)>,
}

impl Standby {
    pub(super) fn new(standstill: Duration) -> Standby {
        Standby {
            standstill,
            waiting: BTreeSet::new(),
            seen: BTreeMap::new(),
        }
    }

    /// From now on these, and no others, wait until it is known who holds them.
    pub(super) fn begin(&mut self, partitions: &[i32]) {
        self.seen.clear();
        self.waiting = partitions.iter().copied().collect();
    }

    /// The partition is no longer ours to wait for, or it is ours.
    pub(super) fn forget(&mut self, partition: i32) {
        self.waiting.remove(&partition);
        self.seen.remove(&partition);
    }

    /// Those that wait for another one to stand still.
    pub(super) fn partitions(&self) -> Vec<i32> {
        self.seen.keys().copied().collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Judges a partition of which we last held `our_epoch`.
    pub(super) fn judge(
        &mut self,
        partition: i32,
        holder: Option<&Holder>,
        owner: &str,
        our_epoch: i64,
        now: Instant,
    ) -> Verdict {
        if !self.waiting.contains(&partition) {
            return Verdict::Forgotten;
        }
        let is_ours = match holder {
            // The database went back in time, to before it knew the partition or our claim.
            None => true,
            // Nobody's: the other one has given it up.
            Some(holder) => {
                holder.owner.is_empty() || holder.owner == owner || holder.epoch < our_epoch
            }
        };
        if let (false, Some(holder)) = (is_ours, holder) {
            let state = (holder.next_offset, holder.epoch);
            let (next_offset, epoch, since) = *self
                .seen
                .entry(partition)
                .or_insert((state.0, state.1, now));
            if (next_offset, epoch) != state {
                self.seen.insert(partition, (state.0, state.1, now));
                return Verdict::Alive;
            }
            if now.duration_since(since) < self.standstill {
                return Verdict::StandBy;
            }
        }
        self.forget(partition);
        Verdict::Claim
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(owner: &str, next_offset: i64, epoch: i64) -> Holder {
        Holder {
            next_offset: Some(next_offset),
            epoch,
            owner: owner.to_owned(),
            checksum: None,
        }
    }

    #[test]
    fn ours_is_claimed_at_once() {
        let (mut standby, now) = (Standby::new(STANDSTILL), Instant::now());
        standby.begin(&[0, 1, 2, 3]);
        for (partition, holder) in [
            (0, None),
            (1, Some(holder("me", 5, 3))),
            (2, Some(holder("you", 5, 2))),
            (3, Some(holder("", 5, 4))),
        ] {
            assert_eq!(
                standby.judge(partition, holder.as_ref(), "me", 3, now),
                Verdict::Claim
            );
        }
        assert!(standby.is_empty());
    }

    /// The answer may come once the group has taken the partition back, and even given it to us again: claimed a second
    /// time, it would be read twice.
    #[test]
    fn an_answer_that_comes_late_changes_nothing() {
        let (mut standby, now) = (Standby::new(STANDSTILL), Instant::now());
        standby.begin(&[0, 1]);
        let you = holder("you", 5, 4);
        assert_eq!(standby.judge(0, Some(&you), "me", 3, now), Verdict::StandBy);
        standby.forget(0);
        standby.forget(1);
        for partition in [0, 1] {
            let mine = holder("me", 5, 5);
            for holder in [None, Some(&mine), Some(&you)] {
                assert_eq!(
                    standby.judge(partition, holder, "me", 5, now + STANDSTILL),
                    Verdict::Forgotten
                );
            }
        }
        assert!(standby.is_empty());
        // What was claimed is not claimed again by a second answer.
        standby.begin(&[0]);
        assert_eq!(standby.judge(0, None, "me", 5, now), Verdict::Claim);
        assert_eq!(standby.judge(0, None, "me", 5, now), Verdict::Forgotten);
    }

    #[test]
    fn anothers_is_claimed_once_it_stands_still() {
        let (mut standby, now) = (Standby::new(STANDSTILL), Instant::now());
        standby.begin(&[0]);
        assert_eq!(
            standby.judge(0, Some(&holder("you", 5, 4)), "me", 3, now),
            Verdict::StandBy
        );
        assert_eq!(standby.partitions(), [0]);
        let later = now + STANDSTILL;
        assert_eq!(
            standby.judge(0, Some(&holder("you", 9, 4)), "me", 3, later),
            Verdict::Alive
        );
        let almost = later + STANDSTILL - Duration::from_secs(1);
        assert_eq!(
            standby.judge(0, Some(&holder("you", 9, 4)), "me", 3, almost),
            Verdict::StandBy
        );
        assert_eq!(
            standby.judge(0, Some(&holder("you", 9, 4)), "me", 3, later + STANDSTILL),
            Verdict::Claim
        );
        assert!(standby.is_empty());
    }
}
