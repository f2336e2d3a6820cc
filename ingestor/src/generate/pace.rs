//! Keeps the generator to a number of records per second.

use std::time::{Duration, Instant};

use super::CHECK_EVERY;

pub(super) struct Pace {
    records_per_second: u64,
    started: Instant,
}

impl Pace {
    pub(super) fn new(records_per_second: u64) -> Pace {
        Pace {
            records_per_second,
            started: Instant::now(),
        }
    }

    /// Records between two waits: at most a hundred waits a second, which is even enough.
    pub(super) fn records_per_step(&self) -> u64 {
        (self.records_per_second / 100).clamp(1, CHECK_EVERY)
    }

    /// How long to wait before record number `done`; `None` if it is due.
    pub(super) fn wait_before(&self, done: u64) -> Option<Duration> {
        self.due(done).checked_sub(self.started.elapsed())
    }

    /// When record number `done` is due, since the start.
    fn due(&self, done: u64) -> Duration {
        let micros = u128::from(done) * 1_000_000 / u128::from(self.records_per_second);
        Duration::from_micros(micros as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_kept_from_the_start_whatever_the_step() {
        for rate in [1, 10, 999, 250_000, 100_000_000] {
            let pace = Pace::new(rate);
            assert_eq!(pace.due(0), Duration::ZERO);
            for seconds in [1, 60, 86_400 * 365] {
                assert_eq!(pace.due(rate * seconds), Duration::from_secs(seconds));
            }
            // No step is longer than what is due within a hundredth of a second, or one record.
            let step = pace.due(pace.records_per_step());
            assert!(step <= Duration::from_millis(10).max(pace.due(1)));
        }
    }
}
