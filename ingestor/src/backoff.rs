//! Waiting between attempts, longer each time, and saying so without filling the log.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);
const SAY_EVERY: Duration = Duration::from_secs(60);
const SLICE: Duration = Duration::from_millis(50);

/// The waits of one outage.
pub(crate) struct Backoff {
    next: Duration,
    began: Option<Instant>,
    said: Option<Instant>,
}

impl Backoff {
    pub(crate) fn new() -> Backoff {
        Backoff {
            next: FIRST,
            began: None,
            said: None,
        }
    }

    /// Waits before the next attempt, or until `is_off`.
    pub(crate) async fn wait(&mut self, error: &dyn std::fmt::Display, is_off: impl Fn() -> bool) {
        let now = Instant::now();
        let began = *self.began.get_or_insert(now);
        if self.said.is_none_or(|said| now - said >= SAY_EVERY) {
            self.said = Some(now);
            tracing::warn!(
                outage_seconds = (now - began).as_secs(),
                "{error}; trying again"
            );
        }
        let until = now + jittered(self.next);
        self.next = (self.next * 2).min(LONGEST);
        while Instant::now() < until && !is_off() {
            tokio::time::sleep(SLICE).await;
        }
    }

    /// The attempt worked: says so if an outage had been reported.
    pub(crate) fn over(&self) {
        if let Some(began) = self.began {
            tracing::info!(
                outage_seconds = began.elapsed().as_secs(),
                "the database is back"
            );
        }
    }
}

/// Between half and all of the time, so that many ingestors do not come back in step.
fn jittered(time: Duration) -> Duration {
    let random = RandomState::new().hash_one(0u8) % 1024;
    time / 2 + time.mul_f64(random as f64 / 2048.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_within_half_and_all() {
        for _ in 0..1000 {
            let time = jittered(Duration::from_secs(10));
            assert!(
                (Duration::from_secs(5)..=Duration::from_secs(10)).contains(&time),
                "{time:?}"
            );
        }
    }
}
