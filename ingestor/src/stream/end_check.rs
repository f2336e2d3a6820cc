//! Partitions of a bounded run in which the consumer reached the end of its replica, but not the end of the run.
//!
//! The offsets in between hold no records (compaction, aborted transactions), or the replica lags behind the leader. A
//! probe of the log distinguishes the two; it costs a round trip, so it is repeated only after an interval.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const CHECK_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct EndCheck {
    pending: BTreeSet<i32>,
    check_at: Option<Instant>,
}

impl EndCheck {
    /// Adds a partition; the first one is checked at once.
    pub(super) fn add(&mut self, partition: i32, now: Instant) {
        if self.pending.insert(partition) && self.check_at.is_none() {
            self.check_at = Some(now);
        }
    }

    pub(super) fn remove(&mut self, partition: i32) {
        self.pending.remove(&partition);
    }

    pub(super) fn clear(&mut self) {
        *self = EndCheck::default();
    }

    /// The partitions to check now. Those that `is_unfinished` denies are removed.
    pub(super) fn take_due(
        &mut self,
        now: Instant,
        is_unfinished: impl Fn(i32) -> bool,
    ) -> BTreeSet<i32> {
        if self.check_at.is_none_or(|at| now < at) {
            return BTreeSet::new();
        }
        self.pending.retain(|partition| is_unfinished(*partition));
        self.check_at = (!self.pending.is_empty()).then(|| now + CHECK_EVERY);
        self.pending.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_is_checked_at_once_and_then_every_second_until_it_is_finished() {
        let (mut check, start) = (EndCheck::default(), Instant::now());
        assert!(check.take_due(start, |_| true).is_empty());
        check.add(3, start);
        check.add(5, start);
        assert_eq!(check.take_due(start, |_| true), [3, 5].into());
        check.add(7, start + CHECK_EVERY / 2);
        assert!(check.take_due(start + CHECK_EVERY / 2, |_| true).is_empty());
        assert_eq!(
            check.take_due(start + CHECK_EVERY, |partition| partition == 5),
            [5].into()
        );
        check.remove(5);
        let later = start + CHECK_EVERY * 3;
        assert!(check.take_due(later, |_| true).is_empty());
        check.add(5, later);
        assert_eq!(check.take_due(later, |_| true), [5].into());
        check.clear();
        assert!(check.take_due(later + CHECK_EVERY, |_| true).is_empty());
    }
}
