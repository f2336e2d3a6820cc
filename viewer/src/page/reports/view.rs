//! What is on screen of a report.

use crate::{
    calendar::{Day, Grain, Span},
    data::{Filter, Finality},
    page::builder::NameOthers,
};

/// What is on screen of a report.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// These days: all of each slot.
    pub span: Span<Day>,
    /// Of this zone.
    pub zone: &'a str,
    /// What a slot of charts and rows is. Only listening has longer ones than days.
    pub grain: Grain,
    /// By so many slots back to compare.
    pub shift: i32,
    /// These regions.
    pub regions: &'a Filter,
    /// The first day with an event; before it, nothing can have been counted.
    pub begin: Option<Day>,
    /// The day that has not ended.
    pub today: Day,
    /// Names the series of several names.
    pub name_others: NameOthers,
    /// What can be said of each day, where the report does not know better.
    pub states: &'a [Finality],
}

impl View<'_> {
    /// The slots on screen.
    pub fn slots(&self) -> Span {
        self.grain.slots(self.span)
    }

    /// The days that are compared with.
    pub fn before(&self) -> Span<Day> {
        self.grain.days(self.slots().plus(-self.shift))
    }
}
