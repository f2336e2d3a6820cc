//! Ties state, numbers and drawing together.

use super::{banner, centre, filters, help, keys, status, theme, tiles, top, welcome};
use crate::{
    model::{
        board::Board,
        csv,
        data::Dataset,
        day::{Day, Micros},
    },
    source::{self, Feed, Health, Latest},
    state::{Command, Effect, State, Theme},
};
use egui::{CentralPanel, Frame, Margin, Panel, ThemePreference, Ui};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// What time it is: a window asks the machine, a picture stands still.
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

/// Things that last from frame to frame, but are nobody's choice.
#[derive(Default)]
pub(super) struct Memory {
    /// The day under the pointer.
    pub(super) hovered: Option<Day>,
    /// The chart that has the keyboard.
    pub(super) focused_chart: Option<egui::Id>,
    /// The series to stand out, by its full name.
    pub(super) highlight: Option<String>,
    /// What is typed in the search box.
    pub(super) search: String,
    /// The search box is to have the keyboard.
    pub(super) focus_search: bool,
    /// The row of the table that is selected.
    pub(super) selected: Option<crate::model::data::Cell>,
    /// A word at the bottom: what was saved or copied.
    pub(super) notice: Option<String>,
}

/// What one part of the window needs to know.
pub(super) struct Scene<'a> {
    pub(super) state: &'a State,
    pub(super) data: &'a Dataset,
    pub(super) board: Option<&'a Board>,
    pub(super) latest: &'a Latest,
    pub(super) now: Micros,
}

/// The window's contents.
pub struct App {
    feed: Feed,
    latest: Latest,
    data: Arc<Dataset>,
    state: State,
    board: Option<Board>,
    stale: bool,
    clock: Clock,
    memory: Memory,
    export_dir: PathBuf,
    pictures: Pictures,
}

type Pictures = Arc<std::sync::Mutex<Option<Result<PathBuf, String>>>>;

impl App {
    /// A window on a source, with what was chosen before.
    pub fn new(feed: Feed, state: State, clock: Clock, export_dir: PathBuf) -> Self {
        let latest = feed.latest();
        let mut app = Self {
            feed,
            data: latest.data.clone().unwrap_or_default(),
            latest,
            state,
            board: None,
            stale: true,
            clock,
            memory: Memory::default(),
            export_dir,
            pictures: Pictures::default(),
        };
        app.state.meet(&app.data);
        app
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
        let before = self.state.clone();
        let effect = self.state.apply(command, &self.data);
        self.stale |= !self.state.shows_the_same(&before);
        match effect {
            None => {}
            Some(Effect::Refresh) => self.feed.refresh(),
            Some(Effect::PauseChanged) => self.feed.pause(self.state.paused),
            Some(Effect::CopyCsv) => {
                if let Some(board) = &self.board {
                    ctx.copy_text(csv::of(&self.data, &board.table));
                    self.memory.notice = Some("rows copied".into());
                }
            }
            Some(Effect::SaveCsv) => self.save_csv(),
            Some(Effect::SavePicture) => self.save_picture(ctx),
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
                self.state.meet(&self.data);
            }
            self.stale = true;
        }
        self.latest.checked_at = self.feed.checked_at();
        if let Some(saved) = self.pictures.lock().ok().and_then(|mut saved| saved.take()) {
            self.memory.notice = Some(match saved {
                Ok(path) => format!("picture saved: {}", path.display()),
                Err(error) => format!("picture not saved: {error}"),
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
        if std::mem::take(&mut self.stale) {
            self.board = Board::new(&self.data, &self.state);
        }
        let mut commands = keys::read(ui, &mut self.memory, &self.state);
        let scene = Scene {
            state: &self.state,
            data: &self.data,
            board: self.board.as_ref(),
            latest: &self.latest,
            now: self.clock.now(),
        };
        draw(ui, &scene, &mut self.memory, &mut commands);
        for command in commands {
            self.run(command, &ctx);
        }
        if let Health::Trouble { .. } = self.latest.health {
            // Its age and the time to the next try are on screen.
            ctx.request_repaint_after(Duration::from_secs(1));
        }
    }

    fn save_csv(&mut self) {
        let Some(board) = &self.board else { return };
        let (first, last) = (board.span.first.iso(), board.span.last.iso());
        let path = self
            .export_dir
            .join(format!("musicstream_{first}_{last}.csv"));
        self.memory.notice = Some(
            match std::fs::write(&path, csv::of(&self.data, &board.table)) {
                Ok(()) => format!("{} rows saved: {}", board.table.rows.len(), path.display()),
                Err(error) => format!("{} not saved: {error}", path.display()),
            },
        );
    }

    fn save_picture(&self, ctx: &egui::Context) {
        let stamp = crate::model::format::stamp(self.clock.now()).replace([' ', ':'], "-");
        let path = self.export_dir.join(format!("musicstream_{stamp}.png"));
        let pictures = Arc::clone(&self.pictures);
        let waker = ctx.clone();
        ctx.request_screenshot(move |image| {
            let saved = crate::picture::write(&image, &path).map(|()| path);
            if let Ok(mut slot) = pictures.lock() {
                *slot = Some(saved.map_err(|error| error.to_string()));
            }
            waker.request_repaint();
        });
    }
}

fn draw(ui: &mut Ui, scene: &Scene<'_>, memory: &mut Memory, commands: &mut Vec<Command>) {
    let tokens = theme::tokens(ui);
    ui.painter().rect_filled(ui.max_rect(), 0.0, tokens.window);
    let bare = |x: i8, y: i8| {
        Frame::new()
            .fill(tokens.window)
            .inner_margin(Margin::symmetric(x, y))
    };
    Panel::top("top")
        .frame(bare(14, 9).fill(tokens.surface))
        .show(ui, |ui| top::show(ui, scene, commands));
    Panel::bottom("status")
        .frame(bare(14, 5).fill(tokens.surface))
        .show(ui, |ui| status::show(ui, scene, memory));
    let Some(board) = scene.board else {
        CentralPanel::default()
            .frame(bare(14, 14))
            .show(ui, |ui| welcome::show(ui, scene, commands));
        help::show(ui, scene.state, commands);
        return;
    };
    if banner::is_needed(scene) {
        Panel::top("banner")
            .frame(Frame::new())
            .show_separator_line(false)
            .show(ui, |ui| banner::show(ui, scene, commands));
    }
    Panel::left("filters")
        .default_size(204.0)
        .size_range(170.0..=340.0)
        .frame(bare(14, 12))
        .show(ui, |ui| filters::show(ui, scene, memory, commands));
    CentralPanel::default().frame(bare(12, 12)).show(ui, |ui| {
        // A low window keeps its charts.
        if ui.available_height() > 470.0 {
            tiles::show(ui, scene, board);
            ui.add_space(theme::GAP);
        }
        centre::show(ui, scene, board, memory, commands);
    });
    help::show(ui, scene.state, commands);
}
