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
pub mod command_line;
pub mod data;
pub mod names;
pub mod page;
pub mod painter;
pub mod picture;
mod png;
pub mod saved;
pub mod series;
pub mod source;
pub mod stats;
pub mod ui;
pub mod window;

use anyhow::{Context as _, Result, anyhow, bail};
use calendar::{Micros, UTC};
use cli::Args;
use musicstream_connect::Target;
use names::{Choice, Names};
use page::State;
use saved::SavedViews;
use source::{Feed, Health, demo, problem::Problem};
use std::{
    env, fs,
    io::{self, Write},
    path::PathBuf,
};
use ui::{App, Clock};

/// Does what the command line asks.
///
/// # Errors
/// A message for the terminal: no display, no database, a file that cannot be written, an unknown name, too many days.
pub fn run(args: Args) -> Result<()> {
    command_line::check_days(&args)?;
    let export_dir = args.export_dir.clone().unwrap_or_else(default_export_dir);
    let saved = SavedViews::of_user();
    if args.screenshot.is_some() || args.csv.is_some() {
        return write_files(&args, saved, export_dir);
    }
    // A window also opens when saved views cannot be read.
    let saved = match &args.saved {
        Some(_) => saved?,
        None => saved.unwrap_or_else(|error| {
            eprintln!("warning: {error:#}");
            SavedViews::default()
        }),
    };
    let start = start(&args, &saved)?;
    // Without these, the view is the last one, which is not known yet; the window says what it does not have.
    if args.view.is_some() || args.minutes_of.is_some() || start.is_some() {
        let mut state = start.clone().unwrap_or_default();
        command_line::choose(&args, &mut state);
        command_line::check(&args, &state)?;
    }
    let names = names(&args, start.as_ref().unwrap_or(&State::default()));
    let feed = if args.demo {
        Feed::demo()?
    } else {
        Feed::database(target(&args)?, args.poll)?
    };
    let (size, count_frames) = (args.size, args.count_frames);
    let choose = Box::new(move |state: &mut State| {
        if let Some(mut saved) = start {
            saved.theme = state.theme;
            saved.colors = std::mem::take(&mut state.colors);
            *state = saved;
        }
        command_line::choose(&args, state);
    });
    window::run(
        feed,
        window::Options {
            size,
            choose,
            names,
            saved,
            export_dir,
            count_frames,
        },
    )
}

/// The state of the saved view that the command line names, if it names one.
fn start(args: &Args, saved: &SavedViews) -> Result<Option<State>> {
    let Some(name) = &args.saved else {
        return Ok(None);
    };
    let options = saved.named(name)?;
    let state = command_line::restore(options, &State::default())
        .with_context(|| format!("the saved view \"{name}\" was not saved by this version"))?;
    Ok(Some(state))
}

/// Writes a picture, or the rows of the table, or both.
fn write_files(args: &Args, saved: Result<SavedViews>, export_dir: PathBuf) -> Result<()> {
    let mut state = match args.saved {
        Some(_) => start(args, &saved?)?.unwrap_or_default(),
        None => State::default(),
    };
    command_line::choose(args, &mut state);
    command_line::check(args, &state)?;
    let names = names(args, &state);
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
    let theme = match args.theme {
        Some(cli::ThemeArg::Dark) => egui::Theme::Dark,
        _ => egui::Theme::Light,
    };
    let mut app = App::new(feed, state, clock, export_dir);
    app.check(names);
    let is_answered = app.settle(args.timeout);
    if let Some(unknown) = app.refused() {
        return Err(unknown.clone().into());
    }
    // A picture of other days than those that were asked for would be misleading, as would rows of them.
    if !is_answered {
        if let Health::Trouble { problem, .. } = &app.latest().health {
            return Err(words(problem));
        }
        bail!(
            "the numbers of this view were not read within {} s; see --timeout",
            args.timeout.as_secs_f32()
        );
    }
    if let Some(path) = &args.csv {
        let text = app.csv().context(
            "there is no row to write: no events are stored, or the database has no such numbers for this role",
        )?;
        if path.as_os_str() == "-" {
            match io::stdout().write_all(text.as_bytes()) {
                // The reader, such as `head`, has all that it needs.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                written => written.context("cannot write to standard output")?,
            }
        } else {
            fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    if let Some(path) = &args.screenshot {
        let shot = picture::Shot {
            size: args.size.unwrap_or(window::USUAL_SIZE),
            scale: args.scale,
            theme,
        };
        png::write(&picture::take(&mut app, shot), path)?;
    }
    Ok(())
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

/// What can only be checked once there are numbers: names of the command line, and the zone of a saved view that it names.
fn names(args: &Args, view: &State) -> Names {
    let zone_of_view = (view.shown_zone() != UTC).then(|| view.zone.clone());
    Names {
        zone: args.zone.clone().or(zone_of_view),
        event_types: Choice {
            only: args.event_type.clone(),
            hidden: args.hide_event_type.clone(),
        },
        regions: Choice {
            only: args.region.clone(),
            hidden: args.hide_region.clone(),
        },
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
