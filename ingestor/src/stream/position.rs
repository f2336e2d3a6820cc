//! Where a partition stands: the arithmetic of offsets, without Kafka or a database.
//!
//! Offsets name the next record to read, so ranges are half-open. They are not dense: compaction and
//! the markers of transactions leave holes, so an end is reached when it is passed, not counted.

use std::collections::BTreeMap;

use clap::ValueEnum;

/// Where to begin with a topic of which nothing was ever committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum From {
    Earliest,
    Latest,
}

/// What to do where the ledger does not say it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Policy {
    pub(super) from: From,
    pub(super) accept_gap: bool,
    pub(super) accept_recreated: bool,
}

/// Why ledger and log do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Misfit {
    #[error(
        "partition {partition}: the log begins at offset {low}, but {next_offset} is the next to read: the records from \
         {next_offset} to {}, {} offsets, were deleted before they were read; hint: --accept-gap goes on at the log's \
         beginning, without them",
        low - 1,
        low - next_offset
    )]
    Gap {
        partition: i32,
        next_offset: i64,
        low: i64,
    },
    #[error(
        "partition {partition}: the log ends at offset {high}, but {next_offset} is the next to read: the records from \
         {high} to {}, {} offsets, are stored, but the log has lost them, or the topic was deleted and made anew; what \
         comes in their place would be taken for them; hint: no flag goes on from there: as the extension's owner rename \
         the source, update ingest_offsets set source = source || ' until ' || current_date where source = '{source_name}', and the \
         same in rejected_events; the log is then read from where --from says; stored events stay, and are not counted \
         twice",
        next_offset - 1,
        next_offset - high
    )]
    Shortened {
        source_name: String,
        partition: i32,
        next_offset: i64,
        high: i64,
    },
    #[error(
        "partition {partition}: the log was cut off at offset {end}, and has grown again: the records from {end} to {}, {} \
         offsets, are stored, but the log has others in their place now, which were never read; hint: to read them, as the \
         extension's owner update ingest_offsets set next_offset = {end}, leader_epoch = null where source = \
         '{source_name}' and partition = {partition}; stored events stay, and are not counted twice",
        next_offset - 1,
        next_offset - end
    )]
    Truncated {
        source_name: String,
        partition: i32,
        next_offset: i64,
        /// Where what is in the log now differs from what was read.
        end: i64,
    },
    #[error(
        "topic {topic} was deleted and made anew: what the former one held and was not stored is lost: {}; \
         hint: --accept-recreated reads the new one from where --from says, as a source of its own; stored \
         events stay, and are not counted twice",
        not_stored(next_offsets)
    )]
    Recreated {
        topic: String,
        /// Of the former one; `None`: nothing was ever stored.
        next_offsets: BTreeMap<i32, Option<i64>>,
    },
}

fn not_stored(next_offsets: &BTreeMap<i32, Option<i64>>) -> String {
    let of_partition = |(partition, next_offset): (&i32, &Option<i64>)| match next_offset {
        Some(next_offset) => format!("partition {partition} from offset {next_offset} on"),
        None => format!("all of partition {partition}"),
    };
    let parts: Vec<String> = next_offsets.iter().map(of_partition).collect();
    parts.join(", ")
}

/// Where to begin reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) offset: i64,
    /// The ledger must hear of it before any event comes, or the next start would choose anew.
    pub(super) must_record: bool,
    /// Offsets that are skipped because they are gone.
    pub(super) skipped: i64,
}

/// The name under which the ledger knows a topic that was made anew: there may be more of them.
pub(super) fn renewed_source(source: &str, topic_id: [u8; 16]) -> String {
    use std::fmt::Write as _;
    let mut name = format!("{source}@");
    for byte in topic_id {
        // Writing to a string does not fail.
        let _ = write!(name, "{byte:02x}");
    }
    name
}

/// Whether what the ledger has stored is of another topic of the same name.
pub(super) fn is_another(stored: Option<&[u8]>, topic_id: Option<[u8; 16]>) -> bool {
    match (stored, topic_id) {
        (Some(stored), Some(topic_id)) => stored != topic_id,
        // Brokers and ledgers of former times know no ids.
        _ => false,
    }
}

/// Decides where to begin, given the ledger and the log's offsets `[low, high)`; the source is named in what it says.
pub(super) fn place(
    source: &str,
    partition: i32,
    next_offset: Option<i64>,
    low: i64,
    high: i64,
    policy: Policy,
) -> Result<Start, Misfit> {
    match (next_offset, policy.from) {
        (None, From::Earliest) => Ok(Start {
            offset: low,
            must_record: false,
            skipped: 0,
        }),
        (None, From::Latest) => Ok(Start {
            offset: high,
            must_record: true,
            skipped: 0,
        }),
        (Some(next_offset), _) if next_offset < low => {
            if !policy.accept_gap {
                return Err(Misfit::Gap {
                    partition,
                    next_offset,
                    low,
                });
            }
            Ok(Start {
                offset: low,
                must_record: true,
                skipped: low - next_offset,
            })
        }
        (Some(next_offset), _) if next_offset > high => Err(Misfit::Shortened {
            source_name: source.to_owned(),
            partition,
            next_offset,
            high,
        }),
        (Some(offset), _) => Ok(Start {
            offset,
            must_record: false,
            skipped: 0,
        }),
    }
}

