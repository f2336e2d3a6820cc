//! Waiting between attempts, longer each time, and saying so without filling the log.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);
const SAY_EVERY: Duration = Duration::from_secs(60);
const SLICE: Duration = Duration::from_millis(50);
/// After an outage: whoever finds only now that its connection broke in it has met no new one.
const AFTERMATH: Duration = Duration::from_secs(5);

/// An outage as all writers of a run meet it: together they say one thing a minute.
#[derive(Debug, Default)]
pub(crate) struct Outage(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// How many wait for its end.
    waiting_count: usize,
    /// When it began, and when it was last spoken of.
    said: Option<(Instant, Instant)>,
    /// When the last one ended.
    ended: Option<Instant>,
}

impl Outage {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// For how long it has lasted, if that is to be said now.
    fn met(&mut self, now: Instant) -> Option<Duration> {
        let began = match self.said {
            Some((_, last)) if now - last < SAY_EVERY => return None,
            Some((began, _)) => began,
            None if self.ended.is_some_and(|ended| now - ended < AFTERMATH) => return None,
            None => now,
        };
        self.said = Some((began, now));
        Some(now - began)
    }

    /// One answer has come. For how long it had lasted, if it was spoken of and nobody waits any more.
    fn answered(&mut self, now: Instant) -> Option<Duration> {
        let said = if self.waiting_count == 0 {
            self.said.take()
        } else {
            None
        };
        if said.is_some() {
            self.ended = Some(now);
        }
        said.map(|(began, _)| now - began)
    }
}

/// The waits of one who meets an outage.
pub(crate) struct Backoff {
    next: Duration,
    is_waiting: bool,
    outage: Arc<Outage>,
}

impl Backoff {
    pub(crate) fn new(outage: &Arc<Outage>) -> Backoff {
        Backoff {
            next: FIRST,
            is_waiting: false,
            outage: outage.clone(),
        }
    }

    /// Waits before the next attempt, or until `is_off`.
    pub(crate) async fn wait(&mut self, error: &dyn std::fmt::Display, is_off: impl Fn() -> bool) {
        let now = Instant::now();
        let lasted = {
            let mut state = self.outage.state();
            state.waiting_count += usize::from(!std::mem::replace(&mut self.is_waiting, true));
            state.met(now)
        };
        if let Some(lasted) = lasted {
            tracing::warn!(outage_seconds = lasted.as_secs(), "{error}; trying again");
        }
        let until = now + jittered(self.next);
        self.next = (self.next * 2).min(LONGEST);
        while Instant::now() < until && !is_off() {
            tokio::time::sleep(SLICE).await;
        }
    }

    /// The attempt worked: says so if an outage had been reported, and is over for all.
    pub(crate) fn over(&mut self) {
        self.leave();
        let lasted = self.outage.state().answered(Instant::now());
        if let Some(lasted) = lasted {
            tracing::info!(outage_seconds = lasted.as_secs(), "the database is back");
        }
    }

    fn leave(&mut self) {
        if std::mem::take(&mut self.is_waiting) {
            self.outage.state().waiting_count -= 1;
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
    fn however_many_meet_an_outage_it_is_said_once_a_minute_and_is_over_once_nobody_waits() {
        let (mut state, began) = (State::default(), Instant::now());
        let after = |seconds| began + Duration::from_secs(seconds);
        state.waiting_count = 2;
        assert_eq!(state.met(began), Some(Duration::ZERO));
        for seconds in [0, 1, 30, 59] {
            assert_eq!(state.met(after(seconds)), None);
        }
        assert_eq!(state.met(after(60)), Some(Duration::from_secs(60)));
        assert_eq!(state.met(after(119)), None);
        state.waiting_count = 1;
        assert_eq!(state.answered(after(119)), None);
        state.waiting_count = 0;
        assert_eq!(state.answered(after(121)), Some(Duration::from_secs(121)));
        assert_eq!(state.answered(after(122)), None);
        assert_eq!(state.met(after(123)), None, "of the same one");
        assert_eq!(state.met(after(127)), Some(Duration::ZERO), "a new one");
    }

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
