//! The plan of a run: checked options.

use crate::mix::Shares;
use crate::schedule::RegionClock;

/// Options that were checked, with their defaults.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) seed: u64,
    pub(crate) count: Option<u64>,
    pub(crate) span: Span,
    pub(crate) users: u32,
    pub(crate) songs: u32,
    /// Event types and their weights.
    pub(crate) event_types: Vec<(String, u64)>,
    pub(crate) regions: Vec<Region>,
    pub(crate) shares: Shares,
    pub(crate) has_sessions: bool,
}

impl Plan {
    /// Number of records to generate; `None`: no limit.
    pub fn count(&self) -> Option<u64> {
        self.count
    }
}

/// The time span of the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Span {
    /// `[from, until)`, in microseconds since 1970; needs a count.
    Between(i64, i64),
    /// Each event has the time at which it is generated.
    Live { events_per_second: u64 },
}

#[derive(Debug, Clone)]
pub(crate) struct Region {
    pub(crate) name: String,
    pub(crate) clock: RegionClock,
}
