//! Partitions that another ingestor holds, though ours to read by the group: when to take them back.
//!
//! Two groups on one topic must not fence one another at every batch. Who was fenced stands by,
//! and takes a partition over only once the other has not moved it for a while.

use std::collections::BTreeMap;
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
}

/// The partitions that stand by, with what their holder was last seen at.
#[derive(Debug)]
pub(super) struct Standby {
    standstill: Duration,
    seen: BTreeMap<i32, (Option<i64>, i64, Instant)>,
}

impl Standby {
    pub(super) fn new(standstill: Duration) -> Standby {
        Standby {
            standstill,
            seen: BTreeMap::new(),
        }
    }

    pub(super) fn clear(&mut self) {
        self.seen.clear();
    }

    pub(super) fn forget(&mut self, partition: i32) {
        self.seen.remove(&partition);
    }

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
        self.seen.remove(&partition);
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
        assert_eq!(standby.judge(0, None, "me", 3, now), Verdict::Claim);
        assert_eq!(
            standby.judge(0, Some(&holder("me", 5, 3)), "me", 3, now),
            Verdict::Claim
        );
        assert_eq!(
            standby.judge(0, Some(&holder("you", 5, 2)), "me", 3, now),
            Verdict::Claim
        );
        assert_eq!(
            standby.judge(0, Some(&holder("", 5, 4)), "me", 3, now),
            Verdict::Claim
        );
        assert!(standby.is_empty());
    }

    #[test]
    fn anothers_is_claimed_once_it_stands_still() {
        let (mut standby, now) = (Standby::new(STANDSTILL), Instant::now());
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
