//! What the user has chosen, and what each command makes of it. Nothing here knows the toolkit.

use crate::model::{
    data::Dataset,
    day::Day,
    filter::Filter,
    grain::{Grain, UTC},
    palette::Palette,
    series::{Split, View},
    span::{Hours, Range, Span},
    table::{Column, Sort},
};
use serde::{Deserialize, Serialize};

/// Light, dark, or what the desktop says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Theme {
    /// As the desktop.
    #[default]
    System,
    /// Dark on white.
    Light,
    /// Light on dark.
    Dark,
}

/// One of the two lists that can be filtered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Event types.
    EventTypes,
    /// Regions.
    Regions,
}

/// Something the user asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Show another view.
    Show(View),
    /// What the lines of the overlay stand for.
    SplitBy(Split),
    /// Look back so far.
    Look(Range),
    /// Look back so far by minute.
    LookLive(Hours),
    /// Days of this zone.
    SetZone(String),
    /// Look at these days only.
    Zoom(Span),
    /// Closer (below 1) or wider (above 1), around the cursor's day or the last one.
    ZoomBy(f64),
    /// The same around this day.
    ZoomAround(Day, f64),
    /// Earlier or later by so many days.
    Move(i32),
    /// Back to all days of the range.
    ResetZoom,
    /// The day cursor, by so many days; it starts at the last day.
    MoveCursor(i32),
    /// The day cursor on a day, or away.
    SetCursor(Option<Day>),
    /// One name over.
    Toggle(List, String),
    /// This name alone, or all again.
    Only(List, String),
    /// Every name on.
    All(List),
    /// Every name off.
    None(List),
    /// Every name over.
    Invert(List),
    /// Sort the table by a column.
    SortBy(Column),
    /// Read again now.
    Refresh,
    /// Draw the days before too, or not.
    ToggleCompare,
    /// Stop reading, or go on.
    TogglePause,
    /// Light, dark, system.
    SetTheme(Theme),
    /// The other one of light and dark, from the one that is on screen.
    FlipTheme {
        /// What is on screen.
        dark: bool,
    },
    /// Show or hide the help.
    ToggleHelp,
    /// Write the table's rows to a file.
    SaveCsv,
    /// Copy the table's rows.
    CopyCsv,
    /// Write the window to a picture.
    SavePicture,
}

/// What a command asks of the world outside of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Read again now.
    Refresh,
    /// The state's `paused` changed.
    PauseChanged,
    /// Write the rows to a file.
    SaveCsv,
    /// Copy the rows.
    CopyCsv,
    /// Write a picture.
    SavePicture,
}

/// What the user has chosen. What is worth keeping until the next start is saved; no address and no
/// password is part of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// What the centre shows.
    pub view: View,
    /// What the lines of the overlay stand for.
    pub split: Split,
    /// How far back.
    pub range: Range,
    /// How far back by minute.
    pub hours: Hours,
    /// Zone of the days, as Postgres calls it.
    pub zone: String,
    /// Event types that are on.
    pub event_types: Filter,
    /// Regions that are on.
    pub regions: Filter,
    /// The days before are drawn too.
    pub compare: bool,
    /// Order of the table.
    pub sort: Sort,
    /// Light or dark.
    pub theme: Theme,
    /// Colours of event types.
    pub event_type_colors: Palette,
    /// Colours of regions.
    pub region_colors: Palette,
    /// Days zoomed in on.
    pub zoom: Option<Span>,
    /// Minutes zoomed in on; at the next start they are long past.
    #[serde(skip)]
    pub live_zoom: Option<Span>,
    /// The day whose numbers are read with the keyboard.
    #[serde(skip)]
    pub cursor: Option<Day>,
    /// Not reading.
    #[serde(skip)]
    pub paused: bool,
    /// The help is open.
    #[serde(skip)]
    pub help: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            view: View::default(),
            split: Split::default(),
            range: Range::default(),
            hours: Hours::default(),
            zone: UTC.into(),
            event_types: Filter::default(),
            regions: Filter::default(),
            compare: false,
            sort: Sort::default(),
            theme: Theme::default(),
            event_type_colors: Palette::default(),
            region_colors: Palette::default(),
            zoom: None,
            live_zoom: None,
            cursor: None,
            paused: false,
            help: false,
        }
    }
}

impl State {
    /// All days of the range, or minutes.
    pub fn full_span(&self, data: &Dataset) -> Option<Span> {
        match data.grain {
            Grain::Day => Some(self.range.span(data.bounds()?, data.today())),
            Grain::Minute { .. } => Some(self.hours.span(data.today())),
        }
    }