/// Where a reader of a partition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) partition: i32,
    pub(super) offset: i64,
    /// That of the record before, if it is known.
    pub(super) leader_epoch: Option<i32>,
}

/// A partition that is being read.
#[derive(Debug, Clone)]
pub(super) struct Position {
    pub(super) epoch: i64,
    /// The leader epoch of the record before `next`, if it is known.
    pub(super) leader_epoch: Option<i32>,
    /// Where the ledger will stand once all batches sent so far are stored; the start of the next span.
    pub(super) ledger: Option<i64>,
    /// The next record to take; older ones were taken before.
    pub(super) next: i64,
    /// Where a bounded run ends; `None`: it goes on.
    pub(super) end: Option<i64>,
}

impl Position {
    /// Moves on past a record that was fetched. True: it is to be taken. Beyond the end of a bounded run it is not, but
    /// then all before the end has been seen, whatever the last offsets hold.
    pub(super) fn pass(&mut self, offset: i64, leader_epoch: Option<i32>) -> bool {
        if offset < self.next || self.is_done() {
            return false;
        }
        let end = self.end.filter(|end| offset >= *end);
        self.next = end.unwrap_or(offset + 1);
        self.leader_epoch = leader_epoch;
        end.is_none()
    }

    /// Whether a bounded run has all of it.
    pub(super) fn is_done(&self) -> bool {
        self.end.is_some_and(|end| self.next >= end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EARLIEST: Policy = Policy {
        from: From::Earliest,
        accept_gap: false,
        accept_recreated: false,
    };
    const LATEST: Policy = Policy {
        from: From::Latest,
        accept_gap: false,
        accept_recreated: false,
    };
    const ACCEPTING: Policy = Policy {
        from: From::Earliest,
        accept_gap: true,
        accept_recreated: false,
    };

    fn start(offset: i64, must_record: bool, skipped: i64) -> Result<Start, Misfit> {
        Ok(Start {
            offset,
            must_record,
            skipped,
        })
    }

    #[test]
    fn the_ledger_decides_where_it_can() {
        let place = |partition, next_offset, low, high, policy| {
            place("kafka:c/t", partition, next_offset, low, high, policy)
        };
        assert_eq!(place(0, None, 5, 9, EARLIEST), start(5, false, 0));
        assert_eq!(place(0, None, 5, 9, LATEST), start(9, true, 0));
        for policy in [EARLIEST, LATEST, ACCEPTING] {
            for next_offset in 5..=9 {
                assert_eq!(
                    place(0, Some(next_offset), 5, 9, policy),
                    start(next_offset, false, 0)
                );
            }
            assert_eq!(
                place(3, Some(10), 5, 9, policy),
                Err(Misfit::Shortened {
                    source_name: "kafka:c/t".to_owned(),
                    partition: 3,
                    next_offset: 10,
                    high: 9
                })
            );
        }
        assert_eq!(
            place(3, Some(4), 5, 9, EARLIEST),
            Err(Misfit::Gap {
                partition: 3,
                next_offset: 4,
                low: 5
            })
        );
        assert_eq!(place(3, Some(1), 5, 9, ACCEPTING), start(5, true, 4));
    }

    #[test]
    fn a_topic_is_another_only_if_both_ids_are_known() {
        let (one, two) = ([1; 16], [2; 16]);
        assert!(is_another(Some(&one), Some(two)));
        assert!(!is_another(Some(&one), Some(one)));
        assert!(!is_another(None, Some(one)));
        assert!(!is_another(Some(&one), None));
        assert_eq!(
            renewed_source("kafka:c/t", one),
            format!("kafka:c/t@{}", "01".repeat(16))
        );
    }

    #[test]
    fn a_topic_made_anew_is_told_with_the_offsets_that_were_not_stored() {
        let misfit = Misfit::Recreated {
            topic: "t".to_owned(),
            next_offsets: [(0, Some(50)), (2, None)].into(),
        };
        let words = "was not stored is lost: partition 0 from offset 50 on, all of partition 2; hint: --accept-recreated";
        assert!(misfit.to_string().contains(words), "{misfit}");
    }

    #[test]
    fn records_are_taken_once_and_up_to_the_end() {
        let mut position = Position {
            epoch: 1,
            leader_epoch: None,
            ledger: None,
            next: 5,
            end: Some(8),
        };
        let state = |position: &Position| (position.next, position.leader_epoch);
        // One that was taken before.
        assert!(!position.pass(4, Some(1)) && state(&position) == (5, None));
        assert!(position.pass(5, Some(1)) && state(&position) == (6, Some(1)));
        // The last offset before the end holds no record.
        let mut other = position.clone();
        assert!(!other.pass(9, Some(2)) && state(&other) == (8, Some(2)) && other.is_done());
        assert!(!position.is_done());
        assert!(position.pass(7, Some(2)) && position.is_done());
        assert!(!position.pass(8, Some(3)) && state(&position) == (8, Some(2)));
        position.end = None;
        assert!(position.pass(1000, None) && state(&position) == (1001, None));
        assert!(!position.is_done());
    }
}
