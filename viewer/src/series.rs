//! The slots of one series that are on screen.

use crate::{
    calendar::{Grain, Slot, Span},
    data::{Count, Sum, Track},
};
use std::{ops::Range, sync::Arc};

/// What a series counted in each slot of a span; `None` is a slot without a row: a gap, not a zero.
/// A slot's position in the span is its index. Creating one takes constant time.
#[derive(Clone, Default)]
pub struct Counts {
    track: Arc<Track>,
    first: Slot,
    slots: usize,
    rows: Range<usize>,
}

impl Counts {
    /// The slots of a span.
    pub fn new(track: Arc<Track>, span: Span) -> Self {
        Self {
            rows: track.between(span.first, span.last),
            first: span.first,
            slots: span.count(),
            track,
        }
    }

    /// Number of slots.
    pub fn len(&self) -> usize {
        self.slots
    }

    /// Whether there is no slot at all.
    pub fn is_empty(&self) -> bool {
        self.slots == 0
    }

    /// Number of slots with a row.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// A slot's count.
    pub fn get(&self, index: usize) -> Option<Count> {
        let slot = self.slot(index);
        let at = self.track.position(slot, self.rows.clone());
        (index < self.slots && at < self.rows.end && self.track.slot(at) == slot)
            .then(|| self.track.count(at))
    }

    /// Where slots are longer than days: on how many whole days of a slot there was a row.
    pub fn days(&self, index: usize) -> Option<usize> {
        let slot = self.slot(index);
        let at = self.track.position(slot, self.rows.clone());
        let is_there = at < self.rows.end && self.track.slot(at) == slot;
        self.track.days(at).filter(|_| is_there)
    }

    /// Whether a slot has all of its days; a slot that is a day, or a minute, has.
    pub fn is_whole(&self, index: usize, grain: Grain) -> bool {
        let days = self.days(index);
        days.is_none_or(|days| days == grain.day_count(self.slot(index)))
    }

    /// The whole series.
    pub fn track(&self) -> &Track {
        &self.track
    }

    /// The largest count, including the given number of slots before the first one.
    pub fn largest_with(&self, before: i32) -> Option<i64> {
        let last = self.slot(self.slots.saturating_sub(1));
        let rows = self.track.between(self.first.plus(-before), last);
        self.track.extremes(rows).map(|(_, high)| high)
    }

    /// Slot by slot.
    pub fn iter(&self) -> impl Iterator<Item = Option<Count>> {
        (0..self.slots).map(|index| self.get(index))
    }

    /// The last slot with a row.
    pub fn last(&self) -> Option<(usize, Count)> {
        self.last_of(0..self.slots)
    }

    /// The last slot of a range that has a row.
    pub fn last_of(&self, slots: Range<usize>) -> Option<(usize, Count)> {
        let at = self.part(slots).next_back()?;
        Some((self.index(at), self.track.count(at)))
    }

    /// Number of slots of a range that have a row.
    pub fn rows_of(&self, slots: Range<usize>) -> usize {
        self.part(slots).len()
    }

    /// Sum over a range of slots.
    pub fn sum(&self, slots: Range<usize>) -> Sum {
        self.track.sum(self.part(slots))
    }

    /// Smallest and largest count in a range of slots.
    pub fn extremes(&self, slots: Range<usize>) -> Option<(i64, i64)> {
        self.track.extremes(self.part(slots))
    }

    /// Ranges of consecutive slots that have rows.
    pub fn runs(&self) -> impl Iterator<Item = Range<usize>> {
        let runs = self.track.runs(self.rows.clone());
        runs.map(|run| self.index(run.start)..self.index(run.end - 1) + 1)
    }

    /// The slots to draw: the smallest and the largest of each of at most `most` columns.
    pub fn outline(&self, slots: Range<usize>, most: usize) -> Vec<usize> {
        let mut drawn = self.track.outline(self.part(slots), most);
        for at in &mut drawn {
            *at = self.index(*at);
        }
        drawn
    }

    /// The first slot with late events, starting at an index.
    pub fn late_from(&self, index: usize) -> Option<usize> {
        let at = self.track.late(self.part(index..self.slots))?;
        Some(self.index(at))
    }

    /// The slot at a position.
    pub fn slot(&self, index: usize) -> Slot {
        self.first.plus(i32::try_from(index).unwrap_or(i32::MAX))
    }

