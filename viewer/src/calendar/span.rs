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
}
