//! The words of the way from a day to its minutes and its single events.

use super::pseudo::{say, says};
use crate::data::MOST_EVENTS;

pub(crate) fn minutes_of(day: &str) -> String {
    says(format!("Minutes of {day}"))
}

pub(crate) fn hour_of(minute: &str) -> String {
    says(format!("Hour of {minute}"))
}

pub(crate) fn events_of(minute: &str) -> String {
    says(format!("Events of {minute}"))
}

pub(crate) fn drill_tip() -> &'static str {
    say("Closer: a day, its minutes, an hour, single events (Enter)")
}

/// Back to the days that a day was entered from: word and name.
pub(crate) fn to_days() -> [&'static str; 2] {
    ["Days ›", "Back to the days"].map(say)
}

/// Back from an hour to the minutes of its day: word and name.
pub(crate) fn to_day(day: &str) -> [String; 2] {
    [format!("{day} ›"), format!("Back to {day}")].map(says)
}

pub(crate) fn back_tip() -> &'static str {
    say("One step back (Backspace)")
}

pub(crate) fn single_events() -> &'static str {
    say("Single events")
}

pub(crate) fn close_events() -> [&'static str; 2] {
    ["Close events", "Close (Esc)"].map(say)
}

pub(crate) fn event_columns() -> [&'static str; 7] {
    [
        "Time",
        "Event type",
        "Region",
        "User",
        "Song",
        "Device",
        "Event id",
    ]
    .map(say)
}

pub(crate) fn newest_of(read: usize) -> String {
    let most = i64::try_from(read).is_ok_and(|read| read >= MOST_EVENTS);
    says(match most {
        true => format!("The newest {read}; there may be more"),
        false => format!("{read} events, the newest first"),
    })
}

pub(crate) fn no_single_events() -> &'static str {
    say("The sample has counts only, and no single events.")
}

pub(crate) fn no_event_stored() -> &'static str {
    say("No event of these minutes is stored; those of old days may have been expired.")
}

pub(crate) fn events_too_slow() -> &'static str {
    say(
        "The events were not read in time: there are too many, or another session holds a lock. F5 reads again.",
    )
}

pub(crate) fn no_right_to_events() -> &'static str {
    say(
        "This role may not read single events, since they name users. An owner of the table can change that:",
    )
}
