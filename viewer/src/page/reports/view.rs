//! What is on screen of a report.

use crate::{
    calendar::{Day, Span},
    data::{Filter, Finality},
};

/// What is on screen of a report.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// These days.
    pub span: Span<Day>,
    /// By so many days back to compare.
    pub shift: i32,
    /// These regions.
    pub regions: &'a Filter,
    /// The day that has not ended.
    pub today: Day,
    /// What can be said of each day, where the report does not know better.
    pub states: &'a [Finality],
}

impl View<'_> {
    /// The days that are compared with.
    pub fn before(&self) -> Span<Day> {
        Span {
            first: self.span.first.plus(-self.shift),
            last: self.span.last.plus(-self.shift),
        }
    }
}
