//! Prints the progress of long runs.

use std::time::{Duration, Instant};

/// Time between two lines; short runs print none.
const PRINT_EVERY: Duration = Duration::from_secs(30);

/// Progress of a test that takes minutes or hours. `make torture` shows the last line of each.
pub struct Progress {
    what: &'static str,
    total: u64,
    started: Instant,
    said: Instant,
}

impl Progress {
    /// `what` names the steps, in the plural.
    pub fn start(what: &'static str, total: u64) -> Progress {
        let now = Instant::now();
        Progress {
            what,
            total,
            started: now,
            said: now,
        }
    }

    /// Reports the number of completed steps.
    pub fn done(&mut self, count: u64) {
        let now = Instant::now();
        if now - self.said >= PRINT_EVERY {
            self.said = now;
            let seconds = (now - self.started).as_secs();
            println!(
                "progress: {count} of {} {} after {seconds} s",
                self.total, self.what
            );
        }
    }
}
