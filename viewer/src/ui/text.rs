//! What the window says.

use crate::{
    model::{
        data::{Dataset, DayState, Measure},
        format,
        grain::Grain,
        series::{Split, View},
        span::{Hours, Range},
        stats::Change,
        table::Column,
    },
    state::List,
};

pub(crate) const APP: &str = "musicstream";
pub(crate) const NO_DATA: &str = "no data";
pub(crate) const SHOW_ALL: &str = "Show all";
pub(crate) const SHOW_ALL_TIP: &str = "All of the range (Esc)";

pub(crate) fn view(view: View) -> &'static str {
    match view {
        View::ByEventType => "By event type",
        View::ByRegion => "By region",
        View::Overlay => "Overlay",
        View::Heatmap => "Heatmap",
        View::Live => "Live",
        View::Listeners => "Listeners",
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
        Range::Custom(_) => ("Custom", "Days of your choice (D)"),
    }
}

/// Short form and spoken form.
pub(crate) fn hours(hours: Hours) -> (&'static str, &'static str) {
    match hours {
        Hours::One => ("1 h", "Last hour"),
        Hours::Three => ("3 h", "Last 3 hours"),
        Hours::Six => ("6 h", "Last 6 hours"),
        Hours::Day => ("24 h", "Last 24 hours"),
    }
}

/// How exact a number of listeners is.
pub(crate) fn listeners_note() -> String {
    let percent = crate::model::wish::STANDARD_ERROR * 100.0;
    format!("estimates, about ±{percent} %; over all event types; UTC days")
}

/// What a stretch without any row says.
pub(crate) fn no_data(grain: Grain) -> &'static str {
    match grain {
        Grain::Day => NO_DATA,
        Grain::Minute { .. } => "no events",
    }
}

pub(crate) fn list(list: List) -> &'static str {
    match list {
        List::EventTypes => "Event types",
        List::Regions => "Regions",
    }
}

pub(crate) fn column(column: Column, data: &Dataset) -> String {
    match (column, data.grain, data.measure) {
        (Column::Day, Grain::Day, _) if data.zone.is_utc() => "Day (UTC)".into(),
        (Column::Day, Grain::Day, _) => "Day".into(),
        (Column::Day, Grain::Minute { .. }, _) => format!("Minute ({})", data.zone.clock()),
        (Column::EventType, ..) => "Event type".into(),
        (Column::Region, ..) => "Region".into(),
        (Column::Events, _, Measure::Events) => "Events".into(),
        (Column::Events, _, Measure::Listeners) => "Listeners".into(),
        (Column::Late, ..) => "Late".into(),
        (Column::State, ..) => "State".into(),
        (Column::Updated, ..) => "Updated (UTC)".into(),
    }
}

/// What a column's numbers mean.
pub(crate) fn column_tip(column: Column) -> &'static str {
    match column {
        Column::Day => "When the events happened",
        Column::EventType => "What listeners did",
        Column::Region => "Where they were",
        Column::Events => "How many there are, each counted once",
        Column::Late => "Those that came after the streams were past the end of their UTC day",
        Column::State => {
            "final: the streams are past its end; not final: they are not; so far: it has not ended"
        }
        Column::Updated => "When a rollup last changed the number",
    }
}

