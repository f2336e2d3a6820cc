//! An event before it is rendered, and how late it may arrive.

/// Days that a late event arrives after it happened, at most.
pub(crate) const MAX_DELAY_DAYS: i64 = 7;
/// Seconds that an event out of order arrives after a later one, at most.
pub(crate) const MAX_DISORDER_SECONDS: u64 = 300;

/// Names are indices into the plan and into [`DEVICES`](crate::population::DEVICES).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) event_id: u128,
    /// Microseconds since 1970-01-01 UTC.
    pub(crate) ts: i64,
    pub(crate) user: u64,
    pub(crate) song: Option<u64>,
    pub(crate) event_type: u16,
    pub(crate) region: u16,
    pub(crate) device: Option<u8>,
}