    fn zoom(&mut self, data: &Dataset) -> &mut Option<Span> {
        match data.grain {
            Grain::Day => &mut self.zoom,
            Grain::Minute { .. } => &mut self.live_zoom,
        }
    }

    /// The days on screen.
    pub fn span(&self, data: &Dataset) -> Option<Span> {
        let full = self.full_span(data)?;
        let zoom = match data.grain {
            Grain::Day => self.zoom,
            Grain::Minute { .. } => self.live_zoom,
        };
        Some(zoom.and_then(|zoom| zoom.intersect(full)).unwrap_or(full))
    }

    /// Gives new names their colours.
    pub fn meet(&mut self, data: &Dataset) {
        self.region_colors.assign(&data.regions);
        self.event_type_colors.assign(&data.event_types);
    }

    /// Whether the same numbers are on screen in both: the cursor, the theme and the like do not matter.
    pub fn shows_the_same(&self, other: &Self) -> bool {
        (self.view, self.split, self.range, self.zoom, self.sort)
            == (other.view, other.split, other.range, other.zoom, other.sort)
            && (self.hours, self.live_zoom) == (other.hours, other.live_zoom)
            && self.event_types == other.event_types
            && self.regions == other.regions
    }

    /// Which list gives the lines on screen their colours.
    pub fn colored(&self) -> List {
        match (self.view, self.split) {
            (View::ByEventType | View::Heatmap | View::Listeners, _)
            | (View::Overlay | View::Live, Split::Regions | Split::Both) => List::Regions,
            _ => List::EventTypes,
        }
    }

    /// Colours of the names in a list.
    pub fn colors(&self, list: List) -> &Palette {
        match list {
            List::EventTypes => &self.event_type_colors,
            List::Regions => &self.region_colors,
        }
    }

    /// Does what a command asks; what it cannot do itself it hands back.
    pub fn apply(&mut self, command: Command, data: &Dataset) -> Option<Effect> {
        match command {
            Command::Show(view) => {
                if (view == View::Live) != (self.view == View::Live) {
                    self.cursor = None;
                }
                self.view = view;
            }
            Command::SplitBy(split) => self.split = split,
            Command::Look(range) => {
                self.range = range;
                self.zoom = None;
            }
            Command::LookLive(hours) => {
                self.hours = hours;
                self.live_zoom = None;
            }
            Command::SetZone(zone) => self.zone = zone,
            Command::Zoom(span) => *self.zoom(data) = Some(span),
            Command::ResetZoom => *self.zoom(data) = None,
            Command::ZoomBy(factor) => {
                if let Some(span) = self.span(data) {
                    let around = self
                        .cursor
                        .filter(|day| span.contains(*day))
                        .unwrap_or(span.last);
                    self.zoom_around(around, factor, data);
                }
            }
            Command::ZoomAround(day, factor) => self.zoom_around(day, factor, data),
            Command::Move(days) => {
                if let (Some(full), Some(span)) = (self.full_span(data), self.span(data)) {
                    let moved = span.moved(days, full);
                    *self.zoom(data) = (moved != full).then_some(moved);
                }
            }
            Command::MoveCursor(by) => {
                if let Some(span) = self.span(data) {
                    let day = self.cursor.map_or(span.last, |day| day.plus(by));
                    self.cursor = Some(day.clamp(span.first, span.last));
                }
            }
            Command::SetCursor(day) => self.cursor = day,
            Command::Toggle(list, name) => self.filter(list).toggle(&name),
            Command::Only(list, name) => self.filter(list).only(&name, names(list, data)),
            Command::All(list) => self.filter(list).all(),
            Command::None(list) => self.filter(list).none(names(list, data)),
            Command::Invert(list) => self.filter(list).invert(names(list, data)),
            Command::SortBy(column) => self.sort = self.sort.clicked(column),
            Command::SetTheme(theme) => self.theme = theme,
            Command::FlipTheme { dark } => {
                self.theme = if dark { Theme::Light } else { Theme::Dark }
            }
            Command::ToggleCompare => self.compare = !self.compare,
            Command::ToggleHelp => self.help = !self.help,
            Command::TogglePause => {
                self.paused = !self.paused;
                return Some(Effect::PauseChanged);
            }
            Command::Refresh => return Some(Effect::Refresh),
            Command::SaveCsv => return Some(Effect::SaveCsv),
            Command::CopyCsv => return Some(Effect::CopyCsv),
            Command::SavePicture => return Some(Effect::SavePicture),
        }
        None
    }

