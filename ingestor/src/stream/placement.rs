//! Where reading begins: decided from the ledger and the bounds of the log, without Kafka or a database.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::ValueEnum;

use super::mismatch::LogMismatch;
use super::position::{FetchPosition, Position};
use super::probe::Finding;
use super::source::is_other_topic;
use crate::database::{Claim, LedgerEntry};

/// Time until the bounds of a log are requested from Kafka again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Where to begin with a topic of which nothing was ever committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StartFrom {
    Earliest,
    Latest,
}

/// The flags for cases that the ledger does not decide.
#[derive(Debug, Clone, Copy)]
pub(super) struct Policy {
    pub(super) start_from: StartFrom,
    pub(super) accept_gap: bool,
    pub(super) accept_recreated: bool,
}

/// The start of reading in one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) offset: i64,
    /// Whether the ledger must move to `offset` before any event is stored. Otherwise a restart would decide again, and
    /// might decide differently.
    pub(super) must_record: bool,
    /// Number of offsets that are skipped because their records were deleted.
    pub(super) skipped: i64,
}

/// The ledger's entry of a partition when it was last claimed or written.
#[derive(Debug, Clone, Copy)]
struct LedgerState {
    epoch: i64,
    /// `None`: nothing was ever stored.
    next_offset: Option<i64>,
}

#[derive(Debug)]
pub(super) struct Placement {
    topic: String,
    topic_id: Option<[u8; 16]>,
    /// The number of partitions when the run began.
    partition_count: i32,
    policy: Policy,
    source: Arc<str>,
    /// Whether the ledger had an offset of any partition of the source when the run began.
    is_source_known: bool,
    /// The end of a bounded run by partition: the log's end when the run began.
    ends: BTreeMap<i32, i64>,
    ledger: BTreeMap<i32, LedgerState>,
    retry_at: Option<Instant>,
}

impl Placement {
    pub(super) fn new(
        topic: &str,
        topic_id: Option<[u8; 16]>,
        partition_count: i32,
        policy: Policy,
    ) -> Placement {
        Placement {
            topic: topic.to_owned(),
            topic_id,
            partition_count,
            policy,
            source: Arc::from(""),
            is_source_known: false,
            ends: BTreeMap::new(),
            ledger: BTreeMap::new(),
            retry_at: None,
        }
    }

    /// Sets the source, and whether the ledger has an offset of it.
    pub(super) fn set_source(&mut self, source: Arc<str>, is_known: bool) {
        self.source = source;
        self.is_source_known = is_known;
    }

    pub(super) fn source(&self) -> &Arc<str> {
        &self.source
    }

    pub(super) fn policy(&self) -> Policy {
        self.policy
    }

    /// Sets where a bounded run ends.
    pub(super) fn set_end(&mut self, partition: i32, end: i64) {
        self.ends.insert(partition, end);
    }

    /// Decides where to begin, from the claim and the log's offsets `[low, high)`.
    ///
    /// # Errors
    /// The ledger and the log do not fit together.
    pub(super) fn start(
        &self,
        partition: i32,
        claim: &Claim,
        low: i64,
        high: i64,
    ) -> Result<Start, LogMismatch> {
        let start = |offset, must_record, skipped| Start {
            offset,
            must_record,
            skipped,
        };
        match claim.next_offset {
            None if self.starts_at_end(partition) => Ok(start(high, true, 0)),
            None => Ok(start(low, false, 0)),
            Some(next_offset) if next_offset < low && self.policy.accept_gap => {
                Ok(start(low, true, low - next_offset))
            }
            Some(next_offset) if next_offset < low => Err(LogMismatch::Gap {
                partition,
                next_offset,
                low,
            }),
            Some(next_offset) if next_offset > high => Err(LogMismatch::Shortened {
                source_name: self.source.to_string(),
                partition,
                next_offset,
                high,
            }),
            Some(next_offset) => Ok(start(next_offset, false, 0)),
        }
    }

