//! The words of views, choices, columns and commands.

use super::pseudo::{say, says};
use crate::{
    calendar::{Grain, format},
    data::{Column, Dataset, Measure},
    page::{Hours, List, Range, Split, View},
    stats::Change,
};

pub(crate) fn app() -> &'static str {
    "musicstream"
}

/// Of a slot of which nothing is known.
pub(crate) fn no_data() -> &'static str {
    say("no data")
}

/// Of slots in which some of several series have no row.
pub(crate) fn no_data_of(names: &[&str]) -> String {
    match names {
        [name] => says(format!("{name}: no data")),
        names => says(format!("no data of {} series", names.len())),
    }
}

/// Of days that are compared with.
pub(crate) fn no_data_in(days: &str) -> String {
    says(format!("no data: {days}"))
}

/// Of a span that lies in the future.
pub(crate) fn not_begun() -> &'static str {
    say("not begun")
}

/// Of a chart whose slots have not ended and have no row.
pub(crate) fn no_events_yet_word() -> &'static str {
    say("no events yet")
}

/// Before the first row of all.
pub(crate) fn no_data_before(slot: &str) -> String {
    says(format!("no data before {slot}"))
}

pub(crate) fn show_all() -> &'static str {
    say("Show all")
}

pub(crate) fn show_all_tip() -> &'static str {
    say("All of the range (Esc)")
}

pub(crate) fn view(view: View) -> &'static str {
    say(match view {
        View::ByEventType => "By event type",
        View::ByRegion => "By region",
        View::Overlay => "Overlay",
        View::Heatmap => "Heatmap",
        View::Live => "Live",
        View::Listeners => "Listeners",
        View::Table => "Table",
        View::Listening => "Listening",
        View::Songs => "Songs",
        View::Pipeline => "Pipeline",
        View::Rejects => "Rejects",
    })
}

/// Name and tip of the menu that chooses the view.
pub(crate) fn view_menu(view: View) -> [String; 2] {
    let name = format!("View: {}", self::view(view).to_lowercase());
    [name, "Choose a view (Ctrl 1 to Ctrl 7)".into()].map(says)
}

pub(crate) fn split(split: Split) -> &'static str {
    say(match split {
        Split::EventTypes => "Event types",
        Split::Regions => "Regions",
        Split::Both => "Both",
    })
}

/// Short form and spoken form.
pub(crate) fn range(range: Range) -> (&'static str, &'static str) {
    let (short, long) = match range {
        Range::Days7 => ("7 d", "Last 7 days"),
        Range::Days28 => ("28 d", "Last 28 days"),
        Range::Days90 => ("90 d", "Last 90 days"),
        Range::Year => ("1 y", "Last 365 days"),
        Range::All => ("All", "All days"),
        Range::Custom(_) => ("Custom", "Days of your choice (D)"),
    };
    (say(short), say(long))
}

/// Short form and spoken form.
pub(crate) fn hours(hours: Hours) -> (&'static str, &'static str) {
    let (short, long) = match hours {
        Hours::One => ("1 h", "Last hour"),
        Hours::Three => ("3 h", "Last 3 hours"),
        Hours::Six => ("6 h", "Last 6 hours"),
        Hours::Day => ("24 h", "Last 24 hours"),
    };
    (say(short), say(long))
}

/// How exact a number of listeners is.
pub(crate) fn listeners_note() -> String {
    let percent = crate::data::STANDARD_ERROR * 100.0;
    says(format!(
        "estimates, about ±{percent} %; over all event types; UTC days"
    ))
}

/// The same where there is little room.
pub(crate) fn listeners_note_in_short() -> String {
    let percent = crate::data::STANDARD_ERROR * 100.0;
    says(format!("estimates, ±{percent} %"))
}

pub(crate) fn list(list: List) -> &'static str {
    say(match list {
        List::EventTypes => "Event types",
        List::Regions => "Regions",
    })
}

pub(crate) fn column(column: Column, data: &Dataset) -> String {
    says(match (column, data.grain, data.measure) {
        (Column::Slot, Grain::Day, _) if data.zone.is_utc() => "Day (UTC)".into(),
        (Column::Slot, Grain::Day, _) => "Day".into(),
        (Column::Slot, Grain::Week, _) => "Week".into(),
        (Column::Slot, Grain::Month, _) => "Month".into(),
        (Column::Slot, Grain::Minute { .. }, _) => format!("Minute ({})", data.zone.clock()),
        (Column::EventType, ..) => "Event type".into(),
        (Column::Region, ..) => "Region".into(),
        (Column::Events, _, Measure::Events) => "Events".into(),
        (Column::Events, ..) => "Listeners".into(),
        (Column::Late, ..) => "Late".into(),
        (Column::State, ..) => "State".into(),
        (Column::Updated, ..) => "Updated (UTC)".into(),
        (Column::Mean, ..) => "7-day mean".into(),
        (Column::Share, ..) => "Share".into(),
        (Column::Days, ..) => "Days".into(),
    })
}

