//! The words of the help.

use super::{
    pseudo::say,
    words::{SECTION_KEYS, VIEW_KEYS},
};

/// Keys and what they do, for the help: of several with one meaning, the usual one first.
pub(crate) const KEYS: [(&[&str], &str); 34] = [
    (
        &["Ctrl K", "Ctrl P"],
        "Find any command, zone or name by typing",
    ),
    (&["1", "2", "3", "4", "5"], "7, 28, 90 days, 1 year, all"),
    (&["1", "2", "3", "4"], "1, 3, 6, 24 hours, while live"),
    (&["D"], "Type the days to look at"),
    (&["Z"], "Choose the zone of the days"),
    (&VIEW_KEYS, "The views, from left to right"),
    (&SECTION_KEYS, "The sections, from left to right"),
    (&["Left", "Right"], "Day cursor"),
    (&["Shift Left", "Shift Right"], "The same by a week"),
    (&["Home", "End"], "First, last day"),
    (&["Alt Left", "Alt Right"], "Earlier, later days"),
    (
        &["Backspace"],
        "From single events to their hour, the minutes of the day, the days",
    ),
    (&["+"], "Zoom in around the cursor"),
    (&["−"], "Zoom out"),
    (
        &["Esc", "0"],
        "All days of the range, and no day cursor; Esc closes what is open",
    ),
    (&["C"], "Draw the days before too"),
    (&["B"], "Days, weeks, months"),
    (&["M"], "Mean of 7 days"),
    (&["S"], "Share of the total, stacked"),
    (&["L"], "Logarithmic axis"),
    (&["Y"], "One axis for all charts"),
    (&["R", "F5"], "Read again now"),
    (&["Space"], "Pause, go on"),
    (&["/"], "Search in the filters"),
    (&["T"], "Light, dark"),
    (&["Ctrl E"], "Save the table’s rows as CSV"),
    (&["Ctrl Shift C"], "Copy them"),
    (&["Ctrl Shift S"], "Save the window as a picture"),
    (&["F1", "?"], "This help"),
    (
        &["Tab", "Enter"],
        "Next control; press it, or go closer to the day of the cursor",
    ),
    (&["Drag"], "In a chart: zoom into these days"),
    (&["Double click"], "All days of the range"),
    (&["Ctrl wheel"], "Zoom around the pointer"),
    (&["Alt click"], "In the filters: this name alone"),
];

/// Keys of the table, while it has the keyboard.
pub(crate) const TABLE_KEYS: [(&[&str], &str); 4] = [
    (&["Up", "Down"], "Select a row"),
    (&["Page Up", "Page Down"], "A page of rows"),
    (&["Home", "End"], "First, last row"),
    (&["Ctrl C"], "Copy the selected row"),
];

/// `Ctrl K, Ctrl P`, `1 … 5`
pub(crate) fn keys(keys: &[&str]) -> String {
    match keys {
        [first, .., last] if keys.len() > 2 => format!("{first} … {last}"),
        keys => keys.join(", "),
    }
}

pub(crate) fn help_title() -> &'static str {
    say("Keys and commands")
}

pub(crate) fn help_keys() -> &'static str {
    say("Keys")
}

pub(crate) fn help_table() -> &'static str {
    say("In the table")
}

pub(crate) fn help_commands() -> &'static str {
    say("Commands (Ctrl K finds them)")
}

pub(crate) fn help_signs() -> &'static str {
    say("Signs")
}

pub(crate) fn close_help() -> [&'static str; 2] {
    ["Close help", "Close (Esc)"].map(say)
}

/// What is drawn, and what it means.
pub(crate) const SIGNS: [(&str, &str); 6] = [
    (
        "Dashed, hollow",
        "A day that is not complete: no mean, minimum or change has it",
    ),
    ("Gap, hatched", "A day without a row: no zero"),
    ("Triangle", "A day with late events, on the base line"),
    ("final", "The watermark is past the end of the day"),
    (
        "not final",
        "The day is over, but the watermark has not passed its end",
    ),
    ("over", "The day is over, and there is no watermark"),
];
