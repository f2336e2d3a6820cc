//! Sums, means and changes, over complete days only where days are compared.

use crate::{
    calendar::{Grain, Slot},
    data::{Finality, Track},
    series::Counts,
};
use std::ops::Range;

/// The figures of one series over a span.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// All days, the incomplete ones too.
    pub sum: i64,
    /// Late events of all days.
    pub late: i64,
    /// The latest complete day with a row.
    pub last: Option<i64>,
    /// Mean of the complete days with a row.
    pub mean: Option<f64>,
    /// Smallest complete day with a row.
    pub min: Option<i64>,
    /// Largest complete day with a row.
    pub max: Option<i64>,
    /// Days without a row that lie before today.
    pub missing: usize,
    /// Days with a row.
    pub rows: usize,
    /// Smallest and largest day, complete or not.
    pub extremes: Option<(i64, i64)>,
}

impl Figures {
    /// Computes the figures. `states` holds the state of each slot, oldest first; slots beyond it count as so far.
    pub fn of(counts: &Counts, states: &[Finality], grain: Grain) -> Self {
        let over = states.partition_point(|state| *state != Finality::SoFar);
        let (over, complete) = (over.min(counts.len()), complete(states).min(counts.len()));
        let sum = counts.sum(0..counts.len()).count();
        let whole = Whole::of(counts, complete, grain);
        Self {
            sum: sum.events,
            late: sum.late_events,
            last: whole.last,
            mean: (whole.rows > 0).then(|| whole.sum as f64 / whole.rows as f64),
            min: whole.extremes.map(|(low, _)| low),
            max: whole.extremes.map(|(_, high)| high),
            missing: over - counts.rows_of(0..over),
            rows: counts.rows(),
            extremes: counts.extremes(0..counts.len()),
        }
    }
}

/// The complete slots of a series. A week or a month that lacks days is not among them: it would look like a slump.
struct Whole {
    rows: usize,
    sum: i128,
    last: Option<i64>,
    extremes: Option<(i64, i64)>,
}

impl Whole {
    fn of(counts: &Counts, complete: usize, grain: Grain) -> Self {
        if !grain.sums_days() {
            return Self {
                rows: counts.rows_of(0..complete),
                sum: counts.sum(0..complete).events(),
                last: counts.last_of(0..complete).map(|(_, count)| count.events),
                extremes: counts.extremes(0..complete),
            };
        }
        let slots = (0..complete).filter(|at| counts.is_whole(*at, grain));
        let events: Vec<i64> = slots
            .filter_map(|at| Some(counts.get(at)?.events))
            .collect();
        Self {
            rows: events.len(),
            sum: events.iter().map(|events| i128::from(*events)).sum(),
            last: events.last().copied(),
            extremes: events
                .iter()
                .min()
                .copied()
                .zip(events.iter().max().copied()),
        }
    }
}

/// Number of slots up to and including the last complete one.
pub fn complete(states: &[Finality]) -> usize {
    let last = states.iter().rposition(|state| state.is_complete());
    last.map_or(0, |last| last + 1)
}

/// Number of days in a trailing mean.
pub const MEAN_DAYS: i32 = 7;

/// Trailing mean of a complete day: the rows among it and the six days before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mean {
    /// Events of these days.
    pub sum: i128,
    /// How many of them have a row.
    pub days: usize,
}

impl Mean {
    /// The mean up to a row of a series, by its slot.
    pub fn trailing(track: &Track, slot: Slot, finality: Finality) -> Option<Self> {
        let rows = track.between(slot.plus(1 - MEAN_DAYS), slot);
        let has_row = rows
            .end
            .checked_sub(1)
            .is_some_and(|at| at >= rows.start && track.slot(at) == slot);
        (has_row && finality.is_complete()).then(|| Self {
            sum: track.sum(rows.clone()).events(),
            days: rows.len(),
        })
    }

    /// Events a day.
    pub fn value(self) -> f64 {
        self.sum as f64 / self.days as f64
    }
}

/// How a series changed against the days before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// No pair of complete days to compare.
    Nothing,
    /// There was nothing before.
    New,
    /// A share: 0.05 is five percent more.
    Share(f64),
}

impl Change {
    /// From what there was before to what there is now.
    pub fn of(now: i128, before: i128) -> Self {
        match (before, now) {
            (0, 0) => Self::Share(0.0),
            (0, _) => Self::New,
            _ => Self::Share((now - before) as f64 / before as f64),
        }
    }
}

