//! The user's choices, and how commands change them. Independent of the GUI toolkit.

use super::{
    colors::ColorSlots,
    command::{Command, Effect, List, Theme},
    options::{Bucket, ChartOptions},
    range::{Hours, Range},
    reports::Choices,
    view::{Split, View},
};
use crate::{
    calendar::{Day, Grain, Slot, Span, UTC},
    data::{Dataset, Filter, Sort},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::LazyLock};

/// Drilling into a minute zooms to its hour while more minutes than this are on screen.
const MINUTES_AN_HOUR: usize = 60;

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
    /// Length of a slot, in views that can add days up.
    pub bucket: Bucket,
    /// How charts draw their numbers.
    pub options: ChartOptions,
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
    /// The figures of the series are folded away.
    pub figures_folded: bool,
    /// What is chosen on reports.
    pub reports: Choices,
    /// Light or dark.
    pub theme: Theme,
    /// Colours of names, by the source that has them.
    pub colors: BTreeMap<String, Colors>,
    /// The source that is shown.
    #[serde(skip)]
    pub source: String,
    /// Days zoomed in on.
    pub zoom: Option<Span<Day>>,
    /// Minutes zoomed in on; at the next start they are long past.
    #[serde(skip)]
    pub live_zoom: Option<Span>,
    /// The day whose minutes are shown, and the view that they were asked for in.
    #[serde(skip)]
    pub drilled: Option<(Day, View)>,
    /// The minutes whose single events are shown.
    #[serde(skip)]
    pub events: Option<Span>,
    /// The slot whose numbers are read with the keyboard.
    #[serde(skip)]
    pub cursor: Option<Slot>,
    /// Not reading.
    #[serde(skip)]
    pub paused: bool,
    /// The help is open.
    #[serde(skip)]
    pub help: bool,
}

/// Colours of the names of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Colors {
    /// Of event types.
    pub event_types: ColorSlots,
    /// Of regions.
    pub regions: ColorSlots,
}

impl Default for State {
    fn default() -> Self {
        Self {
            view: View::default(),
            split: Split::default(),
            range: Range::default(),
            hours: Hours::default(),
            bucket: Bucket::default(),
            options: ChartOptions::default(),
            zone: UTC.into(),
            event_types: Filter::default(),
            regions: Filter::default(),
            compare: false,
            sort: Sort::default(),
            figures_folded: false,
            reports: Choices::default(),
            theme: Theme::default(),
            colors: BTreeMap::new(),
            source: String::new(),
            zoom: None,
            live_zoom: None,
            drilled: None,
            events: None,
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
            minutes @ Grain::Minute { .. } => Some(match self.drilled {
                Some((day, _)) => minutes.slots(Span {
                    first: day,
                    last: day,
                }),
                None => self.hours.span(data.current()),
            }),
            days => {
                let today = data.today();
                let alone = self.view.needs_no_events();
                let bounds = data
                    .day_bounds()
                    .or_else(|| alone.then(|| Span::new(today, today)))?;
                let range = self.range.span(bounds, today);
                // The first and the last slot are whole, so that their numbers do not depend on the range.
                Some(days.slots(range))
            }
        }
    }

    fn set_zoom(&mut self, zoom: Option<Span>, data: &Dataset) {
        match data.grain {
            Grain::Minute { .. } => self.live_zoom = zoom,
            days => self.zoom = zoom.map(|zoom| days.days(zoom)),
        }
    }

    /// The days or minutes on screen.
    pub fn span(&self, data: &Dataset) -> Option<Span> {
        let full = self.full_span(data)?;
        let zoom = match data.grain {
            Grain::Minute { .. } => self.live_zoom,
            days => self.zoom.map(|zoom| days.slots(zoom)),
        };
        Some(zoom.and_then(|zoom| zoom.intersect(full)).unwrap_or(full))
    }

    /// Gives new names their colours.
    pub fn assign_colors(&mut self, data: &Dataset) {
        let colors = self.colors.entry(self.source.clone()).or_default();
        colors.regions.assign(&data.regions);
        colors.event_types.assign(&data.event_types);
    }

    /// Whether both show the same numbers. Cursor, theme and the like are ignored.
    pub fn shows_the_same(&self, other: &Self) -> bool {
        (self.view, self.split, self.range, self.zoom, self.sort)
            == (other.view, other.split, other.range, other.zoom, other.sort)
            && (self.hours, self.live_zoom) == (other.hours, other.live_zoom)
            && self.drilled == other.drilled
            && (self.shown_bucket(), self.drawn()) == (other.shown_bucket(), other.drawn())
            && self.event_types == other.event_types
            && self.regions == other.regions
    }

