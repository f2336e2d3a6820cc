//! The rows of one series, with what makes any part of them quick to sum up and to draw. Built once, when they come.

use super::{
    count::{Count, Sum},
    peaks::Peaks,
};
use crate::calendar::{Day, Grain, Micros, Slot, Span};
use std::ops::Range;

/// Running sums are kept for every so many rows.
const STEP: usize = 16;
/// What is kept of a row: when it last changed, too.
pub(super) type Stored = (Slot, Count, Option<Micros>);

/// Stands for no time.
const NEVER: Micros = Micros::MIN;

/// Rows in the order of their slots; a slot without a row is not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Track {
    slots: Vec<Slot>,
    counts: Vec<Count>,
    /// When each row last changed, or [`NEVER`]; empty where nothing is known of it, as of sums.
    updated_at: Vec<Micros>,
    /// Of how many rows, a day each, each row is the sum; empty where rows are no sums of days.
    days: Vec<u16>,
    /// Rows before which a slot is missing, and the first.
    starts: Vec<u32>,
    /// Rows with late events.
    late: Vec<u32>,
    /// Sums of all rows before each [`STEP`]th one.
    sums: Vec<Sum>,
    peaks: Peaks,
}

impl Track {
    /// Indexes rows that are in the order of their slots, one a slot.
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

    /// The same of rows in any order, and with their last changes.
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

    /// The sums of its days in longer slots, in each of which it has a row if any day in it has one.
    pub(super) fn in_buckets(&self, grain: Grain) -> Self {
        let (mut rows, mut days): (Vec<Stored>, Vec<u16>) = (Vec::new(), Vec::new());
        // The days of the last bucket: its end is looked up once.
        let mut bucket: Option<Span<Day>> = None;
        for (slot, count, updated_at) in self.stored() {
            let day = Grain::Day.day(slot);
            if bucket.is_some_and(|bucket| bucket.contains(day))
                && let (Some(row), Some(days)) = (rows.last_mut(), days.last_mut())
            {
                row.1 = row.1.plus(count);
                row.2 = row.2.max(updated_at);
                *days += 1;
                continue;
            }
            let slot = grain.slot(day);
            bucket = Some(grain.days(Span::new(slot, slot)));
            rows.push((slot, count, updated_at));
            days.push(1);
        }
        Self {
            days,
            ..Self::of_rows(rows)
        }
    }

    /// The sum of several, and a zero at least in each of the slots of `zeros`.
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
        // A few slots that are far apart.
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

    /// The first row of a slot or a later one, among some rows.
    pub fn position(&self, slot: Slot, among: Range<usize>) -> usize {
        let Some(first) = self.slots.get(among.start).filter(|_| !among.is_empty()) else {
            return among.end;
        };
        let Ok(ahead) = usize::try_from(slot.0.saturating_sub(first.0)) else {
            return among.start;
        };
        // Where no slot is missing, this is it.
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

    /// On how many days of its slot a row that is a sum of days has a row.
    pub fn days(&self, position: usize) -> Option<usize> {
        self.days.get(position).map(|days| usize::from(*days))
    }

    /// The last changes of all rows that have one.
    pub(super) fn updates(&self) -> impl Iterator<Item = Micros> {
        self.updated_at.iter().copied().filter(|at| *at != NEVER)
    }

    /// All rows, as they are kept.
    pub(super) fn stored(&self) -> impl Iterator<Item = Stored> {
        let rows = self.rows().enumerate();
        rows.map(|(at, (slot, count))| (slot, count, self.updated_at(at)))
    }

    /// What a row counts.
    pub fn count(&self, position: usize) -> Count {
        self.counts[position]
    }

    /// Sums of some rows.
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

    /// What to draw of some rows, see [`Peaks::outline`].
    pub fn outline(&self, rows: Range<usize>, most: usize) -> Vec<usize> {
        let events = |at: usize| self.counts[at].events;
        self.peaks.outline(rows, most, events)
    }

    /// Some rows, cut where a slot is missing.
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

    /// The first row with late events among some.
    pub fn late(&self, rows: Range<usize>) -> Option<usize> {
        let next = self.late.partition_point(|at| (*at as usize) < rows.start);
        let at = *self.late.get(next)? as usize;
        rows.contains(&at).then_some(at)
    }
}