/// Which slots are compared with earlier ones: one rule for all figures, charts and listeners on screen.
///
/// A slot is compared if it is complete, and if there is a row of any series in it and in the one before that it is
/// compared with. Of these slots, a series that lacks rows compares those in which it has one, now and before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Positions of those slots, in stretches.
    stretches: Vec<Range<usize>>,
    /// Number of complete slots on screen.
    pub complete: usize,
    /// Distance to the earlier slot that each is compared with, in slots.
    pub shift: i32,
}

impl Comparison {
    /// Finds the slots to compare, from the sum of all series now and before.
    pub fn new(now: &Counts, before: &Counts, complete: usize, shift: i32) -> Self {
        Self {
            stretches: common(
                std::iter::once(0..complete),
                common(now.runs(), before.runs()),
            ),
            complete,
            shift,
        }
    }

    /// The slots that one series compares, see [`Comparison`]. Weeks and months that lack days of it are left out, too.
    pub fn of_series(&self, now: &Counts, before: &Counts, grain: Grain) -> Self {
        let rows = common(now.runs(), before.runs());
        let compared = Self {
            stretches: common(self.stretches.iter().cloned(), rows),
            ..*self
        };
        match grain.sums_days() {
            true => compared.only(|at| now.is_whole(at, grain) && before.is_whole(at, grain)),
            false => compared,
        }
    }

    /// The same without some slots.
    pub fn only(self, is_compared: impl Fn(usize) -> bool) -> Self {
        let slots = self.stretches.iter().cloned().flatten();
        let mut stretches: Vec<Range<usize>> = Vec::new();
        for slot in slots.filter(|slot| is_compared(*slot)) {
            match stretches.last_mut() {
                Some(last) if last.end == slot => last.end += 1,
                _ => stretches.push(slot..slot + 1),
            }
        }
        Self { stretches, ..self }
    }

    /// How many slots are compared.
    pub fn count(&self) -> usize {
        self.stretches.iter().map(Range::len).sum()
    }

    /// Range from the first to the last compared slot, and whether every slot between them is compared.
    pub fn hull(&self) -> Option<(Range<usize>, bool)> {
        let (first, last) = (self.stretches.first()?, self.stretches.last()?);
        let hull = first.start..last.end;
        let is_whole = hull.len() == self.count();
        Some((hull, is_whole))
    }

    /// How one series changed, and how many slots it compares.
    pub fn change(&self, now: &Counts, before: &Counts, grain: Grain) -> (Change, usize) {
        let rows = |counts: &Counts| -> usize {
            let rows = self
                .stretches
                .iter()
                .map(|slots| counts.rows_of(slots.clone()));
            rows.sum()
        };
        let own = self.of_series(now, before, grain);
        if own.stretches.is_empty() {
            let is_new = rows(before) == 0 && rows(now) > 0;
            return (if is_new { Change::New } else { Change::Nothing }, 0);
        }
        let sum = |counts: &Counts| -> i128 {
            let sums = own
                .stretches
                .iter()
                .map(|slots| counts.sum(slots.clone()).events());
            sums.sum()
        };
        (Change::of(sum(now), sum(before)), own.count())
    }
}

