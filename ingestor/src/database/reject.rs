//! The rejects of a batch, and the interface of a receiver of copies.

use super::DatabaseError;
use crate::batch::Origin;

/// A rejected record.
pub(crate) struct Reject<'a> {
    pub(crate) source: &'a str,
    pub(crate) origin: Origin<'a>,
    pub(crate) reason: &'a str,
    pub(crate) detail: &'a str,
}

/// Receives the rejects of each batch before it is committed, so that it misses none. A batch that is retried sends them again.
pub(crate) trait RejectSink: Sync {
    /// Sends the rejects of one batch.
    ///
    /// # Errors
    /// They were not sent; the batch is then rolled back.
    fn send(&self, rejects: &mut dyn Iterator<Item = Reject<'_>>) -> Result<(), DatabaseError>;
}
