//! What is to be generated.

use super::mix::Shares;
use super::schedule::RegionClock;

/// What the model is asked for.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) seed: u64,
    /// Without a count it goes on for ever.
    pub(super) count: Option<u64>,
    pub(super) span: Span,
    pub(super) users: u32,
    pub(super) songs: u32,
    /// Event types and their weights.
    pub(super) event_types: Vec<(String, u64)>,
    pub(super) regions: Vec<Region>,
    pub(super) shares: Shares,
}

/// The time that the events are spread over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    /// From the first instant to before the second, in microseconds since 1970; needs a count.
    Between(i64, i64),
    /// Each event happens as it is made, about so many a second.
    Live { events_a_second: u64 },
}

#[derive(Debug, Clone)]
pub(super) struct Region {
    pub(super) name: String,
    pub(super) clock: RegionClock,
}
