//! Ties state, numbers and drawing together.

use super::{inputs::Inputs, keys, memory::Memory, new_file, panels, reports, text, theme};
use crate::{
    calendar::{Grain, Micros},
    command_line,
    data::{Dataset, Measure, Request},
    names::{Names, UnknownName},
    page::{Command, Drawing, Effect, Page, State, Theme, View, csv, request_of},
    saved::SavedViews,
    source::{self, Feed, Health, Latest},
};
use egui::{ThemePreference, Ui};
use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

/// How often [`App::settle`] asks the source at most: for days, for what depends on them, and once more.
const MOST_ASKED: usize = 3;

/// The clock: that of the machine for a window, a fixed time for pictures.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Always this instant.
    Fixed(Micros),
}

impl Clock {
    fn now(self) -> Micros {
        match self {
            Self::System => source::now(),
            Self::Fixed(at) => at,
        }
    }
}

/// The window's contents.
pub struct App {
    feed: Feed,
    latest: Latest,
    data: Arc<Dataset>,
    /// The daily numbers in the buckets of the view.
    events: Arc<Dataset>,
    shown: Arc<Dataset>,
    /// What the source was asked for the last time.
    asked: Request,
    state: State,
    page: Option<Page>,
    stale: bool,
    clock: Clock,
    memory: Memory,
    export_dir: PathBuf,
    pictures: Pictures,
    /// Names of the command line that are not checked yet.
    names: Names,
    refused: Option<UnknownName>,
    saved: SavedViews,
}

type Pictures = Arc<std::sync::Mutex<Option<Result<PathBuf, String>>>>;

impl App {
    /// A window on a source, with what was chosen before.
    pub fn new(feed: Feed, state: State, clock: Clock, export_dir: PathBuf) -> Self {
        let latest = feed.latest();
        let mut app = Self {
            feed,
            data: latest.data.clone().unwrap_or_default(),
            events: Arc::default(),
            shown: Arc::default(),
            asked: Request::default(),
            latest,
            state,
            page: None,
            stale: true,
            clock,
            memory: Memory::default(),
            export_dir,
            pictures: Pictures::default(),
            names: Names::default(),
            refused: None,
            saved: SavedViews::default(),
        };
        app.state.source.clone_from(&app.latest.source);
        app.state.assign_colors(&app.data);
        app
    }

    /// Checks names of the command line against the source once it has answered.
    pub fn check(&mut self, names: Names) {
        self.names = names;
        self.check_names();
    }

    /// The same with views that were saved.
    pub fn with_saved(self, saved: SavedViews) -> Self {
        Self { saved, ..self }
    }

    /// The rows of the table as CSV, where there is one.
    pub fn csv(&mut self) -> Option<String> {
        self.work_out();
        let report = self.latest.extras.report.as_ref();
        let page = self.page.as_ref();
        reports::work_out(
            &self.state,
            &self.data,
            page,
            report,
            &mut self.memory.reports,
        );
        self.rows_as_csv().map(|(_, csv, _)| csv)
    }

    /// A name of the command line that the source does not have.
    pub fn refused(&self) -> Option<&UnknownName> {
        self.refused.as_ref()
    }

    fn check_names(&mut self) {
        if self.names.is_empty() || self.latest.data.is_none() {
            return;
        }
        let latest = self.feed.latest();
        let data = latest.data.unwrap_or_default();
        let answered = &latest.answered.zone;
        let checked = match data.is_empty() {
            // Names come with the first events.
            true => Ok(()),
            false => self.names.choose(&data, &mut self.state),
        };
        let checked =
            checked.and_then(|()| self.names.check_zone(answered, &data, latest.can.zones));
        self.stale = true;
        if let Err(unknown) = checked {
            self.refused = Some(unknown);
        }
    }

    /// What the user has chosen.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What the window has taken over from its source.
    pub fn latest(&self) -> &Latest {
        &self.latest
    }