    /// `--from latest` skips records only of a topic that is new to the ledger. A partition that is added to a known topic
    /// is read from its beginning, whether or not an ingestor was running, so that none of its records is skipped.
    fn starts_at_end(&self, partition: i32) -> bool {
        let was_added = partition >= self.partition_count;
        self.policy.start_from == StartFrom::Latest && !self.is_source_known && !was_added
    }

    /// Whether the ledger's entry is that of a former topic with the same name.
    pub(super) fn is_of_other_topic(&self, claim: &Claim) -> bool {
        is_other_topic(claim.source_identity.as_deref(), self.topic_id)
    }

    /// The position whose leader epoch must be compared with the log before reading; `None` if the ledger has no leader
    /// epoch for it.
    pub(super) fn to_compare(
        &self,
        partition: i32,
        claim: &Claim,
        start: &Start,
    ) -> Option<FetchPosition> {
        let leader_epoch = leader_epoch_at(claim, start.offset);
        leader_epoch.map(|_| FetchPosition {
            partition,
            offset: start.offset,
            leader_epoch,
        })
    }

    /// Whether the log still has the record before `position` that was stored. False: the bounds of the log have changed
    /// since they were asked for. `low` is the beginning of the log.
    ///
    /// # Errors
    /// The log was cut off before `position`, and has other records there now.
    pub(super) fn compare(
        &self,
        position: FetchPosition,
        low: i64,
        finding: Option<&Finding>,
    ) -> Result<bool, LogMismatch> {
        match finding {
            Some(Finding::Truncated { end }) => Err(LogMismatch::Truncated {
                source_name: self.source.to_string(),
                partition: position.partition,
                next_offset: position.offset,
                end: end.unwrap_or(low).max(low),
            }),
            Some(Finding::Absent) => Ok(false),
            Some(Finding::Record(_) | Finding::End(_)) | None => Ok(true),
        }
    }

    /// The position from which reading begins. Notes the ledger's state.
    pub(super) fn begin(&mut self, partition: i32, claim: &Claim, start: &Start) -> Position {
        let state = LedgerState {
            epoch: claim.epoch,
            next_offset: claim.next_offset,
        };
        self.ledger.insert(partition, state);
        Position {
            epoch: claim.epoch,
            leader_epoch: leader_epoch_at(claim, start.offset),
            ledger: claim.next_offset,
            next: start.offset,
            end: self.ends.get(&partition).copied(),
        }
    }

    /// Notes that the ledger has moved under this epoch. The report of an earlier epoch's batch may come after a later claim.
    pub(super) fn stored(&mut self, partition: i32, epoch: i64, next_offset: i64) {
        if let Some(state) = self.ledger.get_mut(&partition)
            && state.epoch == epoch
        {
            state.next_offset = Some(next_offset);
        }
    }

    /// Whether the ledger has lost what was read from it or stored: the database was restored, or failed over to a server
    /// that lacked the last commits. `entry` is what the ledger has now, and `claim` the last claim if reading has not begun.
    ///
    /// An entry that is ahead is no sign of it: its report may have overtaken that of a batch, or another ingestor has
    /// claimed the partition, which the next batch finds out.
    pub(super) fn has_gone_back(
        &self,
        partition: i32,
        claim: Option<&Claim>,
        entry: Option<&LedgerEntry>,
    ) -> bool {
        let known = match claim {
            Some(claim) => Some((claim.epoch, claim.next_offset)),
            None => self
                .ledger
                .get(&partition)
                .map(|state| (state.epoch, state.next_offset)),
        };
        known.is_some_and(|(epoch, next_offset)| {
            entry.is_none_or(|entry| entry.epoch < epoch || entry.next_offset < next_offset)
        })
    }

    /// The epoch of our last claim of a partition.
    pub(super) fn epoch(&self, partition: i32) -> Option<i64> {
        self.ledger.get(&partition).map(|state| state.epoch)
    }