    /// Which list gives the lines on screen their colours.
    pub fn colored(&self) -> List {
        match (self.view, self.split) {
            (View::ByEventType | View::Heatmap | View::Listeners | View::Listening, _)
            | (View::Overlay | View::Live, Split::Regions | Split::Both) => List::Regions,
            _ => List::EventTypes,
        }
    }

    /// Colours of the names in a list.
    pub fn colors(&self, list: List) -> &ColorSlots {
        static NONE: LazyLock<Colors> = LazyLock::new(Colors::default);
        let colors = self.colors.get(&self.source).unwrap_or(&NONE);
        match list {
            List::EventTypes => &colors.event_types,
            List::Regions => &colors.regions,
        }
    }

    /// Applies a command. Returns the effect that is left to do outside of the state.
    pub fn apply(&mut self, command: Command, data: &Dataset) -> Option<Effect> {
        match command {
            Command::Show(view) => {
                let (was_live, bucket) = (self.view == View::Live, self.shown_bucket());
                self.view = view;
                if was_live != (view == View::Live) || bucket != self.shown_bucket() {
                    self.cursor = None;
                }
                self.drilled = None;
            }
            Command::SetBucket(bucket) => self.set_bucket(bucket),
            Command::NextBucket => self.set_bucket(self.bucket.next()),
            Command::ToggleMean => self.options.mean = !self.options.mean,
            Command::ToggleShare => self.options.share = !self.options.share,
            Command::ToggleLog => self.options.log = !self.options.log,
            Command::ToggleSameScale => self.options.same_scale = !self.options.same_scale,
            Command::SetTop(top) => self.options.top = top,
            Command::OrderBy(order) => self.options.order = order,
            Command::SplitBy(split) => self.split = split,
            Command::Look(range) => {
                self.range = range;
                self.zoom = None;
            }
            Command::LookLive(hours) => {
                self.hours = hours;
                self.live_zoom = None;
                self.drilled = None;
            }
            Command::DrillInto(slot) => self.drill_into(slot, data),
            Command::DrillOut => match (self.events, self.live_zoom, self.drilled) {
                (Some(_), ..) => self.events = None,
                (_, Some(_), _) => self.live_zoom = None,
                (_, _, Some((day, view))) => {
                    self.view = view;
                    self.drilled = None;
                    self.cursor = Some(Grain::Day.slot(day));
                }
                _ => {}
            },
            Command::ShowEvents(minutes) => self.events = minutes,
            Command::SetZone(zone) => self.zone = zone,
            Command::Zoom(span) => self.set_zoom(Some(span), data),
            Command::ResetZoom => self.set_zoom(None, data),
            Command::ZoomBy(factor) => {
                if let Some(span) = self.span(data) {
                    let around = self
                        .cursor
                        .filter(|slot| span.contains(*slot))
                        .unwrap_or(span.last);
                    self.zoom_around(around, factor, data);
                }
            }
            Command::ZoomAround(slot, factor) => self.zoom_around(slot, factor, data),
            Command::Move(by) => {
                if let (Some(full), Some(span)) = (self.full_span(data), self.span(data)) {
                    let moved = span.moved(by, full);
                    self.set_zoom((moved != full).then_some(moved), data);
                }
            }
            Command::MoveCursor(by) => {
                if let Some(span) = self.span(data) {
                    let slot = self.cursor.map_or(span.last, |slot| slot.plus(by));
                    self.cursor = Some(slot.clamp(span.first, span.last));
                }
            }
            Command::SetCursor(slot) => self.cursor = slot,
            Command::Toggle(list, name) => self.filter(list).toggle(&name),
            Command::Only(list, name) => self.filter(list).only(&name, names(list, data)),
            Command::All(list) => self.filter(list).all(),
            Command::None(list) => self.filter(list).none(names(list, data)),
            Command::Invert(list) => self.filter(list).invert(names(list, data)),
            Command::SortBy(column) => self.sort = self.sort.clicked(column),
            Command::Choose(choice) => self.reports.choose(choice),
            Command::SetTheme(theme) => self.theme = theme,
            Command::FlipTheme { dark } => {
                self.theme = if dark { Theme::Light } else { Theme::Dark }
            }
            Command::ToggleCompare => self.compare = !self.compare,
            Command::FoldFigures => self.figures_folded = !self.figures_folded,
            Command::ToggleHelp => self.help = !self.help,
            Command::TogglePause => {
                self.paused = !self.paused;
                return Some(Effect::PauseChanged);
            }
            Command::Refresh => return Some(Effect::Refresh),
            Command::SaveCsv => return Some(Effect::SaveCsv),
            Command::CopyCsv => return Some(Effect::CopyCsv),
            Command::SavePicture => return Some(Effect::SavePicture),
            Command::CopyCommandLine => return Some(Effect::CopyCommandLine),
            Command::SaveView(name) => return Some(Effect::SaveView(name)),
            Command::ShowSaved(name) => return Some(Effect::ShowSaved(name)),
            Command::ForgetView(name) => return Some(Effect::ForgetView(name)),
        }
        None
    }

