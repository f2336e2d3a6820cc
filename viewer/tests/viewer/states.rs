//! Pictures of what is no good day: nothing there, nothing reached, old numbers; and names in many scripts.

use crate::shot::{Shot, sample, state, status, today};
use egui::{Context, Theme};
use egui_kittest::{Harness, SnapshotOptions, SnapshotResults, kittest::Queryable};
use musicstream_viewer::{
    DEMO_TIME,
    data::{Dataset, Row},
    page::{Split, State, View},
    source::{Feed, demo, problem::Problem},
    ui::{App, fonts, theme},
};
use std::path::PathBuf;

const SMALL: [f32; 2] = [780.0, 520.0];

/// The same in both themes.
fn both(feed: impl Fn() -> Feed, size: [f32; 2], name: &str) {
    let mut results = SnapshotResults::new();
    for (theme, word) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        let shot = Shot {
            size,
            theme,
            ..Shot::new(feed(), State::default())
        };
        results.extend(shot.picture(&format!("{name}_{word}")));
    }
}

#[test]
fn no_extension() {
    let problem = || Problem::NoExtension { available: true };
    let feed = || Feed::failed(problem(), DEMO_TIME, None, "music on db:5432");
    both(feed, SMALL, "no_extension");
}

#[test]
fn no_server() {
    let words = "connection refused";
    let feed = || {
        let problem = Problem::NoServer(words.into());
        Feed::failed(problem, DEMO_TIME, None, "music on db:5432")
    };
    both(feed, SMALL, "no_server");
}

/// A server without the extension has answered.
#[test]
fn no_connection_is_said_where_there_is_none() {
    let says = |problem: &Problem, words: &str| {
        let feed = Feed::failed(problem.clone(), DEMO_TIME, None, "music on db:5432");
        let harness = Shot::new(feed, State::default()).harness();
        harness.query_by_label_contains(words).is_some()
    };
    let refused = Problem::NoServer("connection refused".into());
    assert!(says(&refused, "No connection: music on db:5432"));
    let missing = Problem::NoExtension { available: true };
    assert!(says(&missing, "No numbers: music on db:5432"));
    assert!(!says(&missing, "No connection"));
}

/// The banner of an unknown problem says that the server's words are below.
#[test]
fn words_that_the_banner_announces_are_there() {
    let words = "invalid page in block 7 (SQLSTATE XX001)";
    let data = Some(demo::at(DEMO_TIME, 1));
    let problem = Problem::Other(words.into());
    let feed = Feed::failed(problem, DEMO_TIME, data, "music on db:5432");
    let harness = Shot::new(feed, State::default()).harness();
    assert!(harness.query_by_label(words).is_some());
}

#[test]
fn empty() {
    let feed = || Feed::fixed(Dataset::new(vec![], status()), "music on db:5432");
    both(feed, SMALL, "empty");
}

#[test]
fn stale() {
    let feed = || {
        let lost = Problem::Lost("server closed the connection unexpectedly".into());
        let data = demo::at(DEMO_TIME - 44_000_000, 1);
        Feed::failed(lost, DEMO_TIME - 42_000_000, Some(data), "music on db:5432")
    };
    both(feed, [1000.0, 640.0], "stale");
}

const NAMES: [&str; 12] = [
    "Россия",
    "Ελλάδα",
    "ישראל",
    "العربية",
    "भारत",
    "বাংলাদেশ",
    "ไทย",
    "中国",
    "日本 (東京)",
    "Україна",
    "საქართველო",
    "Հայաստան",
];

fn of_many_scripts() -> Feed {
    let rows = (0..28).flat_map(|back| {
        NAMES.into_iter().enumerate().map(move |(at, region)| Row {
            slot: today().plus(-back),
            event_type: "再生".into(),
            region: region.into(),
            events: 400 * (at as i64 + 1) + i64::from(back * 37 % 90),
            late_events: 0,
            updated_at: Some(DEMO_TIME),
        })
    });
    Feed::fixed(Dataset::new(rows.collect(), status()), "many scripts")
}

/// Fonts that have not changed for years and that Debian and Ubuntu have alike, so that the picture is the same there.
fn with_fonts_of_debian(ctx: &Context) {
    theme::install(ctx);
    let folders =
        ["freefont", "droid"].map(|name| PathBuf::from("/usr/share/fonts/truetype").join(name));
    for folder in &folders {
        assert!(
            folder.is_dir(),
            "{} is missing: make setup brings it",
            folder.display()
        );
    }
    fonts::install_folders(ctx, folders.into());
}

fn says_that_fonts_lack(harness: &Harness<'_, App>) -> bool {
    harness
        .query_by_label_contains("no font here for")
        .is_some()
}

#[test]
fn names_in_many_scripts_are_drawn() {
    let mut results = SnapshotResults::new();
    for (view, theme, name) in [
        (View::ByEventType, Theme::Light, "scripts_light"),
        (View::Table, Theme::Dark, "scripts_table_dark"),
    ] {
        let mut harness = Shot {
            theme,
            setup: with_fonts_of_debian,
            ..Shot::new(of_many_scripts(), state(view))
        }
        .harness();
        assert!(!says_that_fonts_lack(&harness));
        // Each Debian builds these fonts anew, and outlines move by parts of a pixel: some 700 pixels of the names.
        let options = SnapshotOptions::new()
            .threshold(1.0)
            .max_failed_pixels(1000);
        harness.snapshot_options(name, &options);
        results.extend(harness.take_snapshot_results());
    }
}

/// Without a font a character is a frame with its number, and the line at the bottom says so.
#[test]
fn names_that_no_font_has_are_numbers() {
    let shot = Shot {
        size: SMALL,
        ..Shot::new(of_many_scripts(), state(View::Overlay))
    };
    let mut harness = Shot {
        state: State {
            split: Split::Regions,
            ..state(View::Overlay)
        },
        ..shot
    }
    .harness();
    assert!(says_that_fonts_lack(&harness));
    harness.snapshot("no_font");
    let mut latin = Shot::new(sample(), state(View::Overlay)).harness();
    latin.run_steps(1);
    assert!(!says_that_fonts_lack(&latin));
}
