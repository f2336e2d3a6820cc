//! How far a long run is, said now and then.

use std::time::{Duration, Instant};

/// Between two lines; short runs print none.
const SAY_EVERY: Duration = Duration::from_secs(30);

/// Steps of one test, which take minutes or hours. `make torture` shows the last line of each.
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

    /// So many steps are done.
    pub fn done(&mut self, count: u64) {
        let now = Instant::now();
        if now - self.said >= SAY_EVERY {
            self.said = now;
            let seconds = (now - self.started).as_secs();
            println!(
                "progress: {count} of {} {} after {seconds} s",
                self.total, self.what
            );
        }
    }
}