    fn zoom_around(&mut self, day: Day, factor: f64, data: &Dataset) {
        if let (Some(full), Some(span)) = (self.full_span(data), self.span(data)) {
            let zoomed = span.zoomed(day, factor, full);
            *self.zoom(data) = (zoomed != full).then_some(zoomed);
        }
    }

    fn filter(&mut self, list: List) -> &mut Filter {
        match list {
            List::EventTypes => &mut self.event_types,
            List::Regions => &mut self.regions,
        }
    }
}

fn names(list: List, data: &Dataset) -> &[String] {
    match list {
        List::EventTypes => &data.event_types,
        List::Regions => &data.regions,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        data::tests::{noon, row},
        grain::Zone,
    };

    fn data() -> Dataset {
        Dataset::new(
            (0..100).map(|day| row(day, "play", "EU", 1)).collect(),
            noon(99),
        )
    }

    #[test]
    fn a_range_replaces_a_zoom() {
        let (mut state, data) = (State::default(), data());
        state.apply(Command::Zoom(Span::new(Day(80), Day(85))), &data);
        assert_eq!(state.span(&data), Some(Span::new(Day(80), Day(85))));
        state.apply(Command::Look(Range::Days7), &data);
        assert_eq!(state.span(&data), Some(Span::new(Day(93), Day(99))));
    }

    #[test]
    fn a_zoom_stays_where_it_is_when_a_day_is_added() {
        let mut state = State::default();
        let zoom = Span::new(Day(80), Day(85));
        state.apply(Command::Zoom(zoom), &data());
        let tomorrow = Dataset::new(
            (0..101).map(|day| row(day, "play", "EU", 1)).collect(),
            noon(100),
        );
        assert_eq!(state.span(&tomorrow), Some(zoom));
    }

    #[test]
    fn days_and_minutes_have_a_zoom_each() {
        let minutes = Dataset::default().by_minute(Zone::default());
        let (mut state, data) = (State::default(), data());
        state.apply(Command::Show(View::Live), &data);
        let hour = Hours::One.span(minutes.today());
        state.apply(Command::LookLive(Hours::One), &minutes);
        assert_eq!(state.span(&minutes), Some(hour));
        let zoom = Span::new(hour.first, hour.first.plus(9));
        state.apply(Command::Zoom(zoom), &minutes);
        assert_eq!(state.span(&minutes), Some(zoom));
        assert_eq!(state.zoom, None);
        state.apply(Command::ResetZoom, &minutes);
        assert_eq!(state.span(&minutes), Some(hour));
    }

    #[test]
    fn zooming_all_the_way_out_is_no_zoom() {
        let (mut state, data) = (State::default(), data());
        state.apply(Command::ZoomBy(0.5), &data);
        assert_eq!(state.span(&data).map(Span::days), Some(14));
        state.apply(Command::Move(-3), &data);
        assert_eq!(state.span(&data).map(|span| span.last), Some(Day(96)));
        state.apply(Command::ZoomBy(9.0), &data);
        assert_eq!(state.zoom, None);
    }

    #[test]
    fn the_cursor_starts_at_the_last_day_and_stays_inside() {
        let (mut state, data) = (State::default(), data());
        state.apply(Command::MoveCursor(-1), &data);
        assert_eq!(state.cursor, Some(Day(99)));
        state.apply(Command::MoveCursor(-1), &data);
        assert_eq!(state.cursor, Some(Day(98)));
        state.apply(Command::MoveCursor(-99), &data);
        assert_eq!(state.cursor, Some(Day(72)), "the first of 28 days");
    }

    #[test]
    fn pausing_and_reading_are_for_the_source() {
        let (mut state, data) = (State::default(), data());
        assert_eq!(
            state.apply(Command::TogglePause, &data),
            Some(Effect::PauseChanged)
        );
        assert!(state.paused);
        assert_eq!(state.apply(Command::Refresh, &data), Some(Effect::Refresh));
        assert_eq!(state.apply(Command::Show(View::Table), &data), None);
    }

    #[test]
    fn only_leaves_one_and_brings_all_back() {
        let data = Dataset::new(
            vec![row(0, "play", "EU", 1), row(0, "play", "US", 1)],
            noon(0),
        );
        let mut state = State::default();
        let only = Command::Only(List::Regions, "US".into());
        state.apply(only.clone(), &data);
        assert!(!state.regions.is_on("EU") && state.regions.is_on("US"));
        state.apply(only, &data);
        assert!(state.regions.is_all());
    }
}
