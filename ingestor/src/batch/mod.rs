//! A batch: records as rows of a binary `COPY`, and how far they advance each partition.
//!
//! Pure: no I/O, no clock. Rows are encoded once, in order of arrival. An index sorts them by event id before they are sent,
//! because the database inserts sorted ids twice as fast.

mod encode;
mod limits;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use musicstream_event::{Event, Reason, Rejection};

pub(crate) use encode::COPY_STATEMENT;
pub(crate) use limits::Limits;

use crate::counts::Rejects;

const DAY_MICROS: i64 = 86_400_000_000;

/// How far one batch advances one partition: `[from, to)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) partition: i32,
    /// `None`: nothing was ever committed for this partition.
    pub(crate) from: Option<i64>,
    pub(crate) to: i64,
    pub(crate) epoch: i64,
    /// Of a file: the checksum of its content before `to`. Of a topic: its id.
    pub(crate) source_identity: Option<Vec<u8>>,
    /// Of a topic: the leader epoch of the record before `to`, if it is known.
    pub(crate) leader_epoch: Option<i32>,
}

/// Where a record came from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) partition: i32,
    /// The offset in Kafka, the line in a file.
    pub(crate) position: i64,
    pub(crate) key: Option<&'a [u8]>,
    /// `None`: a Kafka record without a value.
    pub(crate) payload: Option<&'a [u8]>,
}

/// The range of one row in the data. Ordered by event id, then by arrival, so that of two rows with the same id the first
/// stays first; records without an id come last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    event_id: u128,
    start: usize,
    /// Where key and payload begin; they are the last two columns.
    tail: usize,
    end: usize,
    /// Whether key and payload are sent. The database needs those of rejected records. For events they would double the
    /// amount of data; if the database rejects some events, the bytes of these are sent afterwards.
    sends_tail: bool,
}

/// Rows of one source on their way to the database.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    source: Option<Arc<str>>,
    /// Batches of an older generation are dropped.
    generation: u64,
    spans: Vec<Span>,
    rows: Vec<Row>,
    data: Vec<u8>,
    /// UTC days of the events, in days since 1970-01-01.
    days: BTreeSet<i32>,
    /// The day of the last event: most events have the same day as the one before.
    last_day: Option<i32>,
    /// Records that were rejected before they are sent, by reason.
    rejects: Rejects,
}

impl Batch {
    /// Empties the batch, and keeps its allocations.
    pub(crate) fn begin(&mut self, source: Arc<str>, generation: u64) {
        self.source = Some(source);
        self.generation = generation;
        self.spans.clear();
        self.rows.clear();
        self.data.clear();
        self.days.clear();
        self.last_day = None;
        self.rejects.clear();
    }