    fn index(&self, row: usize) -> usize {
        (self.track.slot(row).0 - self.first.0) as usize
    }

    fn part(&self, slots: Range<usize>) -> Range<usize> {
        let start = self
            .track
            .position(self.slot(slots.start), self.rows.clone());
        let end = self
            .track
            .position(self.slot(slots.end), start..self.rows.end);
        start..end.max(start)
    }
}

/// Slot by slot, from slot 0 on.
impl From<Vec<Option<Count>>> for Counts {
    fn from(counts: Vec<Option<Count>>) -> Self {
        let rows = counts.iter().zip(0..);
        let rows = rows.filter_map(|(count, slot)| Some((Slot(slot), (*count)?)));
        let Some(last) = i32::try_from(counts.len()).ok().filter(|len| *len > 0) else {
            return Self::default();
        };
        let track = Arc::new(Track::new(rows));
        Self::new(track, Span::new(Slot(0), Slot(last - 1)))
    }
}

impl PartialEq for Counts {
    fn eq(&self, other: &Self) -> bool {
        self.slots == other.slots && self.iter().eq(other.iter())
    }
}

impl std::fmt::Debug for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever part is asked for, the answer is that of a plain list of days.
        #[test]
        fn a_window_on_a_series_is_as_good_as_a_list_of_its_days(
            there in proptest::collection::vec(
                proptest::option::weighted(0.8, (0_i64..=i64::MAX, 0_i64..2)),
                1..400,
            ),
            cut in (-20_i32..420, 1_usize..420),
            part in (0_usize..420, 0_usize..420),
        ) {
            let count = |(events, late_events)| Count { events, late_events };
            let list = |day: i32| -> Option<Count> {
                let at = usize::try_from(day).ok()?;
                there.get(at).copied().flatten().map(count)
            };
            let rows = (0..there.len() as i32).filter_map(|day| Some((Slot(day), list(day)?)));
            let track = Arc::new(Track::new(rows));
            let (first, days) = cut;
            let span = Span::new(Slot(first), Slot(first + days as i32 - 1));
            let counts = Counts::new(track, span);
            let plain: Vec<Option<Count>> = (first..first + days as i32).map(list).collect();
            prop_assert_eq!(counts.iter().collect::<Vec<_>>(), plain.clone());
            prop_assert_eq!(counts.rows(), plain.iter().flatten().count());

            let part = part.0.min(part.1).min(days)..part.0.max(part.1).min(days);
            let of_part = || plain[part.clone()].iter().flatten();
            let sum: i128 = of_part().map(|count| i128::from(count.events)).sum();
            prop_assert_eq!(counts.sum(part.clone()).events(), sum);
            let late: i64 = of_part().map(|count| count.late_events).sum();
            prop_assert_eq!(counts.sum(part.clone()).count().late_events, late);
            prop_assert_eq!(counts.rows_of(part.clone()), of_part().count());
            let events = || of_part().map(|count| count.events);
            prop_assert_eq!(counts.extremes(part.clone()), events().min().zip(events().max()));
            let last = plain.iter().enumerate().take(part.end).skip(part.start).rev();
            let last = last.clone().find_map(|(index, count)| Some((index, (*count)?)));
            prop_assert_eq!(counts.last_of(part.clone()), last);
            let late = (part.start..days).find(|at| plain[*at].is_some_and(|c| c.late_events > 0));
            prop_assert_eq!(counts.late_from(part.start), late);

            let runs: Vec<_> = counts.runs().collect();
            for (index, count) in plain.iter().enumerate() {
                let inside = runs.iter().filter(|run| run.contains(&index)).count();
                prop_assert_eq!(inside, usize::from(count.is_some()));
            }
            prop_assert!(runs.windows(2).all(|pair| pair[0].end < pair[1].start));
        }

        /// Series that are summed up are as if their days were.
        #[test]
        fn a_sum_of_series_is_that_of_their_days(
            parts in proptest::collection::vec(
                proptest::collection::btree_map(prop_oneof![0_i32..40, 0_i32..40_000], 0_i64..100, 0..60),
                0..4,
            ),
            zeros in proptest::collection::btree_set(0_i32..40, 0..9),
        ) {
            let tracks: Vec<Track> = parts
                .iter()
                .map(|part| Track::new(part.iter().map(|(day, events)| {
                    (Slot(*day), Count { events: *events, late_events: events % 2 })
                })))
                .collect();
            let zeros: Vec<Slot> = zeros.into_iter().map(Slot).collect();
            let mut expected: std::collections::BTreeMap<i32, i64> =
                zeros.iter().map(|day| (day.0, 0)).collect();
            for (day, events) in parts.iter().flatten() {
                *expected.entry(*day).or_default() += events;
            }
            let track = Track::merged(&tracks.iter().collect::<Vec<_>>(), &zeros);
            let counts = Counts::new(Arc::new(track), Span::new(Slot(0), Slot(40_000)));
            let merged: Vec<(i32, i64)> = (0..)
                .zip(counts.iter())
                .filter_map(|(day, count)| Some((day, count?.events)))
                .collect();
            prop_assert_eq!(merged, expected.into_iter().collect::<Vec<_>>());
        }
    }

    fn count(events: i64) -> Count {
        Count {
            events,
            late_events: 0,
        }
    }

    /// A series of these slots and events.
    fn track(rows: &[(i32, i64)]) -> Track {
        let rows = rows.iter();
        Track::new(rows.map(|&(slot, events)| (Slot(slot), count(events))))
    }

    fn counts(track: Track, first: i32, last: i32) -> Counts {
        Counts::new(Arc::new(track), Span::new(Slot(first), Slot(last)))
    }

    #[test]
    fn rows_outside_of_the_span_are_in_no_slot_of_it() {
        let rows = track(&[(2, 50), (3, 20), (5, 2), (6, 3), (7, 90)]);
        let window = counts(rows, 4, 6);
        assert_eq!((window.len(), window.rows()), (3, 2));
        let found = [0, 1, 2, 3].map(|index| window.get(index));
        assert_eq!(found, [None, Some(count(2)), Some(count(3)), None]);
        assert_eq!(window.last(), Some((2, count(3))));
        let largest = [0, 1, 2].map(|before| window.largest_with(before));
        assert_eq!(largest, [Some(3), Some(20), Some(50)]);
        assert!(!window.is_empty());
        let nothing = Counts::default();
        assert!(nothing.is_empty());
        assert_eq!((nothing.last(), nothing.largest_with(9)), (None, None));
    }

    #[test]
    fn what_is_drawn_is_counted_from_the_first_slot() {
        let window = counts(track(&[(5, 1), (7, 2), (9, 3)]), 4, 9);
        assert_eq!(window.outline(0..6, 10), [1, 3, 5]);
        assert_eq!(window.outline(2..4, 10), [3]);
        let runs: Vec<Range<usize>> = window.runs().collect();
        assert_eq!(runs, [1..2, 3..4, 5..6]);
    }

    #[test]
    fn weeks_and_months_are_whole_with_all_of_their_days() {
        let weeks = counts(track(&[(0, 1), (2, 1)]).with_days(vec![7, 6]), 0, 3);
        let days = [0, 1, 2, 3].map(|index| weeks.days(index));
        assert_eq!(days, [Some(7), None, Some(6), None]);
        assert!(weeks.is_whole(0, Grain::Week));
        assert!(!weeks.is_whole(2, Grain::Week));
        // January and February 1970.
        let months = counts(track(&[(0, 1), (1, 1)]).with_days(vec![30, 28]), 0, 1);
        assert!(!months.is_whole(0, Grain::Month));
        assert!(months.is_whole(1, Grain::Month));
        let plain = counts(track(&[(0, 1)]), 0, 0);
        assert_eq!(plain.days(0), None);
        assert!(plain.is_whole(0, Grain::Day));
    }

    #[test]
    fn a_list_has_a_slot_for_each_entry_and_equals_the_same_slots_elsewhere() {
        let list = |counts: &[Option<i64>]| -> Counts {
            let counts = counts.iter().map(|events| events.map(count));
            counts.collect::<Vec<_>>().into()
        };
        assert_eq!(list(&[]).len(), 0);
        let two = list(&[None, Some(1)]);
        assert_eq!((two.len(), two.rows()), (2, 1));
        assert_eq!((two.get(0), two.get(1)), (None, Some(count(1))));
        assert_eq!(two, counts(track(&[(4, 9), (6, 1), (7, 9)]), 5, 6));
        assert_ne!(two, list(&[None, Some(1), None]), "one slot more");
        assert_ne!(two, list(&[None, Some(2)]));
        assert_ne!(list(&[None]), list(&[Some(0)]), "a gap is no zero");
    }
}
