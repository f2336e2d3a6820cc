//! What the window says.

use crate::{
    model::{
        data::DayState,
        format,
        series::{Split, View},
        span::Range,
        stats::Change,
        table::Column,
    },
    state::List,
};

pub(crate) const APP: &str = "musicstream";
pub(crate) const NO_DATA: &str = "no data";

pub(crate) fn view(view: View) -> &'static str {
    match view {
        View::ByEventType => "By event type",
        View::ByRegion => "By region",
        View::Overlay => "Overlay",
        View::Heatmap => "Heatmap",
        View::Table => "Table",
    }
}

pub(crate) fn split(split: Split) -> &'static str {
    match split {
        Split::EventTypes => "Event types",
        Split::Regions => "Regions",
        Split::Both => "Both",
    }
}

/// Short form and spoken form.
pub(crate) fn range(range: Range) -> (&'static str, &'static str) {
    match range {
        Range::Days7 => ("7 d", "Last 7 days"),
        Range::Days28 => ("28 d", "Last 28 days"),
        Range::Days90 => ("90 d", "Last 90 days"),
        Range::Year => ("1 y", "Last 365 days"),
        Range::All => ("All", "All days"),
    }
}

pub(crate) fn list(list: List) -> &'static str {
    match list {
        List::EventTypes => "Event types",
        List::Regions => "Regions",
    }
}

pub(crate) fn column(column: Column) -> &'static str {
    match column {
        Column::Day => "Day (UTC)",
        Column::EventType => "Event type",
        Column::Region => "Region",
        Column::Events => "Events",
        Column::Late => "Late",
        Column::State => "State",
        Column::Updated => "Updated (UTC)",
    }
}

pub(crate) fn day_state(state: DayState) -> &'static str {
    match state {
        DayState::Final => "final",
        DayState::Open => "not final",
        DayState::SoFar => "so far",
    }
}

pub(crate) fn day_state_tip(state: DayState) -> &'static str {
    match state {
        DayState::Final => {
            "The streams are past the end of this day. Late events may still be added."
        }
        DayState::Open => "The day is over, but the streams have not been seen to be past its end.",
        DayState::SoFar => "The day has not ended: these are its events so far.",
    }
}

pub(crate) fn change(change: Change) -> String {
    match change {
        Change::Nothing => "–".into(),
        Change::New => "new".into(),
        Change::Share(share) => format::percent(share),
    }
}

/// Keys and what they do, for the help.
pub(crate) const KEYS: [(&str, &str); 18] = [
    ("1 … 5", "7, 28, 90 days, 1 year, all"),
    (
        "Ctrl 1 … 5",
        "By event type, by region, overlay, heatmap, table",
    ),
    ("Left, Right", "Day cursor (with Shift: by a week)"),
    ("Home, End", "First, last day"),
    ("+  −", "Zoom in, out around the cursor"),
    ("Alt Left, Right", "Earlier, later days"),
    ("0, Esc", "All days of the range; close what is open"),
    ("Drag in a chart", "Zoom into these days"),
    ("Double click", "All days of the range"),
    ("Ctrl + wheel", "Zoom around the pointer"),
    ("C", "Draw the days before too"),
    ("R, F5", "Read again now"),
    ("Space", "Pause, go on"),
    ("/", "Search in the filters"),
    ("T", "Light, dark"),
    ("Ctrl E, Ctrl Shift C", "Save, copy the table’s rows as CSV"),
    ("Ctrl Shift S", "Save the window as a picture"),
    ("F1, ?", "This help"),
];
