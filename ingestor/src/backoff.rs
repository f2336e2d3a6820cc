//! Exponential back-off between attempts to reach the database, logged once for all threads.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::monitor::Observer;
use crate::outage::{Outage, Phase};

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);
/// Time between two checks whether the wait was cancelled.
const SLICE: Duration = Duration::from_millis(50);

/// The outage of the database, shared by all writers of a run, so that it is logged and counted once.
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

/// The back-off of one writer.
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

    /// Waits before the next attempt, or until it is cancelled.
    pub(crate) async fn wait(
        &mut self,
        error: &dyn std::fmt::Display,
        is_cancelled: impl Fn() -> bool,
    ) {
        let now = Instant::now();
        let phase = {
            let mut state = self.outage.state();
            if !std::mem::replace(&mut self.is_waiting, true) {
                state.add_waiter();
            }
            self.outage.observer.database_fails(&error.to_string());
            state.attempt_failed(now)
        };
        tracing::debug!("an attempt failed: {error}");
        if phase == Some(Phase::Began) {
            self.outage.observer.outage_began();
        }
        if let Some(phase) = phase {
            tracing::warn!(outage_seconds = phase.seconds(), "{error}; trying again");
        }
        let until = now + jittered(self.next);
        self.next = (self.next * 2).min(LONGEST);
        while Instant::now() < until && !is_cancelled() {
            tokio::time::sleep(SLICE).await;
        }
    }

    /// Records that the attempt succeeded. Logs the end of the outage if no other writer waits.
    pub(crate) fn succeeded(&mut self) {
        self.stop_waiting();
        let lasted = {
            let mut state = self.outage.state();
            if !state.has_waiters() {
                self.outage.observer.database_answers();
            }
            state.attempt_succeeded(Instant::now())
        };
        if let Some(lasted) = lasted {
            tracing::info!(
                outage_seconds = lasted.as_secs(),
                "events can be stored again"
            );
        }
    }

    fn stop_waiting(&mut self) {
        if std::mem::take(&mut self.is_waiting) {
            self.outage.state().remove_waiter();
        }
    }
}

impl Drop for Backoff {
    fn drop(&mut self) {
        self.stop_waiting();
    }
}

/// Between half and all of the time, so that many ingestors do not reconnect at the same moment.
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
