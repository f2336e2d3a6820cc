//! What a run has stored so far, and how much a bounded run has left.

use std::time::Duration;

use crate::counts::Stored;
use crate::progress::{Progress, Unit};

/// Time between progress messages in the log.
const LOG_BOUNDED_EVERY: Duration = Duration::from_secs(5);
const LOG_ENDLESS_EVERY: Duration = Duration::from_secs(30);

pub(super) struct RunProgress {
    is_bounded: bool,
    stored: Stored,
    /// Offsets that a bounded run had to read when reading began.
    offsets_to_read: Option<u64>,
    progress: Progress,
}

impl RunProgress {
    pub(super) fn start(is_bounded: bool) -> RunProgress {
        let log_every = if is_bounded {
            LOG_BOUNDED_EVERY
        } else {
            LOG_ENDLESS_EVERY
        };
        RunProgress {
            is_bounded,
            stored: Stored::default(),
            offsets_to_read: None,
            progress: Progress::start(Unit::Events, is_bounded.then_some(0), log_every),
        }
    }

    pub(super) fn add(&mut self, stored: &Stored) {
        self.stored.add(stored);
    }

    /// Notes how many offsets are left when reading begins; only the first call counts.
    pub(super) fn begin(&mut self, remaining: u64) {
        self.offsets_to_read.get_or_insert(remaining);
    }

    pub(super) fn show(&mut self, remaining: u64) {
        let total = self.offsets_to_read.filter(|_| self.is_bounded);
        let read = self.stored.totals.read;
        let position = total.map_or(read, |total| total.saturating_sub(remaining));
        self.progress.update(read, position, total);
    }

    pub(super) fn finish(self) -> Stored {
        self.progress.finish();
        self.stored
    }
}
