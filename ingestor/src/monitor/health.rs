//! Whether the loop moves, and whether events can be stored.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A loop that has not come round for so long hangs: longer than any answer of Kafka is waited for.
const HANGS_AFTER: Duration = Duration::from_secs(60);

/// The health of the work on one topic.
#[derive(Debug)]
pub(super) struct Health(Mutex<State>);

#[derive(Debug, Clone)]
struct State {
    beat_at: Instant,
    is_reading: bool,
    /// Since when the database cannot be written to, and why.
    outage: Option<(Instant, String)>,
}

impl Default for Health {
    fn default() -> Health {
        Health(Mutex::new(State {
            beat_at: Instant::now(),
            is_reading: false,
            outage: None,
        }))
    }
}

impl Health {
    pub(super) fn beat(&self) {
        self.state().beat_at = Instant::now();
    }

    pub(super) fn set_reading(&self, is_reading: bool) {
        self.state().is_reading = is_reading;
    }

    pub(super) fn set_outage(&self, what: Option<&str>) {
        let mut state = self.state();
        match what {
            Some(_) if state.outage.is_some() => {}
            what => state.outage = what.map(|what| (Instant::now(), what.to_owned())),
        }
    }

    /// Whether the loop moves; else since when not.
    pub(super) fn is_alive(&self) -> Result<(), String> {
        self.state().is_alive(Instant::now())
    }

    /// Whether what comes is stored; else why not.
    pub(super) fn is_ready(&self) -> Result<(), String> {
        self.state().is_ready(Instant::now())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_alive(&self, now: Instant) -> Result<(), String> {
        let still = now.saturating_duration_since(self.beat_at);
        if still > HANGS_AFTER {
            return Err(format!("the loop stands still for {} s", still.as_secs()));
        }
        Ok(())
    }

    fn is_ready(&self, now: Instant) -> Result<(), String> {
        self.is_alive(now)?;
        if let Some((since, what)) = &self.outage {
            let seconds = now.saturating_duration_since(*since).as_secs();
            return Err(format!("no event can be stored for {seconds} s: {what}"));
        }
        if !self.is_reading {
            return Err("not all partitions are ours to read yet".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alive_while_the_loop_moves_and_ready_while_events_can_be_stored() {
        let now = Instant::now();
        let mut state = State {
            beat_at: now,
            is_reading: false,
            outage: None,
        };
        assert_eq!(state.is_alive(now), Ok(()));
        assert!(
            state
                .is_ready(now)
                .is_err_and(|why| why.contains("partitions"))
        );
        state.is_reading = true;
        assert_eq!(state.is_ready(now), Ok(()));
        state.outage = Some((now, "refused".to_owned()));
        assert_eq!(
            state.is_alive(now),
            Ok(()),
            "an outage is no reason to be killed"
        );
        let later = now + Duration::from_secs(7);
        assert_eq!(
            state.is_ready(later),
            Err("no event can be stored for 7 s: refused".to_owned())
        );
        state.outage = None;
        let hung = now + HANGS_AFTER + Duration::from_secs(1);
        assert!(state.is_alive(hung).is_err());
        assert!(state.is_ready(hung).is_err());
    }
}
