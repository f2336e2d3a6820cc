//! How far the pipeline was.

use crate::calendar::{Day, Micros};

/// Deltas that wait are counted up to here: as many, or more.
const MOST_DELTAS: i64 = 100_000;

/// How far the pipeline was when the numbers were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Event time up to which the streams have come, if any has come at all.
    pub watermark: Option<Micros>,
    /// Event time of the newest event, if any has come.
    pub newest_event: Option<Micros>,
    /// Deltas that no rollup has folded yet (they are in the numbers already); 100,000 stands for as many, or more.
    pub pending_deltas: i64,
    /// Rows in the shared inbox that no upsert has taken yet.
    pub staged: i64,
    /// Rows in `rejected_events`.
    pub rejected: i64,
    /// When the last rollup ended.
    pub last_rollup_at: Option<Micros>,
    /// Changes whenever a rollup changed the metrics.
    pub revision: i64,
    /// The source's clock when it answered.
    pub now: Micros,
}

/// Without a new event for so long, something may have stopped.
const QUIET_AFTER_US: i64 = 15 * 60_000_000;

impl Status {
    /// From when on the events count as having stopped, unless another one comes.
    pub fn quiet_from(&self) -> Option<Micros> {
        self.newest_event.map(|at| at + QUIET_AFTER_US)
    }

    /// What has to change before it is worth reading the numbers again; `None` if they may change without it.
    pub fn fingerprint(&self) -> Option<Self> {
        (self.pending_deltas < MOST_DELTAS).then(|| Self {
            // Rollups that fold nothing move it every few seconds.
            last_rollup_at: None,
            now: Day::of(self.now).start(),
            ..self.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_deltas_than_are_counted_tell_no_change() {
        let status = |pending_deltas| Status {
            pending_deltas,
            ..Status::default()
        };
        assert_ne!(status(1).fingerprint(), status(2).fingerprint());
        assert_eq!(status(MOST_DELTAS).fingerprint(), None);
    }

    #[test]
    fn rejected_and_staged_rows_tell_a_change_and_idle_rollups_do_not() {
        let before = Status::default();
        let idle = Status {
            last_rollup_at: Some(9_000_000),
            now: 9_500_000,
            ..before.clone()
        };
        assert_eq!(before.fingerprint(), idle.fingerprint());
        for after in [
            Status {
                rejected: 1,
                ..before.clone()
            },
            Status {
                staged: 1,
                ..before.clone()
            },
            Status {
                newest_event: Some(1),
                ..before.clone()
            },
        ] {
            assert_ne!(before.fingerprint(), after.fingerprint(), "{after:?}");
        }
    }
}
