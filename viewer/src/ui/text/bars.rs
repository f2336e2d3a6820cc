//! The words of the bars, of the filters, and of what stands where there are no charts.

use super::pseudo::{say, says};
use crate::calendar::{Day, Micros, format};
use std::{fmt::Display, path::Path};

/// Name and tip of each button on top.
pub(crate) fn help_button() -> [&'static str; 2] {
    ["Help", "Keys and what they do (F1)"].map(say)
}

pub(crate) fn theme_button(dark: bool) -> [&'static str; 2] {
    match dark {
        true => ["Light theme", "Light theme (T)"],
        false => ["Dark theme", "Dark theme (T)"],
    }
    .map(say)
}

pub(crate) fn fold_button(folded: bool) -> [&'static str; 2] {
    match folded {
        true => ["Show the figures", "Show the figures of each series"],
        false => ["Fold the figures", "Fold the figures away"],
    }
    .map(say)
}

pub(crate) fn refresh_button() -> [&'static str; 2] {
    ["Refresh", "Read again now (R)"].map(say)
}

pub(crate) fn pause_button(paused: bool) -> [&'static str; 2] {
    match paused {
        true => ["Go on", "Go on reading (Space)"],
        false => ["Pause", "Stop reading new numbers (Space)"],
    }
    .map(say)
}

pub(crate) fn try_button() -> [&'static str; 2] {
    ["Try now", "Connect again now (R)"].map(say)
}

pub(crate) fn keys_button() -> &'static str {
    say("Keys")
}

pub(crate) fn copy() -> &'static str {
    say("Copy")
}

/// How the source is.
pub(crate) fn connecting() -> &'static str {
    say("Connecting")
}

pub(crate) fn live_now() -> &'static str {
    say("Live")
}

pub(crate) fn paused() -> &'static str {
    say("Paused")
}

pub(crate) fn stale() -> &'static str {
    say("Stale")
}

pub(crate) fn no_connection() -> &'static str {
    say("No connection")
}

/// The server answers, and yet there is nothing to show.
pub(crate) fn no_numbers() -> &'static str {
    say("No numbers")
}

/// No event for longer than usual.
pub(crate) fn quiet() -> &'static str {
    say("No new events")
}

pub(crate) fn newest_event(at: Micros, today: Day) -> String {
    says(format!("newest event {}", clock_of(at, today)))
}

pub(crate) fn watermark(at: Micros, today: Day) -> String {
    says(format!("watermark {}", clock_of(at, today)))
}

/// `14:20 UTC`, `17 Mar 14:20 UTC`
fn clock_of(at: Micros, today: Day) -> String {
    let (day, clock) = (Day::of(at), format::clock_short(at));
    match day == today {
        true => format!("{clock} UTC"),
        false => format!("{} {clock} UTC", day.short()),
    }
}

/// With its age, where that is more than usual.
pub(crate) fn newest_event_at(at: Micros, age: Option<&str>) -> String {
    let age = age.map_or(String::new(), |age| format!(", {age} ago"));
    says(format!("Newest event {} UTC{age}", format::stamp(at)))
}

pub(crate) fn current_at(at: Micros) -> String {
    says(format!("Numbers current at {} UTC", format::clock(at)))
}

pub(crate) fn watermark_tip(at: Micros) -> String {
    says(format!(
        "Watermark {} UTC: days before it are final",
        format::stamp(at)
    ))
}

pub(crate) fn no_watermark() -> &'static str {
    say("No watermark: no day is final yet")
}

pub(crate) fn rollup_at(at: Micros) -> String {
    says(format!("Last rollup {} UTC", format::stamp(at)))
}

pub(crate) fn pending(deltas: i64) -> String {
    let deltas = format::count(deltas, "delta", "deltas");
    says(format!("{deltas} counted, waiting for the rollup"))
}

pub(crate) fn in_rejected_events(events: i64) -> String {
    let events = format::count(events, "event", "events");
    says(format!("{events} in rejected_events"))
}

/// The line at the bottom.
pub(crate) fn rows(rows: usize) -> String {
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    says(format::count(rows, "row", "rows"))
}

pub(crate) fn rows_loaded(rows: usize) -> String {
    says(format!("{} loaded", self::rows(rows)))
}

/// That older days are left out, and its short form.
pub(crate) fn zone_is_cut(days: i32) -> [String; 2] {
    [
        format!("days of this zone: the last {days}; UTC days go back further"),
        format!("the last {days} days only"),
    ]
    .map(says)
}

/// Why the days are those of UTC though another zone was chosen.
pub(crate) fn utc_days(reason: &'static str) -> String {
    says(say(reason).to_owned())
}

