//! Waiting between attempts, longer each time, and saying so without filling the log.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::monitor::Observer;
use crate::outage::{News, Outage};

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);
const SLICE: Duration = Duration::from_millis(50);
/// An outage of the database as all writers of a run meet it. The observer is told of it once.
pub(crate) struct DatabaseOutage {
    state: Mutex<Outage>,
    observer: Observer,
}

impl DatabaseOutage {
    pub(crate) fn new(observer: Observer) -> Arc<DatabaseOutage> {
        Arc::new(DatabaseOutage {
            state: Mutex::default(),
            observer,
        })
    }

    fn state(&self) -> MutexGuard<'_, Outage> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The waits of one who meets an outage.
pub(crate) struct Backoff {
    next: Duration,
    is_waiting: bool,
    outage: Arc<DatabaseOutage>,
}

impl Backoff {
    pub(crate) fn new(outage: &Arc<DatabaseOutage>) -> Backoff {
        Backoff {
            next: FIRST,
            is_waiting: false,
            outage: outage.clone(),
        }
    }

    /// Waits before the next attempt, or until `is_off`.
    pub(crate) async fn wait(&mut self, error: &dyn std::fmt::Display, is_off: impl Fn() -> bool) {
        let now = Instant::now();
        let news = {
            let mut state = self.outage.state();
            if !std::mem::replace(&mut self.is_waiting, true) {
                state.join();
            }
            self.outage.observer.database_fails(&error.to_string());
            state.failed(now)
        };
        tracing::debug!("an attempt failed: {error}");
        if news == Some(News::Began) {
            self.outage.observer.outage_began();
        }
        if let Some(news) = news {
            tracing::warn!(outage_seconds = news.seconds(), "{error}; trying again");
        }
        let until = now + jittered(self.next);
        self.next = (self.next * 2).min(LONGEST);
        while Instant::now() < until && !is_off() {
            tokio::time::sleep(SLICE).await;
        }
    }

    /// The attempt worked: tells so if an outage had been told, and is over for all.
    pub(crate) fn over(&mut self) {
        self.leave();
        let lasted = {
            let mut state = self.outage.state();
            if !state.is_met() {
                self.outage.observer.database_answers();
            }
            state.worked(Instant::now())
        };
        if let Some(lasted) = lasted {
            tracing::info!(
                outage_seconds = lasted.as_secs(),
                "events can be stored again"
            );
        }
    }

    fn leave(&mut self) {
        if std::mem::take(&mut self.is_waiting) {
            self.outage.state().leave();
        }
    }
}

impl Drop for Backoff {
    fn drop(&mut self) {
        self.leave();
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