/// What two lists of ascending ranges have in common.
pub fn common(
    a: impl IntoIterator<Item = Range<usize>>,
    b: impl IntoIterator<Item = Range<usize>>,
) -> Vec<Range<usize>> {
    let (mut a, mut b) = (a.into_iter().peekable(), b.into_iter().peekable());
    let mut common = Vec::new();
    while let (Some(in_a), Some(in_b)) = (a.peek(), b.peek()) {
        let part = in_a.start.max(in_b.start)..in_a.end.min(in_b.end);
        if !part.is_empty() {
            common.push(part);
        }
        if in_a.end <= in_b.end {
            a.next();
        } else {
            b.next();
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{calendar::Span, data::Count};
    use std::sync::Arc;

    fn counts(events: &[i64]) -> Counts {
        let count = |&events: &i64| {
            (events >= 0).then_some(Count {
                events,
                late_events: 1,
            })
        };
        events.iter().map(count).collect::<Vec<_>>().into()
    }

    fn last_is_today(days: usize) -> Vec<Finality> {
        let mut states = vec![Finality::Final; days];
        states[days - 1] = Finality::SoFar;
        states
    }

    #[test]
    fn the_incomplete_day_is_in_the_sum_and_in_nothing_else() {
        let figures = Figures::of(&counts(&[10, 30, 5]), &last_is_today(3), Grain::Day);
        assert_eq!((figures.sum, figures.late), (45, 3));
        assert_eq!(figures.last, Some(30));
        assert_eq!(figures.mean, Some(20.0));
        assert_eq!((figures.min, figures.max), (Some(10), Some(30)));
    }

    #[test]
    fn a_missing_day_is_no_zero() {
        let figures = Figures::of(&counts(&[10, -1, 20, 0]), &[Finality::Final; 4], Grain::Day);
        assert_eq!(figures.mean, Some(10.0));
        assert_eq!(figures.min, Some(0));
        assert_eq!(figures.missing, 1);
        let today_only = Figures::of(&counts(&[-1]), &last_is_today(1), Grain::Day);
        assert_eq!((today_only.missing, today_only.mean), (0, None));
    }

    #[test]
    fn each_series_compares_the_days_that_it_has_among_those_of_the_page() {
        let complete = 3;
        let all = counts(&[110, 55, -1, 1]);
        let compare = |before: &[i64]| Comparison::new(&all, &counts(before), complete, 7);
        let first = compare(&[100, -1, 70, 900]);
        assert_eq!((first.count(), first.complete), (1, 3));
        assert_eq!(first.hull(), Some((0..1, true)));
        let change = |of: &Comparison, now: &[i64], before: &[i64]| {
            of.change(&counts(now), &counts(before), Grain::Day)
        };
        assert_eq!(
            first.change(&all, &counts(&[100, -1, 70, 900]), Grain::Day),
            (Change::Share(0.1), 1)
        );

        let two = compare(&[100, 50, -1, 900]);
        assert_eq!(two.count(), 2);
        let half = change(&two, &[10, 5, -1, -1], &[10, -1, -1, -1]);
        assert_eq!(
            half,
            (Change::Share(0.0), 1),
            "the other day has no row before"
        );
        let gone = change(&two, &[-1, 5, -1, -1], &[10, -1, -1, -1]);
        assert_eq!(gone, (Change::Nothing, 0), "no day has rows in both");
        let new = change(&two, &[-1, 5, -1, -1], &[-1, -1, 3, -1]);
        assert_eq!(new, (Change::New, 0), "no row on any day compared with");
        let nothing = two.change(&Counts::default(), &Counts::default(), Grain::Day);
        assert_eq!(nothing, (Change::Nothing, 0));

        let none = compare(&[-1, -1, -1, 5]);
        assert_eq!((none.count(), none.hull()), (0, None));
        assert_eq!(none.change(&all, &all, Grain::Day), (Change::Nothing, 0));
        let apart = Comparison::new(&counts(&[1, -1, 1]), &counts(&[1, 1, 1]), 3, 7);
        assert_eq!(apart.hull(), Some((0..3, false)));
    }

    #[test]
    fn a_mean_of_seven_days_leaves_out_days_without_a_row_and_incomplete_ones() {
        let days = counts(&[10, 20, -1, 30, 40, 50, 60, 80, 5]);
        let mean = |at: usize, state| {
            let mean = Mean::trailing(days.track(), days.slot(at), state)?;
            Some((mean.value(), mean.days))
        };
        assert_eq!(mean(0, Finality::Final), Some((10.0, 1)), "the first day");
        assert_eq!(mean(1, Finality::Final), Some((15.0, 2)));
        assert_eq!(mean(2, Finality::Final), None, "a gap stays a gap");
        assert_eq!(
            mean(6, Finality::Over),
            Some((35.0, 6)),
            "six of seven days"
        );
        let seven = (20 + 30 + 40 + 50 + 60 + 80) as f64 / 6.0;
        assert_eq!(mean(7, Finality::Final), Some((seven, 6)));
        assert_eq!(mean(8, Finality::SoFar), None, "today is not complete");
    }

    #[test]
    fn an_open_day_is_in_the_sum_and_a_gap_before_today_is_missing() {
        let states = [Finality::Final, Finality::Open, Finality::SoFar];
        let figures = Figures::of(&counts(&[10, 30, 5]), &states, Grain::Day);
        assert_eq!((figures.sum, figures.rows, figures.missing), (45, 3, 0));
        assert_eq!((figures.last, figures.mean), (Some(10), Some(10.0)));
        assert_eq!(figures.extremes, Some((5, 30)), "complete or not");
        let gaps = Figures::of(&counts(&[10, -1, -1]), &states, Grain::Day);
        assert_eq!((gaps.rows, gaps.missing), (1, 1), "today may still come");
        let few = Figures::of(&counts(&[10, -1, 20]), &states[..1], Grain::Day);
        assert_eq!((few.sum, few.mean, few.missing), (30, Some(10.0), 0));
        let many = Figures::of(&counts(&[10, -1]), &[Finality::Final; 5], Grain::Day);
        assert_eq!((many.sum, many.mean, many.missing), (10, Some(10.0), 1));
    }

    #[test]
    fn slots_up_to_the_last_complete_one_are_counted() {
        use Finality::{Final, Open, Over, SoFar};
        assert_eq!(complete(&[]), 0);
        assert_eq!(complete(&[Open, SoFar]), 0);
        assert_eq!(complete(&[Final, Open, Over, Open, SoFar]), 3);
    }

    /// Weeks, as events and number of days with a row.
    fn weeks(weeks: &[(i64, u16)]) -> Counts {
        let count = |events| Count {
            events,
            late_events: 0,
        };
        let rows = weeks.iter().zip(0..);
        let rows = rows.map(|(&(events, _), slot)| (Slot(slot), count(events)));
        let days = weeks.iter().map(|(_, days)| *days).collect();
        let last = Slot(weeks.len() as i32 - 1);
        let track = Track::new(rows).with_days(days);
        Counts::new(Arc::new(track), Span::new(Slot(0), last))
    }

    #[test]
    fn weeks_that_lack_days_are_in_the_sum_and_not_in_the_mean() {
        let counts = weeks(&[(70, 7), (6, 6), (140, 7), (9, 6), (300, 7)]);
        let figures = Figures::of(&counts, &last_is_today(5), Grain::Week);
        assert_eq!((figures.sum, figures.missing), (525, 0));
        assert_eq!((figures.last, figures.mean), (Some(140), Some(105.0)));
        assert_eq!((figures.min, figures.max), (Some(70), Some(140)));
        assert_eq!(figures.extremes, Some((6, 300)));
    }

    #[test]
    fn weeks_are_compared_if_both_have_all_of_their_days() {
        let now = weeks(&[(70, 7), (6, 6), (140, 7), (80, 7)]);
        let before = weeks(&[(35, 7), (60, 7), (100, 5), (80, 7)]);
        let compared = Comparison::new(&now, &before, 4, 4);
        let change = compared.change(&now, &before, Grain::Week);
        assert_eq!(change, (Change::Share(35.0 / 115.0), 2));
        let change = compared.change(&now, &before, Grain::Day);
        assert_eq!(change, (Change::Share(21.0 / 275.0), 4));
    }

    #[test]
    fn a_change_is_that_of_all_stretches() {
        let (now, before) = (counts(&[10, -1, 20, 99]), counts(&[5, 7, 5, 99]));
        let compared = Comparison::new(&now, &before, 3, 7);
        assert_eq!(compared.stretches, [0..1, 2..3]);
        assert_eq!((compared.complete, compared.shift), (3, 7));
        let change = compared.change(&now, &before, Grain::Day);
        assert_eq!(change, (Change::Share(2.0), 2), "30 of 10");
    }

    #[test]
    fn slots_that_are_left_out_split_a_stretch() {
        let all = counts(&[1, 1, 1, 1, 1]);
        let compared = Comparison::new(&all, &all, 5, 7);
        let without = |left_out: usize| compared.clone().only(|slot| slot != left_out);
        assert_eq!(without(2).stretches, [0..2, 3..5]);
        assert_eq!(without(2).hull(), Some((0..5, false)));
        assert_eq!((without(2).complete, without(2).shift), (5, 7));
        assert_eq!(without(0).hull(), Some((1..5, true)));
        assert_eq!(without(4).count(), 4);
        assert_eq!(compared.only(|_| false).count(), 0);
    }

    #[test]
    fn a_change_is_a_share_of_what_was_before() {
        assert_eq!(Change::of(15, 10), Change::Share(0.5));
        assert_eq!(Change::of(0, 10), Change::Share(-1.0));
        assert_eq!(Change::of(10, 0), Change::New);
        assert_eq!(Change::of(0, 0), Change::Share(0.0));
    }

    #[test]
    fn two_lists_of_ranges_have_their_overlaps_in_common() {
        let (a, b) = ([0..3, 5..9], [1..6, 8..12]);
        let expected = [1..3, 5..6, 8..9];
        assert_eq!(common(a.clone(), b.clone()), expected);
        assert_eq!(common(b, a), expected);
        let neighbours = common([0..2, 4..6], [2..4, 6..8]);
        assert!(neighbours.is_empty(), "{neighbours:?}");
    }
}
