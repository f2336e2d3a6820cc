//! A stretch of slots or days.

use super::slot::{Position, Slot};
use serde::{Deserialize, Serialize};

/// The most days that a span of one's own choice may have: a century.
pub const MOST_DAYS: usize = 36_600;

/// Slots or days from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span<P = Slot> {
    /// The first one.
    pub first: P,
    /// The last one, never before the first.
    pub last: P,
}

impl<P: Position> Span<P> {
    /// The span between two of them, whichever comes first.
    pub fn new(a: P, b: P) -> Self {
        Self {
            first: a.min(b),
            last: a.max(b),
        }
    }

    /// How many there are, at least one.
    pub fn count(self) -> usize {
        let distance = i64::from(self.last.number()) - i64::from(self.first.number());
        usize::try_from(distance).unwrap_or(0) + 1
    }

    /// Whether it is one of these.
    pub fn contains(self, at: P) -> bool {
        self.first <= at && at <= self.last
    }

    /// Its position among these.
    pub fn index(self, at: P) -> Option<usize> {
        self.contains(at)
            .then(|| (at.number() - self.first.number()) as usize)
    }

    /// The one at a position.
    pub fn at(self, index: usize) -> P {
        self.first.plus(i32::try_from(index).unwrap_or(i32::MAX))
    }

    /// All of them, in their order.
    pub fn iter(self) -> impl Iterator<Item = P> {
        (self.first.number()..=self.last.number()).map(P::at)
    }

    /// What both have, or `None`.
    pub fn intersect(self, other: Self) -> Option<Self> {
        let (first, last) = (self.first.max(other.first), self.last.min(other.last));
        (first <= last).then_some(Self { first, last })
    }

    /// Zoomed around one of them by a factor below one (closer) or above one (wider), kept within `limit`.
    pub fn zoomed(self, around: P, factor: f64, limit: Self) -> Self {
        let count = self.count() as f64;
        let most = limit.count() as f64;
        // A limit of one slot is below the usual minimum of two: `clamp` panics if the minimum is above the maximum.
        let target = (count * factor).round().clamp(2.0_f64.min(most), most) as i32;
        let share = (f64::from(around.number() - self.first.number()) + 0.5) / count;
        let first =
            around.number() - ((f64::from(target) * share).floor() as i32).clamp(0, target - 1);
        let first = first.clamp(
            limit.first.number(),
            (limit.last.number() - target + 1).max(limit.first.number()),
        );
        Self {
            first: P::at(first),
            last: P::at((first + target - 1).min(limit.last.number())),
        }
    }

    /// The same, `by` places later, or earlier if negative.
    pub fn plus(self, by: i32) -> Self {
        Self {
            first: self.first.plus(by),
            last: self.last.plus(by),
        }
    }

    /// Moved by `by` places, as far as `limit` allows.
    pub fn moved(self, by: i32, limit: Self) -> Self {
        let by = by.clamp(
            (limit.first.number() - self.first.number()).min(0),
            (limit.last.number() - self.last.number()).max(0),
        );
        self.plus(by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Day;

    const fn span(first: i32, last: i32) -> Span<Day> {
        Span {
            first: Day(first),
            last: Day(last),
        }
    }

    #[test]
    fn zoom_keeps_the_day_under_the_pointer_and_the_limit() {
        let limit = span(0, 99);
        let near = limit.zoomed(Day(30), 0.5, limit);
        assert_eq!(near.count(), 50);
        assert!(near.contains(Day(30)));
        assert_eq!(near.zoomed(Day(30), 100.0, limit), limit);
        assert_eq!(limit.zoomed(Day(99), 0.001, limit).count(), 2);
        for around in 0..100 {
            let zoomed = limit.zoomed(Day(around), 0.3, limit);
            assert!(zoomed.contains(Day(around)) && limit.intersect(zoomed) == Some(zoomed));
        }
    }

    #[test]
    fn zoom_within_a_single_day_keeps_that_day() {
        let one = span(5, 5);
        for factor in [0.5, 1.0, 2.0] {
            assert_eq!(one.zoomed(Day(5), factor, one), one, "{factor}");
        }
    }

    #[test]
    fn moving_stops_at_the_limit() {
        let limit = span(0, 99);
        assert_eq!(span(10, 19).moved(-50, limit), span(0, 9));
        assert_eq!(span(10, 19).moved(500, limit), span(90, 99));
        assert_eq!(span(10, 19).moved(1, limit), span(11, 20));
    }

    #[test]
    fn a_span_has_both_of_its_ends() {
        assert_eq!(Span::new(Day(7), Day(3)), span(3, 7));
        assert_eq!((span(3, 3).count(), span(3, 7).count()), (1, 5));
        assert_eq!(span(7, 3).count(), 1, "at least one");
        assert_eq!(span(i32::MIN, i32::MAX).count(), 1 << 32);
        let days = [2, 3, 7, 8].map(Day);
        let contains = days.map(|day| span(3, 7).contains(day));
        assert_eq!(contains, [false, true, true, false]);
        let index = days.map(|day| span(3, 7).index(day));
        assert_eq!(index, [None, Some(0), Some(4), None]);
        assert_eq!((span(3, 7).at(0), span(3, 7).at(4)), (Day(3), Day(7)));
        let all: Vec<Day> = span(3, 5).iter().collect();
        assert_eq!(all, [3, 4, 5].map(Day));
        assert_eq!(span(3, 7).plus(-5), span(-2, 2));
    }

    #[test]
    fn spans_have_their_common_days() {
        assert_eq!(span(0, 5).intersect(span(5, 9)), Some(span(5, 5)));
        assert_eq!(span(0, 9).intersect(span(3, 4)), Some(span(3, 4)));
        assert_eq!(span(3, 4).intersect(span(0, 9)), Some(span(3, 4)));
        assert_eq!(span(0, 4).intersect(span(5, 9)), None);
    }

    #[test]
    fn zoom_and_moves_are_exact() {
        let limit = span(0, 99);
        assert_eq!(limit.zoomed(Day(30), 0.5, limit), span(15, 64));
        assert_eq!(limit.zoomed(Day(0), 0.3, limit), span(0, 29));
        assert_eq!(limit.zoomed(Day(99), 0.3, limit), span(70, 99));
        assert_eq!(span(20, 29).zoomed(Day(24), 2.0, limit), span(15, 34));
        assert_eq!(span(90, 99).zoomed(Day(95), 2.0, limit), span(80, 99));
        // A span that reaches beyond the limit moves only towards it.
        assert_eq!(span(-5, 4).moved(-3, limit), span(-5, 4));
        assert_eq!(span(-5, 4).moved(3, limit), span(-2, 7));
        assert_eq!(span(95, 105).moved(3, limit), span(95, 105));
        assert_eq!(span(95, 105).moved(-3, limit), span(92, 102));
    }
}
