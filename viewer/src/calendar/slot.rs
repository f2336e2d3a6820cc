//! Places on a time axis.

use super::day::Day;
use serde::{Deserialize, Serialize};

/// A position on a time axis with consecutive numbers.
pub trait Position: Copy + Ord {
    /// Its number.
    fn number(self) -> i32;

    /// The place with that number.
    fn at(number: i32) -> Self;

    /// The place that is `places` later, or earlier if negative.
    fn plus(self, places: i32) -> Self {
        Self::at(self.number().saturating_add(places))
    }
}

impl Position for Day {
    fn number(self) -> i32 {
        self.0
    }

    fn at(number: i32) -> Self {
        Self(number)
    }
}

/// A minute, day, week or month of a data set and its position on the x-axis, counted from the
/// one that 1970-01-01 00:00 lies in.
/// Its length is the [`Grain`](super::Grain) of the data set.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Slot(pub i32);

impl Position for Slot {
    fn number(self) -> i32 {
        self.0
    }

    fn at(number: i32) -> Self {
        Self(number)
    }
}

impl Slot {
    /// The slot that is `slots` later, or earlier if negative.
    pub fn plus(self, slots: i32) -> Self {
        Position::plus(self, slots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_counted_in_both_directions_and_stop_at_the_last_number() {
        assert_eq!(Slot(5).plus(2), Slot(7));
        assert_eq!(Slot(5).plus(-7), Slot(-2));
        assert_eq!(Slot(i32::MAX).plus(1), Slot(i32::MAX));
        assert_eq!(Slot(i32::MIN).plus(-1), Slot(i32::MIN));
        assert_eq!(Slot::at(-3).number(), -3);
        assert_eq!(Position::plus(Day(5), -7), Day(-2));
        assert_eq!(Day::at(-3).number(), -3);
    }
}