    pub(crate) fn source(&self) -> &str {
        self.source.as_deref().unwrap_or_default()
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Number of records.
    pub(crate) fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// Size of the rows.
    pub(crate) fn byte_count(&self) -> usize {
        self.data.len()
    }

    /// Whether there is nothing to store: no record, and no partition to advance.
    pub(crate) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Extends the span of a partition to `to`, with the leader epoch of the record before it if that is known. The first
    /// call for a partition sets the start of its span.
    pub(crate) fn cover(
        &mut self,
        partition: i32,
        from: Option<i64>,
        to: i64,
        epoch: i64,
        leader_epoch: Option<i32>,
    ) {
        // A batch has few partitions, and records of one partition come in runs.
        match self
            .spans
            .iter_mut()
            .rev()
            .find(|span| span.partition == partition)
        {
            Some(span) if span.to > to => {}
            Some(span) => {
                span.to = to;
                span.leader_epoch = leader_epoch;
            }
            None => self.spans.push(Span {
                partition,
                from,
                to,
                epoch,
                source_identity: None,
                leader_epoch,
            }),
        }
    }

    /// Sets the identity of the source that is stored with the new positions.
    pub(crate) fn set_source_identity(&mut self, identity: &[u8]) {
        for span in &mut self.spans {
            span.source_identity = Some(identity.to_vec());
        }
    }

    /// Adds a decoded record.
    pub(crate) fn push(&mut self, origin: Origin<'_>, decoded: &Result<Event<'_>, Rejection>) {
        let start = self.data.len();
        let (event_id, tail) = match decoded {
            Ok(event) => {
                self.note_day(event.ts);
                let tail = encode::event(&mut self.data, origin, event);
                (u128::from_be_bytes(event.event_id), tail)
            }
            Err(rejection) => {
                self.note_reject(rejection.reason);
                let tail =
                    encode::reject(&mut self.data, origin, rejection.reason, &rejection.detail);
                (u128::MAX, tail)
            }
        };
        self.rows.push(Row {
            event_id,
            start,
            tail,
            end: self.data.len(),
            sends_tail: decoded.is_err(),
        });
    }

    /// UTC days of the events, in days since 1970-01-01.
    pub(crate) fn days(&self) -> &BTreeSet<i32> {
        &self.days
    }

    fn note_day(&mut self, ts: i64) {
        // Fits, because the year is between 0001 and 9999.
        let day = ts.div_euclid(DAY_MICROS) as i32;
        if self.last_day != Some(day) {
            self.last_day = Some(day);
            self.days.insert(day);
        }
    }

    /// Sorts the rows into the order in which they are sent.
    pub(crate) fn sort(&mut self) {
        self.rows.sort_unstable();
    }

    /// Turns a row that the database has refused into a reject. Rows keep their numbers.
    pub(crate) fn refuse(&mut self, row: usize, detail: &str) {
        let old = self.rows[row];
        let head = encode::head_of(&self.data[old.start..old.tail]).to_vec();
        let tail = self.data[old.tail..old.end].to_vec();
        let start = self.data.len();
        let tail_start = encode::rewrite(
            &mut self.data,
            &head,
            Reason::RefusedByDatabase,
            detail,
            &tail,
        );
        self.note_reject(Reason::RefusedByDatabase);
        self.rows[row] = Row {
            event_id: old.event_id,
            start,
            tail: tail_start,
            end: self.data.len(),
            sends_tail: true,
        };
    }

    /// Whether a row is sent as a reject.
    pub(crate) fn is_reject(&self, row: usize) -> bool {
        self.rows[row].sends_tail
    }

    /// Number of rows that are sent as rejects.
    pub(crate) fn reject_count(&self) -> usize {
        self.rows.iter().filter(|row| row.sends_tail).count()
    }

    fn note_reject(&mut self, reason: Reason) {
        *self.rejects.entry(reason.as_str().to_owned()).or_default() += 1;
    }

    /// The rows that are sent as rejects, by reason.
    pub(crate) fn rejects(&self) -> Rejects {
        self.rejects.clone()
    }

    /// The lowest and the highest position by partition.
    pub(crate) fn position_spans(&self) -> BTreeMap<i32, (i64, i64)> {
        let mut spans = BTreeMap::new();
        for row in &self.rows {
            let origin = self.origin(row);
            let (first, last) = spans
                .entry(origin.partition)
                .or_insert((origin.position, origin.position));
            *first = origin.position.min(*first);
            *last = origin.position.max(*last);
        }
        spans
    }

    /// The origins of these records, with their bytes: of all, or only of those whose bytes are not sent.
    pub(crate) fn origins_of(&self, wanted: &HashSet<(i32, i64)>, all: bool) -> Vec<Origin<'_>> {
        self.rows
            .iter()
            .filter(|row| all || !row.sends_tail)
            .map(|row| self.origin(row))
            .filter(|origin| wanted.contains(&(origin.partition, origin.position)))
            .collect()
    }

    fn origin(&self, row: &Row) -> Origin<'_> {
        encode::origin(
            &self.data[row.start..row.tail],
            &self.data[row.tail..row.end],
        )
    }

    /// The data of a binary `COPY` of the rows with these numbers, in pieces of about `piece_bytes`.
    pub(crate) fn copy_data(
        &self,
        rows: std::ops::Range<usize>,
        piece_bytes: usize,
    ) -> impl Iterator<Item = Bytes> + '_ {
        encode::Pieces::new(&self.data, &self.rows[rows], piece_bytes)
    }
}

#[cfg(test)]
pub(crate) mod tests;