    /// Does what a command asks.
    pub fn run(&mut self, command: Command, ctx: &egui::Context) {
        self.memory.notice = None;
        let drawing = Drawing::of(&command);
        if let Some(reason) = drawing.and_then(|drawing| self.state.no_effect(drawing)) {
            self.memory.notice = Some(text::no_effect(reason));
            ctx.request_repaint();
            return;
        }
        let before = self.state.clone();
        let ruler = match self.state.view {
            View::Live => &self.shown,
            _ => &self.sum_up(),
        };
        let effect = self.state.apply(command, ruler);
        self.stale |= !self.state.shows_the_same(&before);
        match effect {
            None => {}
            Some(Effect::Refresh) => self.feed.refresh(),
            Some(Effect::PauseChanged) => self.feed.pause(self.state.paused),
            Some(Effect::CopyCsv) => {
                let notice = match self.rows_as_csv() {
                    Some((_, csv, _)) => {
                        ctx.copy_text(csv);
                        text::rows_copied()
                    }
                    None => text::nothing_to_export(),
                };
                self.memory.notice = Some(notice.into());
            }
            Some(Effect::SaveCsv) => self.save_csv(),
            Some(Effect::SavePicture) => self.save_picture(ctx),
            Some(Effect::CopyCommandLine) => {
                let is_demo = self.latest.source == source::demo::LABEL;
                ctx.copy_text(command_line::command(&self.state, is_demo));
                self.memory.notice = Some(text::command_copied().into());
            }
            Some(Effect::ShowSaved(name)) => self.show_saved(&name),
            Some(Effect::SaveView(name)) => {
                let done = self.saved.save(&name, command_line::options(&self.state));
                self.memory.notice = Some(said(done, text::view_saved(&name)));
            }
            Some(Effect::ForgetView(name)) => {
                let done = self.saved.remove(&name);
                self.memory.notice = Some(said(done, text::view_forgotten(&name)));
            }
        }
        ctx.request_repaint();
    }

    /// Takes over what the source has brought, hidden or not.
    pub fn logic(&mut self) {
        if self
            .feed
            .differs(self.latest.generation, &self.latest.health)
        {
            self.latest = self.feed.latest();
            if let Some(data) = self.latest.data.clone() {
                self.data = data;
                self.state.assign_colors(&self.data);
            }
            self.stale = true;
        }
        self.latest.checked_at = self.feed.checked_at();
        self.latest.distinct = self.feed.distinct();
        self.check_names();
        if let Some(saved) = self.pictures.lock().ok().and_then(|mut saved| saved.take()) {
            self.memory.notice = Some(match saved {
                Ok(path) => text::picture_saved(&path),
                Err(error) => text::picture_not_saved(&error),
            });
        }
    }

    /// Draws everything, then does what was asked for.
    pub fn ui(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        ctx.set_theme(match self.state.theme {
            Theme::System => ThemePreference::System,
            Theme::Light => ThemePreference::Light,
            Theme::Dark => ThemePreference::Dark,
        });
        self.work_out();
        let mut commands = keys::read(ui, &mut self.memory, &self.state);
        let inputs = Inputs {
            state: &self.state,
            data: &self.data,
            shown: &self.shown,
            page: self.page.as_ref(),
            latest: &self.latest,
            saved: &self.saved,
            now: self.clock.now(),
            dark: theme::tokens(ui).dark,
        };
        panels::draw(ui, &inputs, &mut self.memory, &mut commands);
        for command in commands {
            self.run(command, &ctx);
        }
        self.ask();
        self.look_for_fonts(&ctx);
        if let Some(from) = self.data.status.quiet_from() {
            let wait = u64::try_from(from - self.clock.now()).unwrap_or(0);
            if wait > 0 {
                ctx.request_repaint_after(Duration::from_micros(wait));
            }
        }
        if let Health::Trouble { .. } = self.latest.health {
            // Its age and the time to the next try are on screen.
            ctx.request_repaint_after(Duration::from_secs(1));
        }
    }

    /// Works out what is on screen, if something has changed.
    fn work_out(&mut self) {
        if std::mem::take(&mut self.stale) {
            self.events = self.sum_up();
            self.shown = self.numbers();
            let is_read = self.latest.data.is_some();
            let is_shown = !self.data.is_empty() || is_read && self.state.view.needs_no_events();
            self.page = is_shown
                .then(|| Page::new(&self.shown, &self.events, &self.state, text::others))
                .flatten();
        }
    }

    /// The days, summed up as the view shows them. It is worked out once a load.
    fn sum_up(&self) -> Arc<Dataset> {
        let grain = self.state.shown_bucket().grain();
        match grain {
            Grain::Day => Arc::clone(&self.data),
            _ if self.events.is_of(&self.data, grain) => Arc::clone(&self.events),
            _ => Arc::new(self.data.in_buckets(grain)),
        }
    }

    /// Notes which characters of the names cannot be drawn, once a load.
    fn look_for_fonts(&mut self, ctx: &egui::Context) {
        if self.memory.unknown.0 == self.latest.generation {
            return;
        }
        let names = self.data.event_types.iter().chain(&self.data.regions);
        let characters: BTreeSet<char> = names.flat_map(|name| name.chars()).collect();
        let unknown: Vec<char> = ctx.fonts_mut(|fonts| {
            let is_unknown = |c: &char| !c.is_control() && !fonts.has_glyph(&theme::font(13.0), *c);
            characters.into_iter().filter(is_unknown).collect()
        });
        if !unknown.is_empty() {
            ctx.request_repaint();
        }
        self.memory.unknown = (self.latest.generation, unknown);
    }

