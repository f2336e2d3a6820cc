//! A batch: consumed records as rows of a binary `COPY`, and how far they move each partition.
//!
//! Pure: no I/O, no clock. Rows are encoded once, as they come, and are sent in the order of their
//! event ids by way of an index, because the database inserts sorted ids twice as fast.

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

/// How far one batch moves one partition: `[from, to)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) partition: i32,
    /// `None`: nothing was ever committed for this partition.
    pub(crate) from: Option<i64>,
    pub(crate) to: i64,
    pub(crate) epoch: i64,
    /// Of a file: that of all that was consumed up to `to`; of a topic: its id.
    pub(crate) checksum: Option<Vec<u8>>,
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

/// One row's place in the data. Ordered by event id, then by arrival, so that of two rows with the
/// same id the first stays first; records without an id come last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    event_id: u128,
    start: usize,
    /// Where key and payload begin; they are the last two columns.
    tail: usize,
    end: usize,
    /// Whether key and payload are sent. The database needs them of refused records; of events they
    /// would double what is sent, so those that it refuses are asked for afterwards.
    sends_tail: bool,
}

/// Rows of one source on their way to the database.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    source: Option<Arc<str>>,
    /// Batches of a generation that has passed are dropped, not written.
    generation: u64,
    spans: Vec<Span>,
    rows: Vec<Row>,
    data: Vec<u8>,
    /// UTC days of the events, in days since 1970-01-01.
    days: BTreeSet<i32>,
    /// The day that came last; most events are of the same one.
    last_day: Option<i32>,
    /// Records that were refused before the database saw them, by reason.
    refusals: Rejects,
}

impl Batch {
    /// Empties the batch for another round; what it has allocated stays.
    pub(crate) fn begin(&mut self, source: Arc<str>, generation: u64) {
        self.source = Some(source);
        self.generation = generation;
        self.spans.clear();
        self.rows.clear();
        self.data.clear();
        self.days.clear();
        self.last_day = None;
        self.refusals.clear();
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

    /// Records in the batch.
    pub(crate) fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// Bytes the rows take.
    pub(crate) fn byte_count(&self) -> usize {
        self.data.len()
    }

    /// Whether there is nothing to write: no record, and no partition to move.
    pub(crate) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Moves a partition's end to `to`, with the leader epoch of the record before it if that is known; the first call
    /// for a partition in this batch sets its start.
    pub(crate) fn cover(
        &mut self,
        partition: i32,
        from: Option<i64>,
        to: i64,
        epoch: i64,
        leader_epoch: Option<i32>,
    ) {
        // A topic has few partitions in one batch, and the same one comes in runs.
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
                checksum: None,
                leader_epoch,
            }),
        }
    }

    /// Sets what is stored with the new positions.
    pub(crate) fn set_checksum(&mut self, checksum: &[u8]) {
        for span in &mut self.spans {
            span.checksum = Some(checksum.to_vec());
        }
    }

    /// Adds a judged record.
    pub(crate) fn push(&mut self, origin: Origin<'_>, judged: &Result<Event<'_>, Rejection>) {
        let start = self.data.len();
        let (event_id, tail) = match judged {
            Ok(event) => {
                self.note_day(event.ts);
                let tail = encode::event(&mut self.data, origin, event);
                (u128::from_be_bytes(event.event_id), tail)
            }
            Err(rejection) => {
                self.note_refusal(rejection.reason);
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
            sends_tail: judged.is_err(),
        });
    }

    /// UTC days of the events, in days since 1970-01-01.
    pub(crate) fn days(&self) -> &BTreeSet<i32> {
        &self.days
    }

    fn note_day(&mut self, ts: i64) {
        // In the years 0001 to 9999 it fits.
        let day = ts.div_euclid(DAY_MICROS) as i32;
        if self.last_day != Some(day) {
            self.last_day = Some(day);
            self.days.insert(day);
        }
    }

    /// Puts the rows in the order in which they are sent.
    pub(crate) fn sort(&mut self) {
        self.rows.sort_unstable();
    }

    /// Turns a row into a reject because the database refused it; rows keep their numbers.
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
        self.note_refusal(Reason::RefusedByDatabase);
        self.rows[row] = Row {
            event_id: old.event_id,
            start,
            tail: tail_start,
            end: self.data.len(),
            sends_tail: true,
        };
    }

    /// Rows that are refused already when they are sent.
    pub(crate) fn refused_count(&self) -> usize {
        self.rows.iter().filter(|row| row.sends_tail).count()
    }

    fn note_refusal(&mut self, reason: Reason) {
        *self.refusals.entry(reason.as_str().to_owned()).or_default() += 1;
    }

    /// The same by reason.
    pub(crate) fn refusals(&self) -> Rejects {
        self.refusals.clone()
    }

    /// By partition: the lowest and the highest position.
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

    /// Where these records came from, with their bytes; all, or only those whose bytes are not sent.
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

    /// A binary `COPY` of the rows with these numbers, in pieces of about `piece_bytes`.
    pub(crate) fn copy_data(
        &self,
        rows: std::ops::Range<usize>,
        piece_bytes: usize,
    ) -> impl Iterator<Item = Bytes> + '_ {
        encode::Pieces::new(&self.data, &self.rows[rows], piece_bytes)
    }
}

#[cfg(test)]
mod tests;
