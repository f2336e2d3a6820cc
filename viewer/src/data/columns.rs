//! The series of all pairs of event type and region. The numbers of a load are stored here only.

use super::{memo::Memo, track::Track};
use crate::calendar::{Day, Grain, Slot, Span};
use std::{collections::BTreeSet, sync::Arc};

/// Number of a row. Rows are numbered by pair, then by slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(pub(super) u32);

/// A pair and a position in its series.
type Place = (u32, usize);

/// A series for each pair, and a cache of sums of pairs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    regions: usize,
    /// By event type, then region.
    pairs: Vec<Arc<Track>>,
    /// Number of rows before those of each pair; the last entry is the number of all rows.
    starts: Vec<u32>,
    bounds: Option<Span>,
    /// Slots in which a series without a row has a zero, in their order.
    zeros: Vec<Slot>,
    /// For weeks and months: the series of their days, the grain, and the day that has not ended.
    days: Option<(Box<Self>, Grain, Day)>,
    sums: Memo<Vec<u32>, Track>,
}

impl Columns {
    /// Series by event type, then region.
    pub(super) fn new(regions: usize, pairs: Vec<Arc<Track>>) -> Self {
        let mut rows = 0;
        let mut starts = Vec::with_capacity(pairs.len() + 1);
        for track in &pairs {
            starts.push(rows);
            rows += track.len() as u32;
        }
        starts.push(rows);
        let spans = || pairs.iter().filter_map(|track| track.span());
        let first = spans().map(|span| span.first).min();
        let last = spans().map(|span| span.last).max();
        Self {
            regions,
            starts,
            bounds: first.zip(last).map(|(first, last)| Span { first, last }),
            zeros: Vec::new(),
            days: None,
            sums: Memo::default(),
            pairs,
        }
    }

    /// The same days summed up in longer slots.
    pub(super) fn in_buckets(&self, grain: Grain, today: Day) -> Self {
        let tracks = self
            .pairs
            .iter()
            .map(|track| Arc::new(track.in_buckets(grain, today)));
        Self {
            days: Some((Box::new(self.clone()), grain, today)),
            ..Self::new(self.regions, tracks.collect())
        }
    }

    /// Whether these buckets were made from exactly these series (by identity, not by value).
    pub(super) fn is_of(&self, days: &Self) -> bool {
        let is_same = |own: &Self| {
            let pairs = own.pairs.iter().zip(&days.pairs);
            own.pairs.len() == days.pairs.len()
                && pairs
                    .into_iter()
                    .all(|(own, other)| Arc::ptr_eq(own, other))
        };
        self.days().is_some_and(is_same)
    }

    /// The days that are summed up in longer slots, if they are.
    pub(super) fn days(&self) -> Option<&Self> {
        self.days.as_ref().map(|(days, ..)| &**days)
    }

    /// The same, with a zero for each series in the slots of `counted`, and in each slot that any of them has a row in.
    pub(super) fn with_zeros(self, counted: &[Span]) -> Self {
        let of_rows = self.pairs.iter().flat_map(|track| track.slots());
        let counted = counted.iter().flat_map(|span| span.iter());
        let zeros: BTreeSet<Slot> = of_rows.copied().chain(counted).collect();
        Self {
            zeros: zeros.into_iter().collect(),
            sums: Memo::default(),
            ..self
        }
    }

    /// Whether series without a row have a zero in one of these slots.
    pub(super) fn has_zeros(&self, span: Span) -> bool {
        let first = self.zeros.partition_point(|slot| *slot < span.first);
        self.zeros.get(first).is_some_and(|slot| *slot <= span.last)
    }

    /// All series.
    pub(super) fn pairs(&self) -> impl Iterator<Item = &Arc<Track>> {
        self.pairs.iter()
    }

    /// The series of a pair.
    pub(super) fn track(&self, pair: u32) -> &Arc<Track> {
        &self.pairs[pair as usize]
    }

    /// Event type and region of a pair.
    pub(super) fn names(&self, pair: u32) -> (u16, u16) {
        let pair = pair as usize;
        ((pair / self.regions) as u16, (pair % self.regions) as u16)
    }

    /// How many rows there are.
    pub(super) fn row_count(&self) -> usize {
        self.starts.last().map_or(0, |rows| *rows as usize)
    }

    /// First and last slot with any row.
    pub(super) fn bounds(&self) -> Option<Span> {
        self.bounds
    }

    /// The sum of some pairs.
    pub(super) fn sum_of(&self, pairs: &[u32]) -> Arc<Track> {
        match pairs {
            [pair] if self.zeros.is_empty() => Arc::clone(self.track(*pair)),
            _ => {
                let most = 2 * (self.pairs.len() + self.regions) + 64;
                self.sums.get(pairs.to_vec(), most, || {
                    if let Some((days, grain, today)) = &self.days {
                        // Sum the days first: the number of days with a row in any pair does not follow from those of each pair.
                        return Arc::new(days.sum_of(pairs).in_buckets(*grain, *today));
                    }
                    let parts: Vec<&Track> =
                        pairs.iter().map(|pair| &**self.track(*pair)).collect();
                    Arc::new(Track::merged(&parts, &self.zeros))
                })
            }
        }
    }

    /// Where a row is.
    pub(super) fn place(&self, row: RowId) -> Place {
        let pair = self.starts.partition_point(|start| *start <= row.0) - 1;
        (pair as u32, (row.0 - self.starts[pair]) as usize)
    }

    /// The rows of some pairs by slot (the latest first, if asked for), event type and region.
    pub(super) fn row_ids(&self, is_on: impl Fn(u32) -> bool, latest_first: bool) -> Vec<RowId> {
        let on: Vec<u32> = (0..self.pairs.len() as u32)
            .filter(|pair| is_on(*pair))
            .collect();
        let rows = || {
            on.iter().flat_map(|&pair| {
                let slots = self.track(pair).slots().iter();
                slots
                    .copied()
                    .zip((self.starts[pair as usize]..).map(RowId))
            })
        };
        let Some(bounds) = self.bounds else {
            return Vec::new();
        };
        let place = |slot: Slot| match latest_first {
            true => (bounds.last.0 - slot.0) as usize,
            false => (slot.0 - bounds.first.0) as usize,
        };
        if bounds.count() > 4 * self.row_count() + 1024 {
            // Few slots that are far apart: sort instead of allocating one place per slot.
            let mut sorted: Vec<(usize, RowId)> =
                rows().map(|(slot, row)| (place(slot), row)).collect();
            sorted.sort_by_key(|(place, _)| *place);
            return sorted.into_iter().map(|(_, row)| row).collect();
        }
        // Counting sort by slot.
        let mut next = vec![0_u32; bounds.count() + 1];
        for (slot, _) in rows() {
            next[place(slot) + 1] += 1;
        }
        for at in 1..next.len() {
            next[at] += next[at - 1];
        }
        let count = next.last().map_or(0, |count| *count as usize);
        let mut sorted = vec![RowId(0); count];
        for (slot, row) in rows() {
            let at = &mut next[place(slot)];
            sorted[*at as usize] = row;
            *at += 1;
        }
        sorted
    }

    /// For each row, whether it is in a span.
    pub(super) fn rows_within(&self, span: Span) -> Vec<bool> {
        let mut is_within = vec![false; self.row_count()];
        for (track, start) in self.pairs.iter().zip(&self.starts) {
            let start = *start as usize;
            let rows = track.between(span.first, span.last);
            is_within[start + rows.start..start + rows.end].fill(true);
        }
        is_within
    }
}
