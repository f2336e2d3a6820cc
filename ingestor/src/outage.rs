//! When an outage is logged that several threads wait out at the same time: once when it begins, once a minute, once when it
//! is over. Pure: no clock, no log.

use std::time::{Duration, Instant};

const LOG_EVERY: Duration = Duration::from_secs(60);
/// A connection error this soon after an outage ended belongs to that outage, and is not logged again.
const AFTERMATH: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
pub(crate) struct Outage {
    /// Threads that wait for its end.
    waiter_count: usize,
    /// When the outage began, and when it was last logged; `None` if there is none.
    logged: Option<(Instant, Instant)>,
    /// When the last outage ended.
    ended: Option<Instant>,
}

/// What is to be logged about an outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Began,
    /// Since it began.
    Lasts(Duration),
}

impl Phase {
    pub(crate) fn seconds(self) -> u64 {
        match self {
            Phase::Began => 0,
            Phase::Lasts(time) => time.as_secs(),
        }
    }
}

impl Outage {
    pub(crate) fn add_waiter(&mut self) {
        self.waiter_count += 1;
    }

    pub(crate) fn remove_waiter(&mut self) {
        self.waiter_count -= 1;
    }

    pub(crate) fn has_waiters(&self) -> bool {
        self.waiter_count > 0
    }

    /// Notes that an attempt failed, and returns what is to be logged.
    pub(crate) fn attempt_failed(&mut self, now: Instant) -> Option<Phase> {
        let (began, phase) = match self.logged {
            Some((_, last)) if now - last < LOG_EVERY => return None,
            Some((began, _)) => (began, Phase::Lasts(now - began)),
            None if self.ended.is_some_and(|ended| now - ended < AFTERMATH) => return None,
            None => (now, Phase::Began),
        };
        self.logged = Some((began, now));
        Some(phase)
    }

    /// Records that an attempt succeeded. Returns how long the outage lasted, if it was logged and no caller waits any more.
    pub(crate) fn attempt_succeeded(&mut self, now: Instant) -> Option<Duration> {
        if self.has_waiters() {
            return None;
        }
        let (began, _) = self.logged.take()?;
        self.ended = Some(now);
        Some(now - began)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_logged_once_a_minute_and_ends_once_no_caller_waits() {
        let (mut outage, began) = (Outage::default(), Instant::now());
        let after = |seconds| began + Duration::from_secs(seconds);
        outage.add_waiter();
        outage.add_waiter();
        assert_eq!(outage.attempt_failed(began), Some(Phase::Began));
        for seconds in [0, 1, 30, 59] {
            assert_eq!(outage.attempt_failed(after(seconds)), None);
        }
        let minute = Phase::Lasts(Duration::from_secs(60));
        assert_eq!(outage.attempt_failed(after(60)), Some(minute));
        assert_eq!(outage.attempt_failed(after(119)), None);
        outage.remove_waiter();
        assert_eq!(outage.attempt_succeeded(after(119)), None);
        outage.remove_waiter();
        assert_eq!(
            outage.attempt_succeeded(after(121)),
            Some(Duration::from_secs(121))
        );
        assert_eq!(outage.attempt_succeeded(after(122)), None);
        assert_eq!(outage.attempt_failed(after(123)), None, "of the same one");
        assert_eq!(
            outage.attempt_failed(after(127)),
            Some(Phase::Began),
            "a new one"
        );
    }
}
