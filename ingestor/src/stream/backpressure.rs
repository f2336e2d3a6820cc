//! When a writer is so far behind that fetching stops: logged once when it begins and once when it ends.

use std::time::{Duration, Instant};

#[derive(Debug, Default)]
pub(super) struct Backpressure {
    /// Since when a batch has been full while its writer was busy.
    full_since: Option<Instant>,
    is_behind: bool,
}

/// A change that is worth a log message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    Began,
    Ended,
}

impl Backpressure {
    /// Takes whether a batch is full. It counts as behind once that has lasted for `tolerance`.
    pub(super) fn update(
        &mut self,
        is_full: bool,
        tolerance: Duration,
        now: Instant,
    ) -> Option<Change> {
        if !is_full {
            self.full_since = None;
            return std::mem::take(&mut self.is_behind).then_some(Change::Ended);
        }
        let full_since = *self.full_since.get_or_insert(now);
        if self.is_behind || now - full_since < tolerance {
            return None;
        }
        self.is_behind = true;
        Some(Change::Began)
    }

    /// Forgets the state, because the batches were discarded.
    pub(super) fn reset(&mut self) {
        *self = Backpressure::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_after_the_tolerance_and_ends_with_the_first_free_batch() {
        let (mut backpressure, start) = (Backpressure::default(), Instant::now());
        let tolerance = Duration::from_secs(20);
        let mut update = |is_full, seconds| {
            backpressure.update(is_full, tolerance, start + Duration::from_secs(seconds))
        };
        assert_eq!(update(true, 0), None);
        assert_eq!(update(false, 19), None);
        assert_eq!(update(true, 20), None);
        assert_eq!(update(true, 39), None);
        assert_eq!(update(true, 40), Some(Change::Began));
        assert_eq!(update(true, 99), None);
        assert_eq!(update(false, 100), Some(Change::Ended));
        assert_eq!(update(false, 101), None);
    }
}
