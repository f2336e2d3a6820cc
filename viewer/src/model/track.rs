//! The days of one series, with what makes any part of them quick to sum up and to draw. Built once, when they come.

use super::{day::Day, decimate::Peaks, stats::Count};
use std::ops::Range;

/// Running sums are kept for every so many rows.
const STEP: usize = 16;

/// Rows in the order of their days; a day without a row is not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Track {
    days: Vec<Day>,
    counts: Vec<Count>,
    /// Rows before which a day is missing, and the first.
    starts: Vec<u32>,
    /// Rows with late events.
    late: Vec<u32>,
    /// Sums of all rows before each [`STEP`]th one.
    sums: Vec<Sum>,
    peaks: Peaks,
}

/// More than 64 bits hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    events: i128,
    late_events: i128,
}

impl Sum {
    fn add(&mut self, count: Count) {
        self.events += i128::from(count.events);
        self.late_events += i128::from(count.late_events);
    }

    /// Both.
    pub fn plus(self, other: Self) -> Self {
        Self {
            events: self.events + other.events,
            late_events: self.late_events + other.late_events,
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            events: self.events - other.events,
            late_events: self.late_events - other.late_events,
        }
    }

    /// Events, exactly.
    pub fn events(self) -> i128 {
        self.events
    }

    /// As a count; at the edge of what 64 bits hold it stays there.
    pub fn count(self) -> Count {
        let edge = |sum: i128| sum.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
        Count {
            events: edge(self.events),
            late_events: edge(self.late_events),
        }
    }
}

impl Track {
    /// Indexes rows that are in the order of their days, one a day.
    pub fn new(rows: impl Iterator<Item = (Day, Count)>) -> Self {
        let (days, counts): (Vec<Day>, Vec<Count>) = rows.unzip();
        let mut track = Self {
            peaks: Peaks::new(counts.len(), |at| counts[at].events),
            ..Self::default()
        };
        let mut sum = Sum::default();
        for (at, (day, count)) in days.iter().zip(&counts).enumerate() {
            if at % STEP == 0 {
                track.sums.push(sum);
            }
            sum.add(*count);
            if at == 0 || days[at - 1].plus(1) != *day {
                track.starts.push(at as u32);
            }
            if count.late_events > 0 {
                track.late.push(at as u32);
            }
        }
        (track.days, track.counts) = (days, counts);
        track
    }

    /// The sum of several, and a zero at least on each of the days of `zeros`.
    pub fn merged(parts: &[&Self], zeros: &[Day]) -> Self {
        let rows = || {
            let zeros = zeros.iter().map(|day| (*day, Count::default()));
            zeros.chain(parts.iter().flat_map(|part| part.rows()))
        };
        let (Some(first), Some(last)) = (
            rows().map(|(day, _)| day).min(),
            rows().map(|(day, _)| day).max(),
        ) else {
            return Self::default();
        };
        let days = (i64::from(last.0) - i64::from(first.0)) as usize + 1;
        if days <= rows().count() * 2 {
            let mut sums: Vec<Option<Count>> = vec![None; days];
            for (day, count) in rows() {
                let sum = &mut sums[(day.0 - first.0) as usize];
                *sum = Some(sum.map_or(count, |sum| sum.plus(count)));
            }
            let there = sums.into_iter().zip(first.0..);
            return Self::new(there.filter_map(|(sum, day)| Some((Day(day), sum?))));
        }
        // A few days that are far apart.
        let mut all: Vec<(Day, Count)> = rows().collect();
        all.sort_by_key(|(day, _)| *day);
        let same = all.chunk_by(|a, b| a.0 == b.0);
        Self::new(same.map(|rows| {
            let sum = rows
                .iter()
                .fold(Count::default(), |sum, row| sum.plus(row.1));
            (rows[0].0, sum)
        }))
    }

    fn rows(&self) -> impl Iterator<Item = (Day, Count)> {
        self.days.iter().copied().zip(self.counts.iter().copied())
    }

    /// The first row of a day or a later one, among some rows.
    pub fn position(&self, day: Day, among: Range<usize>) -> usize {
        let Some(first) = self.days.get(among.start).filter(|_| !among.is_empty()) else {
            return among.end;
        };
        let Ok(ahead) = usize::try_from(day.0.saturating_sub(first.0)) else {
            return among.start;
        };
        // Where no day is missing, this is it.
        let guess = among.start + ahead;
        if guess < among.end && self.days[guess] == day {
            return guess;
        }
        among.start + self.days[among].partition_point(|known| *known < day)
    }

    /// Rows of the days from one to another, both included.
    pub fn between(&self, first: Day, last: Day) -> Range<usize> {
        let start = self.position(first, 0..self.days.len());
        let end = self.position(last.plus(1), start..self.days.len());
        start..end.max(start)
    }

    /// The day of a row.
    pub fn day(&self, position: usize) -> Day {
        self.days[position]
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

    /// Some rows, cut where a day is missing.
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
