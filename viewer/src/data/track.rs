//! The rows of one series with indexes for fast sums and drawing. Built once per load.

use super::{
    count::{Count, Sum},
    peaks::Peaks,
};
use crate::calendar::{Day, Grain, Micros, Slot, Span};
use std::ops::Range;

/// Distance of the stored prefix sums, in rows.
const STEP: usize = 16;
/// A stored row: slot, count and time of the last change.
pub(super) type Stored = (Slot, Count, Option<Micros>);

/// Marks a row without a time.
const NEVER: Micros = Micros::MIN;

/// Rows in the order of their slots; a slot without a row is not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Track {
    slots: Vec<Slot>,
    counts: Vec<Count>,
    /// When each row last changed, or [`NEVER`]. Empty for sums, which have no such time.
    updated_at: Vec<Micros>,
    /// Number of whole days summed up in each row. Empty if rows are not sums of days.
    days: Vec<u16>,
    /// Positions of rows that start a run of consecutive slots.
    starts: Vec<u32>,
    /// Positions of rows with late events.
    late: Vec<u32>,
    /// Prefix sums at every [`STEP`]th row.
    sums: Vec<Sum>,
    peaks: Peaks,
}

impl Track {
    /// Indexes rows. They must be sorted by slot, with one row per slot.
    pub fn new(rows: impl Iterator<Item = (Slot, Count)>) -> Self {
        let (slots, counts): (Vec<Slot>, Vec<Count>) = rows.unzip();
        let mut track = Self {
            peaks: Peaks::new(counts.len(), |at| counts[at].events),
            ..Self::default()
        };
        let mut sum = Sum::default();
        for (at, (slot, count)) in slots.iter().zip(&counts).enumerate() {
            if at % STEP == 0 {
                track.sums.push(sum);
            }
            sum.add(*count);
            if at == 0 || slots[at - 1].plus(1) != *slot {
                track.starts.push(at as u32);
            }
            if count.late_events > 0 {
                track.late.push(at as u32);
            }
        }
        (track.slots, track.counts) = (slots, counts);
        track
    }

    /// The same for rows in any order, with their times of last change.
    pub(super) fn of_rows(mut rows: Vec<Stored>) -> Self {
        if !rows.is_sorted_by_key(|(slot, ..)| *slot) {
            rows.sort_by_key(|(slot, ..)| *slot);
        }
        let updated_at = match rows.iter().all(|(.., at)| at.is_none()) {
            true => Vec::new(),
            false => rows.iter().map(|(.., at)| at.unwrap_or(NEVER)).collect(),
        };
        Self {
            updated_at,
            ..Self::new(rows.into_iter().map(|(slot, count, _)| (slot, count)))
        }
    }

    /// The same rows as sums of so many days each.
    pub fn with_days(self, days: Vec<u16>) -> Self {
        Self { days, ..self }
    }

    /// Sums days up in weeks or months. A slot has a row if any of its days has one. `today` and what comes after it is
    /// in the sum, but is no whole day yet.
    pub(super) fn in_buckets(&self, grain: Grain, today: Day) -> Self {
        let (mut rows, mut days): (Vec<Stored>, Vec<u16>) = (Vec::new(), Vec::new());
        // Days of the current bucket, so that its end is computed once per bucket.
        let mut bucket: Option<Span<Day>> = None;
        for (slot, count, updated_at) in self.stored() {
            let day = Grain::Day.day(slot);
            if bucket.is_some_and(|bucket| bucket.contains(day))
                && let (Some(row), Some(days)) = (rows.last_mut(), days.last_mut())
            {
                row.1 = row.1.plus(count);
                row.2 = row.2.max(updated_at);
                *days += u16::from(day.0 < today.0);
                continue;
            }
            let slot = grain.slot(day);
            bucket = Some(grain.days(Span::new(slot, slot)));
            rows.push((slot, count, updated_at));
            days.push(u16::from(day.0 < today.0));
        }
        Self {
            days,
            ..Self::of_rows(rows)
        }
    }

    /// The sum of several series, with at least a zero in each slot of `zeros`.
    pub fn merged(parts: &[&Self], zeros: &[Slot]) -> Self {
        let rows = || {
            let zeros = zeros.iter().map(|slot| (*slot, Count::default()));
            zeros.chain(parts.iter().flat_map(|part| part.rows()))
        };
        let (Some(first), Some(last)) = (
            rows().map(|(slot, _)| slot).min(),
            rows().map(|(slot, _)| slot).max(),
        ) else {
            return Self::default();
        };
        let slots = (i64::from(last.0) - i64::from(first.0)) as usize + 1;
        if slots <= rows().count() * 2 {
            let mut sums: Vec<Option<Count>> = vec![None; slots];
            for (slot, count) in rows() {
                let sum = &mut sums[(slot.0 - first.0) as usize];
                *sum = Some(sum.map_or(count, |sum| sum.plus(count)));
            }
            let there = sums.into_iter().zip(first.0..);
            return Self::new(there.filter_map(|(sum, slot)| Some((Slot(slot), sum?))));
        }
        // Few slots that are far apart: sort instead of allocating one place per slot.
        let mut all: Vec<(Slot, Count)> = rows().collect();
        all.sort_by_key(|(slot, _)| *slot);
        let same = all.chunk_by(|a, b| a.0 == b.0);
        Self::new(same.map(|rows| {
            let sum = rows
                .iter()
                .fold(Count::default(), |sum, row| sum.plus(row.1));
            (rows[0].0, sum)
        }))
    }