/// What a triangle below a day stands for.
pub(crate) fn late_mark() -> &'static str {
    say("late events")
}

/// What a column's numbers mean.
pub(crate) fn column_tip(column: Column) -> &'static str {
    say(match column {
        Column::Slot => "When the events happened",
        Column::EventType => "What listeners did",
        Column::Region => "Where they were",
        Column::Events => "How many there are, each counted once",
        Column::Late => "Those that came after the watermark had passed the end of their UTC day",
        Column::State => {
            "final: the watermark is past its end; not final: the watermark is not; over: there is no watermark, \
             or, of a minute, events of later minutes have arrived; so far: it has not ended"
        }
        Column::Updated => "When a rollup last changed the number",
        Column::Mean => {
            "Of the day and the six before it, as far as they are complete and have rows"
        }
        Column::Share => "Of what the chart of this row sums up to",
        Column::Days => "On how many whole days of it there is a row: today is not one yet",
    })
}

/// The figures of a series: title, and what it means.
pub(crate) fn figures(grain: Grain) -> [(&'static str, &'static str); 7] {
    match grain {
        Grain::Day => [
            ("Series", "Point at one and it stands out in the charts"),
            ("Sum", "All days on screen, the incomplete one too"),
            ("Last day", "The last complete day with a row"),
            ("Mean", "Mean of the complete days that have a row"),
            (
                "Change",
                "Against earlier days: see the line below the tabs",
            ),
            ("Min", "Smallest complete day"),
            ("Max", "Largest complete day"),
        ],
        Grain::Week => [
            ("Series", "Point at one and it stands out in the charts"),
            ("Sum", "All weeks on screen, the incomplete one too"),
            ("Last week", "The last complete week with a row"),
            ("Mean", "Mean of the complete weeks that have a row"),
            (
                "Change",
                "Against earlier weeks: see the line below the tabs",
            ),
            ("Min", "Smallest complete week"),
            ("Max", "Largest complete week"),
        ],
        Grain::Month => [
            ("Series", "Point at one and it stands out in the charts"),
            ("Sum", "All months on screen, the incomplete one too"),
            ("Last month", "The last complete month with a row"),
            ("Mean", "Mean of the complete months that have a row"),
            (
                "Change",
                "Against earlier months: see the line below the tabs",
            ),
            ("Min", "Smallest complete month"),
            ("Max", "Largest complete month"),
        ],
        Grain::Minute { .. } => [
            ("Series", "Point at one and it stands out in the chart"),
            ("Sum", "All minutes on screen, the incomplete ones too"),
            ("Last", "The last complete minute"),
            ("Mean", "Mean of the complete minutes"),
            (
                "Change",
                "Against a day before: see the line below the tabs",
            ),
            ("Min", "Smallest complete minute"),
            ("Max", "Largest complete minute"),
        ],
    }
    .map(|(title, tip)| (say(title), say(tip)))
}

pub(crate) fn change(change: Change) -> String {
    match change {
        Change::Nothing => "–".into(),
        Change::New => say("new").into(),
        Change::Share(share) => format::percent(share),
    }
}

/// A change that is smaller than the error of the estimates it is of; [`within_error_tip`] explains the parentheses.
pub(crate) fn within_error(change: &str) -> String {
    says(format!("({change})"))
}

pub(crate) fn within_error_tip() -> &'static str {
    say("In parentheses: the change is smaller than the error of the estimates")
}

pub(crate) fn listeners() -> &'static str {
    say("Listeners")
}

/// Where the table has an event type.
pub(crate) fn listeners_of_day() -> &'static str {
    say("listeners")
}

/// Names the characters that no font has, by their code points.
pub(crate) fn no_font(characters: &[char]) -> Option<[String; 2]> {
    const MOST: usize = 4;
    let codes = characters.iter().take(MOST);
    let codes: Vec<String> = codes.map(|c| format!("U+{:04X}", u32::from(*c))).collect();
    let more = match characters.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let count = i64::try_from(characters.len()).unwrap_or(i64::MAX);
    let count = format::count(count, "character", "characters");
    (!codes.is_empty()).then(|| {
        [
            format!("no font here for {}{more}", codes.join(", ")),
            format!("no font for {count}"),
        ]
        .map(says)
    })
}

pub(crate) fn commands() -> &'static str {
    say("Commands")
}

pub(crate) fn palette_tip() -> &'static str {
    say("Find any command by typing (Ctrl K)")
}

pub(crate) fn zone_tip() -> &'static str {
    say("Where the days begin and end (Z)")
}

pub(crate) fn keys_tip() -> &'static str {
    say("All keys (F1)")
}