    fn set_bucket(&mut self, bucket: Bucket) {
        if bucket != self.bucket {
            // The cursor is a slot number, which means another time with other slots.
            self.cursor = None;
        }
        self.bucket = bucket;
    }

    fn drill_into(&mut self, slot: Slot, data: &Dataset) {
        let minutes = match data.grain {
            minutes @ Grain::Minute { .. } => minutes,
            buckets @ (Grain::Week | Grain::Month) => {
                // First zoom to the days of the week or month.
                self.zoom = Some(buckets.days(Span::new(slot, slot)));
                self.set_bucket(Bucket::Day);
                return;
            }
            days => {
                self.drilled = Some((days.day(slot), self.view));
                self.view = View::Live;
                (self.live_zoom, self.cursor) = (None, None);
                return;
            }
        };
        match self.span(data) {
            Some(span) if span.count() > MINUTES_AN_HOUR => {
                self.live_zoom = Some(minutes.hour(slot));
                self.cursor = None;
            }
            _ => self.events = Some(Span::new(slot, slot)),
        }
    }

    fn zoom_around(&mut self, slot: Slot, factor: f64, data: &Dataset) {
        if let (Some(full), Some(span)) = (self.full_span(data), self.span(data)) {
            let zoomed = span.zoomed(slot, factor, full);
            self.set_zoom((zoomed != full).then_some(zoomed), data);
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
    use crate::{
        calendar::Zone,
        data::tests::{noon, row},
        page::reports::listeners::Part,
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
        state.apply(Command::Zoom(Span::new(Slot(80), Slot(85))), &data);
        assert_eq!(state.span(&data), Some(Span::new(Slot(80), Slot(85))));
        state.apply(Command::Look(Range::Days7), &data);
        assert_eq!(state.span(&data), Some(Span::new(Slot(93), Slot(99))));
    }

    #[test]
    fn a_zoom_stays_where_it_is_when_a_day_is_added() {
        let mut state = State::default();
        let zoom = Span::new(Slot(80), Slot(85));
        state.apply(Command::Zoom(zoom), &data());
        let tomorrow = Dataset::new(
            (0..101).map(|day| row(day, "play", "EU", 1)).collect(),
            noon(100),
        );
        assert_eq!(state.span(&tomorrow), Some(zoom));
    }

    #[test]
    fn days_and_minutes_have_a_zoom_each() {
        let minutes = Dataset::default().by_minute(Zone::default(), &[]);
        let (mut state, data) = (State::default(), data());
        state.apply(Command::Show(View::Live), &data);
        let hour = Hours::One.span(minutes.current());
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
        assert_eq!(state.span(&data).map(Span::count), Some(14));
        state.apply(Command::Move(-3), &data);
        assert_eq!(state.span(&data).map(|span| span.last), Some(Slot(96)));
        state.apply(Command::ZoomBy(9.0), &data);
        assert_eq!(state.zoom, None);
    }

    #[test]
    fn the_cursor_starts_at_the_last_day_and_stays_inside() {
        let (mut state, data) = (State::default(), data());
        state.apply(Command::MoveCursor(-1), &data);
        assert_eq!(state.cursor, Some(Slot(99)));
        state.apply(Command::MoveCursor(-1), &data);
        assert_eq!(state.cursor, Some(Slot(98)));
        state.apply(Command::MoveCursor(-99), &data);
        assert_eq!(state.cursor, Some(Slot(72)), "the first of 28 days");
    }

    /// Daily listeners have the largest names alone; the other numbers of listeners have all of them.
    #[test]
    fn a_part_with_other_options_shows_something_else() {
        let mut day = State {
            view: View::Listeners,
            ..State::default()
        };
        let week = |day: &State| {
            let mut week = day.clone();
            week.reports.listeners = Part::Week;
            week
        };
        assert!(day.shows_the_same(&week(&day)), "the events of the page");
        day.options.top = Some(1);
        assert!(!day.shows_the_same(&week(&day)));
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