/// The figures of a series: title, and what it means.
pub(crate) fn figures(grain: Grain) -> [(&'static str, &'static str); 7] {
    match grain {
        Grain::Day => [
            ("Series", "Point at one and it stands out in the charts"),
            ("Sum", "All days on screen, the incomplete one too"),
            ("Last day", "The last complete day with a row"),
            ("Mean", "Mean of the complete days that have a row"),
            ("Change", "Complete days against the same weekdays before"),
            ("Min", "Smallest complete day"),
            ("Max", "Largest complete day"),
        ],
        Grain::Minute { .. } => [
            ("Series", "Point at one and it stands out in the chart"),
            ("Sum", "All minutes on screen, the incomplete ones too"),
            ("Last", "The last complete minute"),
            ("Mean", "Mean of the complete minutes"),
            (
                "Change",
                "Complete minutes against the same minutes a day before",
            ),
            ("Min", "Smallest complete minute"),
            ("Max", "Largest complete minute"),
        ],
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

pub(crate) const LISTENERS: &str = "Listeners";

/// What a change is against, as long as there is room for.
pub(crate) fn against(change: Change, grain: Grain, shift: i32, width: f32) -> String {
    match (change, grain) {
        (Change::Nothing, _) if width > 190.0 => "nothing to compare with".into(),
        (Change::Nothing, _) => "no comparison".into(),
        (_, Grain::Minute { .. }) if width > 230.0 => "against the same minutes yesterday".into(),
        (_, Grain::Minute { .. }) => "vs a day before".into(),
        _ if width > 230.0 => format!("against the {shift} days before"),
        _ if width > 150.0 => format!("vs {shift} days before"),
        _ => format!("vs prior {shift} d"),
    }
}

/// Which characters of names stay boxes, by their numbers, since they cannot be shown.
pub(crate) fn no_font(characters: &[char]) -> Option<String> {
    const MOST: usize = 4;
    let codes = characters.iter().take(MOST);
    let codes: Vec<String> = codes.map(|c| format!("U+{:04X}", u32::from(*c))).collect();
    let more = match characters.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!codes.is_empty()).then(|| format!("no font here for {}{more}", codes.join(", ")))
}

pub(crate) const COMMANDS: &str = "Commands";
pub(crate) const PALETTE_TIP: &str = "Find any command by typing (Ctrl K)";
pub(crate) const ZONE_TIP: &str = "Where the days begin and end (Z)";
pub(crate) const KEYS_TIP: &str = "All keys (F1)";
pub(crate) const READING: &str = "Reading …";
pub(crate) const NO_LISTENERS: &str = "No listeners in these days";
pub(crate) const NO_LISTENERS_WORDS: &str =
    "They are counted from the day on that the extension was updated.";
pub(crate) const PERHAPS_NO_RIGHT: &str =
    "Perhaps this role may not read them, or it is an older one:";
pub(crate) const DATES: &str = "Days of your choice";
pub(crate) const DATES_HINT: &str = "2026-03-01, 1 Mar 2026, 1.3.2026, today, yesterday, -28";
pub(crate) const FROM_TO: [&str; 2] = ["From", "To, included"];
pub(crate) const TOO_LONG: &str = "That is more than a century";
pub(crate) const SHOW: &str = "Show";
pub(crate) const CANCEL: &str = "Cancel";
pub(crate) const PALETTE_HINT: &str = "Type a command, a zone, a name, or days";
pub(crate) const ZONES_HINT: &str = "Type a zone: Berlin, Kathmandu …";
pub(crate) const CHOOSE_ZONE: &str = "Zone of the days …";
pub(crate) const COMPARE: &str = "Compare with the days before";
pub(crate) const ZOOM_IN: &str = "Zoom in";
pub(crate) const ZOOM_OUT: &str = "Zoom out";
pub(crate) const REFRESH: &str = "Read again now";
pub(crate) const PAUSE: &str = "Pause, go on";
pub(crate) const SAVE_CSV: &str = "Save the rows of the table as CSV";
pub(crate) const COPY_CSV: &str = "Copy the rows of the table as CSV";
pub(crate) const SAVE_PICTURE: &str = "Save the window as a picture";
pub(crate) const FLIP_THEME: &str = "Light or dark theme";
pub(crate) const SYSTEM_THEME: &str = "Theme as the desktop";
pub(crate) const HELP: &str = "Help";
pub(crate) const VIEW_KEYS: [&str; 7] = [
    "Ctrl 1", "Ctrl 2", "Ctrl 3", "Ctrl 4", "Ctrl 5", "Ctrl 6", "Ctrl 7",
];
pub(crate) const RANGE_KEYS: [&str; 5] = ["1", "2", "3", "4", "5"];

pub(crate) fn show_view(view: View) -> String {
    format!("Show: {}", self::view(view).to_lowercase())
}

pub(crate) fn show_days(days: &str) -> String {
    format!("Show {days}")
}

pub(crate) fn split_title(split: Split) -> String {
    format!("A line for each: {}", self::split(split).to_lowercase())
}

pub(crate) fn live(hours: Hours) -> String {
    format!("Live: {}", self::hours(hours).1.to_lowercase())
}

pub(crate) fn days_of_zone(zone: &str) -> String {
    match zone {
        "UTC" => "UTC days".into(),
        zone => format!("Days of {}", zone.replace('_', " ")),
    }
}

pub(crate) fn not_a_day(typed: &str) -> String {
    match typed.trim() {
        "" => "A day is missing".into(),
        typed => format!("“{typed}” is no day"),
    }
}

pub(crate) fn nothing_live(hours: Hours) -> String {
    format!("No events in the {}", self::hours(hours).1.to_lowercase())
}

pub(crate) fn lacking(minutes: bool) -> &'static str {
    match minutes {
        true => "The extension in this database has no live minutes",
        false => "The extension in this database has no listeners",
    }
}

pub(crate) fn nothing_found(zones: bool, scene: &super::app::Scene<'_>) -> &'static str {
    match zones && scene.latest.can.zone_names.is_empty() {
        true => "This source has UTC days only",
        false => "Nothing has a name like that",
    }
}

/// Keys and what they do, for the help.
pub(crate) const KEYS: [(&str, &str); 21] = [
    ("Ctrl K, Ctrl P", "Find any command, zone or name by typing"),
    (
        "1 … 5",
        "7, 28, 90 days, 1 year, all; 1, 3, 6, 24 hours when live",
    ),
    ("D", "Type the days to look at"),
    ("Z", "Choose the zone of the days"),
    (
        "Ctrl 1 … 7",
        "By event type, region, overlay, heatmap, live, listeners, table",
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
