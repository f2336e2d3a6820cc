//! How many records there were, and what became of them.

use std::collections::BTreeMap;

use serde::Serialize;

/// Counts of records. Once everything is committed, `read` is the sum of the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Totals {
    pub(crate) read: u64,
    pub(crate) inserted: u64,
    pub(crate) duplicate: u64,
    pub(crate) conflicting: u64,
    pub(crate) rejected: u64,
}

/// Rejected records by reason.
pub(crate) type Rejects = BTreeMap<String, u64>;

/// The counts of a batch, or of all batches of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) totals: Totals,
    pub(crate) rejects: Rejects,
}

impl Totals {
    pub(crate) fn add(&mut self, other: &Totals) {
        self.read += other.read;
        self.inserted += other.inserted;
        self.duplicate += other.duplicate;
        self.conflicting += other.conflicting;
        self.rejected += other.rejected;
    }
}

impl Stored {
    pub(crate) fn add(&mut self, other: &Stored) {
        self.totals.add(&other.totals);
        for (reason, count) in &other.rejects {
            *self.rejects.entry(reason.clone()).or_default() += count;
        }
    }
}
