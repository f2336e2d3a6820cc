//! Liveness and readiness of the stream of one topic.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A poll loop without a complete round in this time counts as hung. Longer than any timeout of a call to Kafka.
const HANGS_AFTER: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Health(Mutex<State>);

#[derive(Debug, Clone)]
struct State {
    beat_at: Instant,
    is_reading: bool,
    /// Since when the database cannot be written to, and why.
    database_outage: Option<(Instant, String)>,
    /// Since when Kafka does not answer, and why.
    kafka_outage: Option<(Instant, String)>,
}

impl Default for Health {
    fn default() -> Health {
        Health(Mutex::new(State {
            beat_at: Instant::now(),
            is_reading: false,
            database_outage: None,
            kafka_outage: None,
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

    pub(super) fn set_database_outage(&self, why: Option<&str>) {
        set(&mut self.state().database_outage, why);
    }

    pub(super) fn set_kafka_outage(&self, why: Option<&str>) {
        set(&mut self.state().kafka_outage, why);
    }

    /// # Errors
    /// The poll loop hangs.
    pub(super) fn is_alive(&self) -> Result<(), String> {
        self.state().is_alive(Instant::now())
    }

    /// # Errors
    /// Events cannot be read or stored; the text says why.
    pub(super) fn is_ready(&self) -> Result<(), String> {
        self.state().is_ready(Instant::now())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sets or ends an outage. One that continues keeps its beginning.
fn set(outage: &mut Option<(Instant, String)>, why: Option<&str>) {
    match (outage.as_mut(), why) {
        (Some((_, known)), Some(why)) => why.clone_into(known),
        (_, why) => *outage = why.map(|why| (Instant::now(), why.to_owned())),
    }
}

impl State {
    fn is_alive(&self, now: Instant) -> Result<(), String> {
        let still = now.saturating_duration_since(self.beat_at);
        if still > HANGS_AFTER {
            return Err(format!(
                "the poll loop has not moved for {} s",
                still.as_secs()
            ));
        }
        Ok(())
    }

    fn is_ready(&self, now: Instant) -> Result<(), String> {
        self.is_alive(now)?;
        let outages = [
            ("stored", &self.database_outage),
            ("read", &self.kafka_outage),
        ];
        for (done, outage) in outages {
            if let Some((since, why)) = outage {
                let seconds = now.saturating_duration_since(*since).as_secs();
                return Err(format!("no event can be {done} for {seconds} s: {why}"));
            }
        }
        if !self.is_reading {
            return Err("not all assigned partitions are read yet".to_owned());
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
            database_outage: None,
            kafka_outage: None,
        };
        assert_eq!(state.is_alive(now), Ok(()));
        assert!(
            state
                .is_ready(now)
                .is_err_and(|why| why.contains("partitions"))
        );
        state.is_reading = true;
        assert_eq!(state.is_ready(now), Ok(()));
        set(&mut state.database_outage, Some("refused"));
        set(&mut state.kafka_outage, Some("no answer"));
        assert_eq!(
            state.is_alive(now),
            Ok(()),
            "an outage is no reason to be killed"
        );
        set(&mut state.database_outage, Some("full"));
        let later = |outage: &Option<(Instant, String)>| {
            outage.as_ref().unwrap().0 + Duration::from_secs(7)
        };
        assert_eq!(
            state.is_ready(later(&state.database_outage)),
            Err("no event can be stored for 7 s: full".to_owned())
        );
        set(&mut state.database_outage, None);
        assert_eq!(
            state.is_ready(later(&state.kafka_outage)),
            Err("no event can be read for 7 s: no answer".to_owned())
        );
        set(&mut state.kafka_outage, None);
        let hung = now + HANGS_AFTER + Duration::from_secs(1);
        assert!(state.is_alive(hung).is_err());
        assert!(state.is_ready(hung).is_err());
    }
}
