//! Positions in the log of a partition: arithmetic on offsets, without Kafka or a database.
//!
//! An offset names the next record to read, so ranges are half-open. Offsets are not dense: compaction and transaction
//! markers leave holes. So the end of a run is reached when it is passed, never by counting.

/// Where a fetch begins: Kafka's "fetch position".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FetchPosition {
    pub(super) partition: i32,
    pub(super) offset: i64,
    /// Leader epoch of the record before `offset`, if it is known.
    pub(super) leader_epoch: Option<i32>,
}

/// How far a partition was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    /// The epoch of our claim.
    pub(super) epoch: i64,
    /// Leader epoch of the record before `next`, if it is known.
    pub(super) leader_epoch: Option<i32>,
    /// Where the ledger will be once all batches sent so far are stored: the start of the next span.
    pub(super) ledger: Option<i64>,
    /// The next offset to read. Records before it are duplicates of a fetch.
    pub(super) next: i64,
    /// The end of a bounded run; `None` if the stream is endless.
    pub(super) end: Option<i64>,
}

impl Position {
    /// Advances past a fetched record, and returns whether that record belongs to the run. A record at or beyond the end
    /// of a bounded run does not, but shows that everything before the end was seen.
    pub(super) fn advance(&mut self, offset: i64, leader_epoch: Option<i32>) -> bool {
        if offset < self.next || self.is_done() {
            return false;
        }
        let end = self.end.filter(|end| offset >= *end);
        self.next = end.unwrap_or(offset + 1);
        self.leader_epoch = leader_epoch;
        end.is_none()
    }

    /// Whether a bounded run has read everything before its end.
    pub(super) fn is_done(&self) -> bool {
        self.end.is_some_and(|end| self.next >= end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_once_and_up_to_the_end() {
        let mut position = Position {
            epoch: 1,
            leader_epoch: None,
            ledger: None,
            next: 5,
            end: Some(8),
        };
        let state = |position: &Position| (position.next, position.leader_epoch);
        // One that was read before.
        assert!(!position.advance(4, Some(1)) && state(&position) == (5, None));
        assert!(position.advance(5, Some(1)) && state(&position) == (6, Some(1)));
        // The last offset before the end holds no record.
        let mut other = position.clone();
        assert!(!other.advance(9, Some(2)) && state(&other) == (8, Some(2)) && other.is_done());
        assert!(!position.is_done());
        assert!(position.advance(7, Some(2)) && position.is_done());
        assert!(!position.advance(8, Some(3)) && state(&position) == (8, Some(2)));
        position.end = None;
        assert!(position.advance(1000, None) && state(&position) == (1001, None));
        assert!(!position.is_done());
    }
}
