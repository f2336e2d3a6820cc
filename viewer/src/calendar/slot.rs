//! Places on a time axis.

use super::day::Day;
use serde::{Deserialize, Serialize};

/// A place on a time axis whose places are numbered one after another.
pub trait Position: Copy + Ord {
    /// Its number.
    fn number(self) -> i32;

    /// The place with that number.
    fn at(number: i32) -> Self;

    /// The place so many later (earlier when negative).
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

/// One piece of time of a data set and its place on the x-axis: a minute, a day, a week or a month, counted from the
/// one that 1970-01-01 00:00 lies in.
/// Which of them it is, the [`Grain`](super::Grain) of the data set says.
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
    /// The slot so many later (earlier when negative).
    pub fn plus(self, slots: i32) -> Self {
        Position::plus(self, slots)
    }
}