pub(crate) fn zone_not_shown(zone: &str, has_zones: bool) -> String {
    says(match has_zones {
        true => format!("unknown zone {zone}: these are UTC days"),
        false => format!("no days of {zone} in this source: these are UTC days"),
    })
}

pub(crate) fn read_in(milliseconds: u128) -> String {
    says(format!("read in {milliseconds} ms"))
}

pub(crate) fn numbers_of(at: Micros) -> String {
    says(format!("numbers of {} UTC", format::clock(at)))
}

pub(crate) fn rejected(events: i64) -> String {
    says(format!("{} rejected", format::grouped(events)))
}

pub(crate) fn in_the_inbox(rows: i64) -> String {
    says(format!("{} waiting in the inbox", format::grouped(rows)))
}

/// What came of saving and copying.
pub(crate) fn rows_copied() -> &'static str {
    say("rows copied")
}

pub(crate) fn nothing_to_export() -> &'static str {
    say("there are no rows to export: these numbers have not been read")
}

pub(crate) fn row_copied() -> &'static str {
    say("row copied")
}

pub(crate) fn picture_saved(path: &Path) -> String {
    says(format!("picture saved: {}", path.display()))
}

pub(crate) fn picture_not_saved(error: &str) -> String {
    says(format!("picture not saved: {error}"))
}

pub(crate) fn rows_saved(rows: usize, path: &Path) -> String {
    says(format!("{rows} rows saved: {}", path.display()))
}

pub(crate) fn not_saved(path: &Path, error: impl Display) -> String {
    says(format!("{} not saved: {error}", path.display()))
}

/// When the next try is, in seconds.
pub(crate) fn next_try(seconds: i64) -> String {
    says(match seconds {
        ..=0 => "trying now".into(),
        seconds => format!("next try in {seconds} s"),
    })
}

/// Since when numbers are stale, and how old they are.
pub(crate) fn stale_since(since: Micros, next: &str, age: &str) -> String {
    let age = match age {
        "just now" => "numbers were read just now".to_owned(),
        age => format!("numbers are {age} old"),
    };
    let since = format::clock(since);
    says(format!("since {since} UTC  ·  {next}  ·  {age}"))
}

/// The page before there are numbers.
pub(crate) fn no_events_yet() -> &'static str {
    say("Connected; there are no events yet")
}

pub(crate) fn how_to_load() -> &'static str {
    say(
        "The extension is in place, and its metrics are empty. Load a file, or stream a topic; \
         the numbers appear here by themselves:",
    )
}

/// Where there are no metrics, though input was read.
pub(crate) fn all_rejected(rejected: i64) -> String {
    let rows = format::count(rejected, "row was", "rows were");
    says(format!("{rows} read and rejected"))
}

/// Word and tip of the button that shows why.
pub(crate) fn look_at_rejects() -> [&'static str; 2] {
    [
        "Look at Rejects",
        "Why the rows were rejected, with examples",
    ]
    .map(say)
}

pub(crate) fn how_to_roll_up() -> &'static str {
    say("Rows in the inbox are counted at the next rollup:")
}

pub(crate) fn connecting_now() -> &'static str {
    say("Connecting …")
}

pub(crate) fn newest_events(day: &str) -> String {
    says(format!("The newest events are of {day}."))
}

pub(crate) fn old_version(version: &str) -> String {
    says(format!(
        "It is version {version}, and perhaps this role may not read them. To update it:"
    ))
}

pub(crate) fn rows_by_day(rows: usize) -> String {
    says(format!("{} by day are here.", self::rows(rows)))
}

pub(crate) fn nothing_on() -> &'static str {
    say("Nothing is switched on")
}

pub(crate) fn switch_on() -> &'static str {
    say("Switch on at least one event type and one region on the left.")
}

/// The filters.
pub(crate) fn search() -> [&'static str; 2] {
    ["Search", "Search event types and regions"].map(say)
}

pub(crate) fn on_of(on: usize, all: usize) -> String {
    says(format!("{on} of {all}"))
}

pub(crate) fn all_none_invert() -> [&'static str; 3] {
    ["All", "None", "Invert"].map(say)
}

pub(crate) fn empty_name() -> &'static str {
    say("(empty)")
}

pub(crate) fn events_on_screen(name: &str, events: i64) -> String {
    says(format!(
        "{name}: {} events on screen",
        format::grouped(events)
    ))
}

pub(crate) fn a_day(figure: &str) -> String {
    says(format!("{figure} a day"))
}

pub(crate) fn listeners_a_day(name: &str, mean: i64) -> String {
    says(format!(
        "{name}: {} listeners a day on average",
        format::grouped(mean)
    ))
}

pub(crate) fn alone_tip() -> &'static str {
    say("Alt + click: this one alone")
}

pub(crate) fn no_such_name() -> &'static str {
    say("No name like that")
}
