//! The latest numbers, and the state of their source.

use super::problem::Problem;
use crate::{
    calendar::Micros,
    data::{Abilities, Dataset, Distinct, Extras, Request, reports::Answer},
};
use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The local clock.
pub fn now() -> Micros {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_micros()).ok())
        .unwrap_or(0)
}

/// How the source is.
#[derive(Clone, Debug, PartialEq)]
pub enum Health {
    /// No answer yet since the start.
    Connecting,
    /// Reading.
    Live,
    /// Told to stop reading.
    Paused,
    /// Something is in the way; numbers read before stay.
    Trouble {
        /// What.
        problem: Problem,
        /// Since when (local clock).
        since: Micros,
        /// When the next try is (local clock).
        next_try: Micros,
    },
}

/// What is known right now.
#[derive(Clone, Debug)]
pub struct Latest {
    /// How the source is.
    pub health: Health,
    /// The numbers of the last load that worked.
    pub data: Option<Arc<Dataset>>,
    /// When they were last known to be current (local clock).
    pub checked_at: Option<Micros>,
    /// How long the last load took.
    pub query_time: Duration,
    /// How many rows the last load read: those of changed days, where the others were known.
    pub rows_read: usize,
    /// Increases with each load, so that the window knows when to recompute.
    pub generation: u64,
    /// Minutes and listeners, where they are shown.
    pub extras: Extras,
    /// Distinct listeners, once they were asked for.
    pub distinct: Option<Distinct>,
    /// What can be asked for.
    pub can: Arc<Abilities>,
    /// The request that all of this answers.
    pub answered: Request,
    /// The request that days, minutes and listeners answer: they are shown before the rest has been read.
    pub read: Request,
    /// The source in words: `musicstream on 127.0.0.1:5432`.
    pub source: String,
}

impl Latest {
    /// Publishes a report. The generation changes only if the report did.
    pub(super) fn show_report(&mut self, report: Option<Arc<Answer>>) {
        if self.extras.report != report {
            self.extras.report = report;
            self.generation += 1;
        }
    }
}
