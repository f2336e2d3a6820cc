//! The offsets that are copied to the consumer group, for tools that show lag. The ledger decides where reading begins, so
//! losing a copy is harmless.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const COPY_EVERY: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct GroupOffsets {
    /// Next offsets that were stored since the last copy, by partition.
    stored: BTreeMap<i32, i64>,
    copied_at: Instant,
}

impl GroupOffsets {
    pub(super) fn new(now: Instant) -> GroupOffsets {
        GroupOffsets {
            stored: BTreeMap::new(),
            copied_at: now,
        }
    }

    pub(super) fn stored(&mut self, partition: i32, next_offset: i64) {
        self.stored.insert(partition, next_offset);
    }

    /// Another member copies the offsets of these partitions from now on.
    pub(super) fn revoke(&mut self, partitions: &[i32]) {
        self.stored
            .retain(|partition, _| !partitions.contains(partition));
    }

    /// The offsets to copy now: none if there are no new ones, or if the last copy was a short time ago.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<(i32, i64)> {
        if now - self.copied_at < COPY_EVERY {
            return Vec::new();
        }
        self.take_all(now)
    }

    /// All offsets that were not copied yet.
    pub(super) fn take_all(&mut self, now: Instant) -> Vec<(i32, i64)> {
        if !self.stored.is_empty() {
            self.copied_at = now;
        }
        std::mem::take(&mut self.stored).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_copied_every_few_seconds_and_each_once() {
        let start = Instant::now();
        let mut offsets = GroupOffsets::new(start);
        offsets.stored(0, 5);
        offsets.stored(1, 7);
        offsets.stored(0, 9);
        assert_eq!(offsets.take_due(start + COPY_EVERY / 2), []);
        offsets.revoke(&[1]);
        assert_eq!(offsets.take_due(start + COPY_EVERY), [(0, 9)]);
        offsets.stored(0, 10);
        assert_eq!(
            offsets.take_due(start + COPY_EVERY * 2 - Duration::from_secs(1)),
            []
        );
        assert_eq!(offsets.take_all(start + COPY_EVERY), [(0, 10)]);
        assert_eq!(offsets.take_due(start + COPY_EVERY * 9), []);
    }
}