    /// Sends a request to the source if the data to show has changed.
    fn ask(&mut self) {
        let request = request_of(&self.state, &self.sum_up());
        if request != self.asked {
            self.asked = request.clone();
            self.feed.request(request);
        }
    }

    /// Waits for what is shown, for a picture or a CSV file that is written once. Returns whether the source has
    /// answered; without the answer the numbers may be of another zone or range than the one that was asked for.
    pub fn settle(&mut self, at_most: Duration) -> bool {
        let deadline = Instant::now() + at_most;
        // What is asked for depends on what is there: a report in a zone can be asked for once its days are.
        for _ in 0..MOST_ASKED {
            self.ask();
            let left = deadline.saturating_duration_since(Instant::now());
            self.feed.wait_for(&self.asked, left);
            self.logic();
            self.stale = true;
            self.work_out();
            if request_of(&self.state, &self.events) == self.asked {
                break;
            }
        }
        self.stale = true;
        self.feed.latest().answered == self.asked
    }

    /// The numbers of the view.
    fn numbers(&self) -> Arc<Dataset> {
        let extras = &self.latest.extras;
        let nothing = || Dataset::with_names(Vec::new(), self.data.status.clone(), &self.data);
        match self.state.view {
            View::Live => extras
                .minutes
                .clone()
                .unwrap_or_else(|| Arc::new(nothing().by_minute(self.data.zone.clone(), &[]))),
            View::Listeners => {
                let listeners = extras.listeners.clone();
                listeners.unwrap_or_else(|| Arc::new(nothing().of_listeners()))
            }
            _ => Arc::clone(&self.events),
        }
    }

    fn show_saved(&mut self, name: &str) {
        let Some(options) = self.saved.get(name) else {
            return;
        };
        match command_line::restore(options, &self.state) {
            Ok(state) => {
                self.state = state;
                self.stale = true;
            }
            Err(_) => self.memory.notice = Some(text::view_not_shown(name)),
        }
    }

    /// What is shown as CSV: which kind of numbers it is of, the text, and the number of its rows.
    fn rows_as_csv(&self) -> Option<(&'static str, String, usize)> {
        // While another range or zone is read, the numbers of the previous one stay on screen.
        let wanted = request_of(&self.state, &self.sum_up());
        if !self.latest.read.covers(&wanted) {
            return None;
        }
        if reports::is_shown(&self.state) {
            let answer = self.latest.extras.report.as_ref();
            if wanted.report.as_ref() != answer.map(|answer| &answer.ask) {
                return None;
            }
            let contents = self.memory.reports.contents()?;
            let sheet = contents.sheet();
            return Some((sheet.name, sheet.csv(), sheet.file_len()));
        }
        // Numbers that were not read are none, not zero rows.
        let extras = &self.latest.extras;
        let is_read = match self.state.view {
            View::Live => extras.minutes.is_some(),
            View::Listeners => extras.listeners.is_some(),
            _ => true,
        };
        if !is_read {
            return None;
        }
        let page = self.page.as_ref()?;
        let counted = match (page.measure, page.grain.is_minute()) {
            (Measure::Listeners, _) => "listeners",
            (_, true) => "events_by_minute",
            _ => "events",
        };
        let text = csv::of(&self.shown, &page.table);
        Some((counted, text, page.table.rows.len()))
    }

    fn save_csv(&mut self) {
        let (Some(page), Some((counted, csv, rows))) = (&self.page, self.rows_as_csv()) else {
            self.memory.notice = Some(text::nothing_to_export().into());
            return;
        };
        let name = |day| self.shown.grain.iso(day).replace([' ', ':'], "-");
        let (first, last) = (name(page.span.first), name(page.span.last));
        let stem = format!("musicstream_{counted}_{first}_{last}");
        let written = new_file::write(&self.export_dir, &stem, &csv);
        self.memory.notice = Some(match written {
            Ok(path) => text::rows_saved(rows, &path),
            Err((path, error)) => text::not_saved(&path, error),
        });
    }

    fn save_picture(&self, ctx: &egui::Context) {
        let stamp = crate::calendar::format::stamp(self.clock.now()).replace([' ', ':'], "-");
        let path = self.export_dir.join(format!("musicstream_{stamp}.png"));
        let pictures = Arc::clone(&self.pictures);
        let waker = ctx.clone();
        ctx.request_screenshot(move |image| {
            let saved = crate::png::write(&image, &path).map(|()| path);
            if let Ok(mut slot) = pictures.lock() {
                *slot = Some(saved.map_err(|error| format!("{error:#}")));
            }
            waker.request_repaint();
        });
    }
}

/// What came of it, for the line at the bottom.
fn said(done: anyhow::Result<()>, words: String) -> String {
    done.map_or_else(|error| format!("{error:#}"), |()| words)
}
