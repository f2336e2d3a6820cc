//! What is on screen of a report.

use crate::{
    calendar::{Day, Grain, Span},
    data::{Filter, Finality, Track},
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
    /// Distance in slots to those that are compared with.
    pub shift: i32,
    /// These regions.
    pub regions: &'a Filter,
    /// The first day with an event; before it, nothing can have been counted.
    pub begin: Option<Day>,
    /// The day that has not ended.
    pub today: Day,
    /// Names the series of several names.
    pub name_others: NameOthers,
    /// The days that have events; `None`: that is not known, and none is taken for a gap.
    pub events: Option<&'a Track>,
    /// What can be said of each day, where the report does not know better.
    pub states: &'a [Finality],
}

impl<'a> View<'a> {
    /// The slots on screen.
    pub fn slots(&self) -> Span {
        self.grain.slots(self.span)
    }

    /// On how many of the `days` days up to a day there were events. Of the others nobody was counted.
    pub fn counted(&self, last: Day, days: i32) -> usize {
        let window = Grain::Day.slots(Span::new(last.plus(1 - days), last));
        let counted = |track: &Track| track.between(window.first, window.last).len();
        self.events.map_or(window.count(), counted)
    }

    /// A view of UTC days, of which the last one has not ended.
    #[cfg(test)]
    pub(super) fn of_days(
        span: Span<Day>,
        regions: &'a Filter,
        states: &'a [Finality],
    ) -> View<'a> {
        View {
            span,
            zone: "UTC",
            grain: Grain::Day,
            shift: 7,
            regions,
            begin: None,
            today: span.last,
            name_others: |count| format!("{count} others"),
            events: None,
            states,
        }
    }

    /// The days that are compared with.
    pub fn before(&self) -> Span<Day> {
        self.grain.days(self.slots().plus(-self.shift))
    }
}
