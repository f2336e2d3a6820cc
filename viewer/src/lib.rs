//! A native window on the daily metrics of `pg_musicstream`.
//!
//! Layers, each of which uses those before it only (`tests/viewer/layers.rs` checks it):
//!
//! 1. `calendar`: days, slots of time, zones; how numbers and times are written.
//! 2. `data`: the numbers of one load, a series for each pair of event type and region.
//! 3. `series`: a window on the slots of a series. `stats`: sums, means, changes.
//! 4. `page`: what the user has chosen, and charts, figures and rows worked out for it.
//! 5. `source` brings numbers from Postgres or from the built-in sample; it uses `calendar` and `data` only.
//! 6. `ui` draws a page with egui. `painter` turns the same drawing into a picture on the CPU, for machines
//!    without a display; `picture` and `window` run the two.

pub mod calendar;
pub mod cli;
pub mod data;
pub mod page;
pub mod painter;
pub mod picture;
mod png;
pub mod series;
pub mod source;
pub mod stats;
pub mod ui;
pub mod window;

use anyhow::{Result, anyhow};
use calendar::{Day, Micros, Span};
use cli::Args;
use musicstream_connect::Target;
use page::{Range, State};
use source::{Feed, demo, problem::Problem};
use std::{env, path::PathBuf};
use ui::{App, Clock};

/// Does what the command line asks.
///
/// # Errors
/// In words for the terminal: no display, no database, no file to write to.
pub fn run(args: Args) -> Result<()> {
    let export_dir = args.export_dir.clone().unwrap_or_else(default_export_dir);
    if let Some(path) = args.screenshot.clone() {
        return screenshot(&args, &path, export_dir);
    }
    let feed = if args.demo {
        Feed::demo()?
    } else {
        Feed::database(target(&args)?, args.poll)?
    };
    let (size, count_frames) = (args.size, args.count_frames);
    let choose = Box::new(move |state: &mut State| choose(&args, state));
    window::run(
        feed,
        window::Options {
            size,
            choose,
            export_dir,
            count_frames,
        },
    )
}

fn screenshot(args: &Args, path: &std::path::Path, export_dir: PathBuf) -> Result<()> {
    let (feed, clock) = if args.demo {
        (
            Feed::sample(demo::PICTURE_TIME),
            Clock::Fixed(demo::PICTURE_TIME),
        )
    } else {
        let feed = Feed::database(target(args)?, args.poll)?;
        let _numbers = feed.wait(args.timeout).map_err(|problem| match problem {
            Some(problem) => words(&problem),
            None => anyhow!("no answer within {} s", args.timeout.as_secs_f32()),
        })?;
        (feed, Clock::System)
    };
    let mut state = State::default();
    choose(args, &mut state);
    let theme = match args.theme {
        Some(cli::ThemeArg::Dark) => egui::Theme::Dark,
        _ => egui::Theme::Light,
    };
    let mut app = App::new(feed, state, clock, export_dir);
    app.settle(args.timeout);
    let shot = picture::Shot {
        size: args.size,
        scale: args.scale,
        theme,
    };
    png::write(&picture::take(&mut app, shot), path)
}

fn target(args: &Args) -> Result<Target> {
    let target = Target::of_process(args.database_url.as_deref(), env!("CARGO_PKG_NAME"))
        .map_err(|error| words(&Problem::BadAddress(error.to_string())))?;
    for warning in target.warnings() {
        eprintln!("warning: {warning}");
    }
    Ok(target)
}

fn words(problem: &Problem) -> anyhow::Error {
    anyhow!("{}", problem.paragraph())
}

/// What the command line says wins over what was chosen before.
fn choose(args: &Args, state: &mut State) {
    if let Some(theme) = args.theme {
        state.theme = theme.into();
    }
    if let Some(view) = args.view {
        state.view = view.into();
    }
    if let Some(split) = args.split {
        state.split = split.into();
    }
    state.compare |= args.compare;
    if let Some(range) = args.range {
        state.range = range.into();
        state.zoom = None;
    }
    if let (Some(from), Some(to)) = (args.from, args.to) {
        let day = Day::from_date;
        state.range = Range::Custom(Span::new(day(from), day(to)));
        state.zoom = None;
    }
    if let Some(zone) = &args.zone {
        state.zone.clone_from(zone);
    }
}

fn default_export_dir() -> PathBuf {
    env::home_dir()
        .map(|home| home.join("Downloads"))
        .filter(|folder| folder.is_dir())
        .unwrap_or_else(|| PathBuf::from("."))
}

/// The instant that `--demo --screenshot` shows.
pub const DEMO_TIME: Micros = demo::PICTURE_TIME;