    /// The error for a topic that was created again. `claims` are those of partitions that were not read yet.
    pub(super) fn recreated(&self, claims: &BTreeMap<i32, Claim>) -> LogMismatch {
        let known = self
            .ledger
            .iter()
            .map(|(partition, state)| (*partition, state.next_offset));
        let claimed = claims
            .iter()
            .map(|(partition, claim)| (*partition, claim.next_offset));
        LogMismatch::Recreated {
            topic: self.topic.clone(),
            next_offsets: known.chain(claimed).collect(),
        }
    }

    /// Puts the next attempt off because Kafka did not answer.
    pub(super) fn retry_later(&mut self, now: Instant) {
        self.retry_at = Some(now + RETRY_AFTER);
    }

    pub(super) fn retry_now(&mut self) {
        self.retry_at = None;
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.retry_at.is_none_or(|at| now >= at)
    }
}

/// The leader epoch of the claim, if it belongs to this offset.
fn leader_epoch_at(claim: &Claim, offset: i64) -> Option<i32> {
    claim
        .leader_epoch
        .filter(|_| claim.next_offset == Some(offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EARLIEST: Policy = Policy {
        start_from: StartFrom::Earliest,
        accept_gap: false,
        accept_recreated: false,
    };
    const LATEST: Policy = Policy {
        start_from: StartFrom::Latest,
        ..EARLIEST
    };
    const ACCEPTING: Policy = Policy {
        accept_gap: true,
        ..EARLIEST
    };

    fn placement(policy: Policy) -> Placement {
        let mut placement = Placement::new("t", Some([1; 16]), 4, policy);
        placement.set_source("kafka:c/t".into(), false);
        placement
    }

    fn claim(next_offset: Option<i64>) -> Claim {
        Claim {
            next_offset,
            epoch: 7,
            source_identity: None,
            leader_epoch: Some(3),
        }
    }

    fn start(offset: i64, must_record: bool, skipped: i64) -> Result<Start, LogMismatch> {
        Ok(Start {
            offset,
            must_record,
            skipped,
        })
    }

    #[test]
    fn the_ledger_decides_if_it_has_an_offset() {
        let decide = |policy, partition, next_offset| {
            placement(policy).start(partition, &claim(next_offset), 5, 9)
        };
        assert_eq!(decide(EARLIEST, 0, None), start(5, false, 0));
        assert_eq!(decide(LATEST, 0, None), start(9, true, 0));
        for policy in [EARLIEST, LATEST, ACCEPTING] {
            for next_offset in 5..=9 {
                assert_eq!(
                    decide(policy, 0, Some(next_offset)),
                    start(next_offset, false, 0)
                );
            }
            assert_eq!(
                decide(policy, 3, Some(10)),
                Err(LogMismatch::Shortened {
                    source_name: "kafka:c/t".to_owned(),
                    partition: 3,
                    next_offset: 10,
                    high: 9
                })
            );
        }
        assert_eq!(
            decide(EARLIEST, 3, Some(4)),
            Err(LogMismatch::Gap {
                partition: 3,
                next_offset: 4,
                low: 5
            })
        );
        assert_eq!(decide(ACCEPTING, 3, Some(1)), start(5, true, 4));
    }

    #[test]
    fn records_are_skipped_only_of_a_topic_that_is_new_to_the_ledger() {
        let mut placement = placement(LATEST);
        assert_eq!(placement.start(3, &claim(None), 5, 9), start(9, true, 0));
        assert_eq!(
            placement.start(4, &claim(None), 5, 9),
            start(5, false, 0),
            "partition 4 was added after the run had begun"
        );
        placement.set_source("kafka:c/t".into(), true);
        assert_eq!(placement.start(3, &claim(None), 5, 9), start(5, false, 0));
    }

    #[test]
    fn a_position_with_a_leader_epoch_is_compared_with_the_log() {
        let placement = placement(ACCEPTING);
        let compared = |next_offset, low| {
            let claim = claim(next_offset);
            let start = placement.start(0, &claim, low, 9).unwrap();
            placement.to_compare(0, &claim, &start)
        };
        let position = FetchPosition {
            partition: 0,
            offset: 6,
            leader_epoch: Some(3),
        };
        assert_eq!(compared(Some(6), 5), Some(position));
        assert_eq!(compared(Some(4), 5), None, "the record before is gone");
        assert_eq!(compared(None, 5), None);
        let outcome = |finding: Finding| placement.compare(position, 5, Some(&finding));
        assert_eq!(outcome(Finding::Record(7)), Ok(true));
        assert_eq!(outcome(Finding::End(6)), Ok(true));
        assert_eq!(outcome(Finding::Absent), Ok(false));
        for (found, end) in [(Some(2), 5), (None, 5), (Some(6), 6)] {
            assert_eq!(
                outcome(Finding::Truncated { end: found }),
                Err(LogMismatch::Truncated {
                    source_name: "kafka:c/t".to_owned(),
                    partition: 0,
                    next_offset: 6,
                    end
                })
            );
        }
    }

    #[test]
    fn positions_in_the_ledger_are_reported_if_the_topic_was_recreated() {
        let mut placement = placement(EARLIEST);
        placement.set_end(0, 9);
        assert_eq!(placement.epoch(0), None);
        let claim = claim(Some(6));
        let start = placement.start(0, &claim, 5, 9).unwrap();
        let position = placement.begin(0, &claim, &start);
        assert_eq!((position.next, position.end), (6, Some(9)));
        assert_eq!((position.ledger, position.leader_epoch), (Some(6), Some(3)));
        placement.stored(0, 7, 8);
        assert_eq!(placement.epoch(0), Some(7));
        let unread = Claim {
            source_identity: Some(vec![2; 16]),
            next_offset: None,
            ..claim.clone()
        };
        assert!(placement.is_of_other_topic(&unread) && !placement.is_of_other_topic(&claim));
        assert_eq!(
            placement.recreated(&[(1, unread)].into()),
            LogMismatch::Recreated {
                topic: "t".to_owned(),
                next_offsets: [(0, Some(8)), (1, None)].into(),
            }
        );
    }

    #[test]
    fn a_ledger_that_is_behind_what_was_stored_has_gone_back() {
        let mut placement = placement(EARLIEST);
        let entry = |next_offset, epoch| LedgerEntry {
            next_offset,
            epoch,
            owner: "me".to_owned(),
            source_identity: None,
        };
        assert!(!placement.has_gone_back(0, None, None), "never claimed");
        let claim = claim(Some(6));
        let start = placement.start(0, &claim, 5, 9).unwrap();
        placement.begin(0, &claim, &start);
        placement.stored(0, 7, 8);
        // The late report of a batch that was stored before the claim.
        placement.stored(0, 6, 5);
        for (entry, expected) in [
            (Some(entry(Some(8), 7)), false),
            (Some(entry(Some(9), 7)), false),
            (Some(entry(Some(8), 8)), false),
            (Some(entry(Some(7), 7)), true),
            (Some(entry(Some(7), 8)), true),
            (Some(entry(Some(8), 6)), true),
            (Some(entry(None, 7)), true),
            (None, true),
        ] {
            let has_gone_back = placement.has_gone_back(0, None, entry.as_ref());
            assert_eq!(has_gone_back, expected, "{entry:?}");
        }
        // A claim after which reading has not begun.
        let later = Claim {
            epoch: 9,
            next_offset: None,
            ..claim
        };
        for (epoch, expected) in [(9, false), (8, true)] {
            let entry = entry(None, epoch);
            let has_gone_back = placement.has_gone_back(0, Some(&later), Some(&entry));
            assert_eq!(has_gone_back, expected, "{epoch}");
        }
    }

    #[test]
    fn an_attempt_that_failed_is_repeated_after_a_second() {
        let (mut placement, now) = (placement(EARLIEST), Instant::now());
        assert!(placement.is_due(now));
        placement.retry_later(now);
        assert!(!placement.is_due(now + RETRY_AFTER / 2) && placement.is_due(now + RETRY_AFTER));
        placement.retry_now();
        assert!(placement.is_due(now));
    }
}