pub(crate) fn reading() -> &'static str {
    say("Reading …")
}

pub(crate) fn no_listeners() -> &'static str {
    say("No listeners in these days")
}

pub(crate) fn no_listeners_words() -> &'static str {
    say("They are counted from the day on that the extension was updated.")
}

pub(crate) fn perhaps_no_right() -> &'static str {
    say("Perhaps this role may not read them, or the extension is older:")
}

pub(crate) fn dates() -> &'static str {
    say("Days of your choice")
}

pub(crate) fn dates_hint() -> &'static str {
    say("2026-03-01, 1 Mar 2026, 1.3.2026, today, yesterday, -28")
}

pub(crate) fn from_to() -> [&'static str; 2] {
    ["From", "To, included"].map(say)
}

pub(crate) fn too_long() -> &'static str {
    say("That is more than a century")
}

pub(crate) fn show() -> &'static str {
    say("Show")
}

pub(crate) fn cancel() -> &'static str {
    say("Cancel")
}

pub(crate) fn palette_hint() -> &'static str {
    say("Type a command, a zone, a name, or days")
}

pub(crate) fn zones_hint() -> &'static str {
    say("Type a zone: Berlin, Kathmandu …")
}

pub(crate) fn choose_zone() -> &'static str {
    say("Zone of the days …")
}

pub(crate) fn compare() -> &'static str {
    say("Compare with the days before")
}

pub(crate) fn zoom_in() -> &'static str {
    say("Zoom in")
}

pub(crate) fn zoom_out() -> &'static str {
    say("Zoom out")
}

pub(crate) fn refresh() -> &'static str {
    say("Read again now")
}

pub(crate) fn pause() -> &'static str {
    say("Pause, go on")
}

pub(crate) fn save_csv() -> &'static str {
    say("Save the rows of the table as CSV")
}

pub(crate) fn copy_csv() -> &'static str {
    say("Copy the rows of the table as CSV")
}

pub(crate) fn save_picture() -> &'static str {
    say("Save the window as a picture")
}

pub(crate) fn flip_theme() -> &'static str {
    say("Light or dark theme")
}

pub(crate) fn system_theme() -> &'static str {
    say("Theme as the desktop")
}

pub(crate) fn help() -> &'static str {
    say("Help")
}

/// Of the sections, in their order.
pub(crate) const SECTION_KEYS: [&str; 6] = ["Alt 1", "Alt 2", "Alt 3", "Alt 4", "Alt 5", "Alt 6"];
pub(crate) const VIEW_KEYS: [&str; 7] = [
    "Ctrl 1", "Ctrl 2", "Ctrl 3", "Ctrl 4", "Ctrl 5", "Ctrl 6", "Ctrl 7",
];
pub(crate) const RANGE_KEYS: [&str; 5] = ["1", "2", "3", "4", "5"];

pub(crate) fn show_view(view: View) -> String {
    says(format!("Show: {}", self::view(view).to_lowercase()))
}

pub(crate) fn show_days(days: &str) -> String {
    says(format!("Show {days}"))
}

pub(crate) fn split_title(split: Split) -> String {
    says(format!(
        "A line for each: {}",
        self::split(split).to_lowercase()
    ))
}

pub(crate) fn all_of(list: List) -> String {
    says(format!("{}: all", self::list(list)))
}

pub(crate) fn inverted(list: List) -> String {
    says(format!("{}: invert", self::list(list)))
}

pub(crate) fn alone(list: List, name: &str) -> String {
    says(format!("{}: {name} alone", self::list(list)))
}

pub(crate) fn live(hours: Hours) -> String {
    says(format!("Live: {}", self::hours(hours).1.to_lowercase()))
}

pub(crate) fn days_of_zone(zone: &str) -> String {
    says(match zone {
        "UTC" => "UTC days".into(),
        zone => format!("Days of {}", zone.replace('_', " ")),
    })
}

pub(crate) fn not_a_day(typed: &str) -> String {
    says(match typed.trim() {
        "" => "A day is missing".into(),
        typed => format!("“{typed}” is no day"),
    })
}

pub(crate) fn nothing_live(hours: Hours) -> String {
    says(format!(
        "No events in the {}",
        self::hours(hours).1.to_lowercase()
    ))
}

pub(crate) fn nothing_on_day(day: &str) -> String {
    says(format!("No events on {day}"))
}

pub(crate) fn lacking(minutes: bool) -> &'static str {
    say(match minutes {
        true => "The extension in this database has no live minutes",
        false => "The extension in this database has no listeners",
    })
}

pub(crate) fn nothing_found(zones: bool, has_zones: bool) -> &'static str {
    say(match zones && !has_zones {
        true => "This source has UTC days only",
        false => "Nothing has a name like that",
    })
}