    fn rows(&self) -> impl Iterator<Item = (Slot, Count)> {
        self.slots.iter().copied().zip(self.counts.iter().copied())
    }

    /// The position in `among` of the first row at or after a slot.
    pub fn position(&self, slot: Slot, among: Range<usize>) -> usize {
        let Some(first) = self.slots.get(among.start).filter(|_| !among.is_empty()) else {
            return among.end;
        };
        let Ok(ahead) = usize::try_from(slot.0.saturating_sub(first.0)) else {
            return among.start;
        };
        // Without gaps, the row is exactly there.
        let guess = among.start + ahead;
        if guess < among.end && self.slots[guess] == slot {
            return guess;
        }
        among.start + self.slots[among].partition_point(|known| *known < slot)
    }

    /// Rows of the slots from one to another, both included.
    pub fn between(&self, first: Slot, last: Slot) -> Range<usize> {
        let start = self.position(first, 0..self.slots.len());
        let end = self.position(last.plus(1), start..self.slots.len());
        start..end.max(start)
    }

    /// The slot of a row.
    pub fn slot(&self, position: usize) -> Slot {
        self.slots[position]
    }

    /// The slots of all rows.
    pub(super) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// From the first slot with a row to the last one.
    pub fn span(&self) -> Option<Span> {
        let (first, last) = (*self.slots.first()?, *self.slots.last()?);
        Some(Span { first, last })
    }

    /// Whether there is a row in the slot.
    pub fn has(&self, slot: Slot) -> bool {
        let at = self.position(slot, 0..self.len());
        self.slots.get(at) == Some(&slot)
    }

    /// When a row last changed.
    pub fn updated_at(&self, position: usize) -> Option<Micros> {
        let at = self.updated_at.get(position);
        at.copied().filter(|at| *at != NEVER)
    }

    /// Number of whole days summed up in a row, if rows are sums of days.
    pub fn days(&self, position: usize) -> Option<usize> {
        self.days.get(position).map(|days| usize::from(*days))
    }

    /// The last changes of all rows that have one.
    pub(super) fn updates(&self) -> impl Iterator<Item = Micros> {
        self.updated_at.iter().copied().filter(|at| *at != NEVER)
    }

    /// All rows with their times of last change.
    pub(super) fn stored(&self) -> impl Iterator<Item = Stored> {
        let rows = self.rows().enumerate();
        rows.map(|(at, (slot, count))| (slot, count, self.updated_at(at)))
    }

    /// The count of a row.
    pub fn count(&self, position: usize) -> Count {
        self.counts[position]
    }

    /// Sum over a range of rows.
    pub fn sum(&self, rows: Range<usize>) -> Sum {
        if rows.is_empty() {
            return Sum::default();
        }
        self.sum_before(rows.end).minus(self.sum_before(rows.start))
    }

    fn sum_before(&self, end: usize) -> Sum {
        let step = (end / STEP).min(self.sums.len().saturating_sub(1));
        let mut sum = self.sums.get(step).copied().unwrap_or_default();
        for count in &self.counts[(step * STEP).min(end)..end] {
            sum.add(*count);
        }
        sum
    }

    /// Smallest and largest count of some rows.
    pub fn extremes(&self, rows: Range<usize>) -> Option<(i64, i64)> {
        if rows.is_empty() {
            return None;
        }
        let events = |at: usize| self.counts[at].events;
        let (low, high) = self.peaks.extremes(rows, events);
        Some((events(low), events(high)))
    }

    /// The rows to draw, see [`Peaks::outline`].
    pub fn outline(&self, rows: Range<usize>, most: usize) -> Vec<usize> {
        let events = |at: usize| self.counts[at].events;
        self.peaks.outline(rows, most, events)
    }

    /// Splits a range of rows into runs of consecutive slots.
    pub fn runs(&self, rows: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let from = self.starts.partition_point(|at| *at as usize <= rows.start);
        let to = self.starts.partition_point(|at| (*at as usize) < rows.end);
        let inner = self.starts[from..to.max(from)]
            .iter()
            .map(|at| *at as usize);
        let ends = inner.clone().chain([rows.end]);
        let starts = std::iter::once(rows.start).chain(inner);
        starts
            .zip(ends)
            .map(|(start, end)| start..end)
            .filter(|run| !run.is_empty())
    }

    /// The first row of a range that has late events.
    pub fn late(&self, rows: Range<usize>) -> Option<usize> {
        let next = self.late.partition_point(|at| (*at as usize) < rows.start);
        let at = *self.late.get(next)? as usize;
        rows.contains(&at).then_some(at)
    }
}
