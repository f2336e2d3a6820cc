//! What is said: of each thing that may be in the way, and of each thing that a day can be.

use crate::harness::{TODAY, data, descriptions, has, row, status, window, window_of};
use egui::{Key, accesskit::Role};
use egui_kittest::kittest::Queryable;
use musicstream_viewer::{
    DEMO_TIME,
    calendar::DAY_US,
    data::{Abilities, Dataset, Row, Status},
    page::{
        Range, State, View,
        reports::{Choice, listeners::Part},
    },
    source::{Feed, problem::Problem},
    ui::{App, Clock, theme},
};

#[test]
fn each_obstacle_has_a_page_that_says_what_to_do() {
    let said = || "the server's own words".to_owned();
    let problems = [
        Problem::BadAddress(said()),
        Problem::NoServer(said()),
        Problem::UnknownHost(said()),
        Problem::NotReady(said()),
        Problem::NeedsPassword,
        Problem::WrongPassword(said()),
        Problem::NotLetIn(said()),
        Problem::NoDatabase(said()),
        Problem::NoExtension { available: true },
        Problem::NoExtension { available: false },
        Problem::OtherVersion {
            found: Some("0.0.9".into()),
            detail: said(),
        },
        Problem::NoPrivilege(said()),
        Problem::Tls(said()),
        Problem::Slow(said()),
        Problem::Busy(said()),
        Problem::Other(said()),
    ];
    for problem in problems {
        let feed = Feed::failed(problem.clone(), DEMO_TIME, None, "music on db:5432");
        let mut harness = window_of(feed, State::default(), [780.0, 520.0]);
        harness.run_steps(3);
        for words in [problem.title(), problem.advice()] {
            assert!(
                harness.query_by_label(&words).is_some(),
                "{problem:?}: {words}"
            );
        }
        if let Some(command) = problem.command() {
            let copy = format!("Copy {command}");
            assert!(
                harness.query_by_label(&copy).is_some(),
                "{problem:?}: {copy}"
            );
        }
        assert!(has(&harness, Role::Button, "Try now"), "{problem:?}");
    }
    let feed = Feed::fixed(data(vec![]), "music on db:5432");
    let mut harness = window_of(feed, State::default(), [780.0, 520.0]);
    harness.run();
    assert!(
        harness
            .query_by_label("Connected; there are no events yet")
            .is_some()
    );
}

#[test]
fn what_an_older_extension_lacks_is_said_where_it_is_missed() {
    for (view, words) in [
        (
            View::Live,
            "The extension in this database has no live minutes",
        ),
        (
            View::Listeners,
            "The extension in this database has no listeners",
        ),
    ] {
        let can = Abilities {
            version: Some("0.0.9".into()),
            ..Abilities::default()
        };
        let feed = Feed::fixed(data(vec![row(TODAY, "play", "EU", 1)]), "old").knowing(can);
        let state = State {
            view,
            ..State::default()
        };
        let mut harness = window_of(feed, state, [1000.0, 640.0]);
        harness.run();
        if view == View::Live {
            // Nothing has answered yet: it may still come.
            assert!(harness.query_by_label("Reading …").is_some());
            continue;
        }
        assert!(harness.query_by_label(words).is_some(), "{view:?}");
        assert!(harness.query_by_label_contains("version 0.0.9").is_some());
        assert!(
            harness
                .query_by_label("Copy alter extension pg_musicstream update;")
                .is_some()
        );
    }
}

#[test]
fn a_missing_a_zero_an_incomplete_a_final_and_a_late_day_are_told_apart_in_words() {
    let rows = vec![
        row(TODAY - 5, "play", "EU", 7),
        Row {
            late_events: 3,
            ..row(TODAY - 4, "play", "EU", 8)
        },
        // TODAY - 3 is missing.
        row(TODAY - 2, "play", "EU", 0),
        row(TODAY - 1, "play", "EU", 9),
        row(TODAY, "play", "EU", 2),
    ];
    let status = Status {
        watermark: Some(DEMO_TIME - DAY_US),
        ..status()
    };
    let feed = Feed::fixed(Dataset::new(rows, status), "odd days");
    let mut harness = window_of(feed, State::default(), [1440.0, 900.0]);
    harness.run();
    let mut said = Vec::new();
    for _ in 0..6 {
        harness.key_press(Key::ArrowLeft);
        harness.run();
        said.push(descriptions(&harness).join(" "));
    }
    for (said, words) in said.iter().zip([
        "so far: EU 2",
        "not final: EU 9",
        "final: EU 0",
        "final: EU no data",
        "final: EU 8, 3 of them late",
        "final: EU 7",
    ]) {
        assert!(said.ends_with(words), "{said} is to end with {words}");
    }
}

#[test]
fn listeners_are_never_added_up() {
    let harness = window(State {
        view: View::Listeners,
        ..State::default()
    });
    assert!(has(&harness, Role::GraphicsObject, "Listeners: about"));
    assert!(!has(&harness, Role::Row, "Total of"));
    assert!(has(&harness, Role::Row, "Series EU: sum –"));
    assert!(
        !has(&harness, Role::CheckBox, "play"),
        "they are those of all event types"
    );
}

#[test]
fn live_shows_minutes() {
    let harness = window(State {
        view: View::Live,
        ..State::default()
    });
    assert!(has(&harness, Role::Row, "2026-03-18 14:20 pause AFRICA"));
    assert!(has(&harness, Role::Figure, "11:21 – 14:20, 18 Mar 2026"));
    assert!(has(&harness, Role::ColumnHeader, "Sort by Minute (UTC)"));
}

#[test]
fn characters_that_no_font_has_are_named() {
    let feed = Feed::fixed(data(vec![row(TODAY, "play", "東 EU", 1)]), "sample");
    let app = App::new(
        feed,
        State::default(),
        Clock::Fixed(DEMO_TIME),
        std::env::temp_dir(),
    );
    let mut harness = egui_kittest::Harness::builder()
        .with_size(egui::vec2(1000.0, 640.0))
        .allow_missing_glyphs()
        .with_context_setup(theme::install)
        .build_ui_state(
            |ui, app: &mut App| {
                app.logic();
                app.ui(ui);
            },
            app,
        );
    harness.run_steps(4);
    assert!(
        harness
            .query_by_label_contains("no font here for U+6771")
            .is_some()
    );
    assert!(
        window(State::default())
            .query_by_label_contains("no font")
            .is_none()
    );
}

#[test]
fn a_zone_that_the_source_lacks_is_named_at_the_bottom() {
    let state = State {
        zone: "Mars/Phobos".into(),
        ..State::default()
    };
    let harness = window(state);
    let said = "no days of Mars/Phobos in this source: these are UTC days";
    assert!(harness.query_by_label_contains(said).is_some());
    let harness = window(State::default());
    assert!(
        harness
            .query_by_label_contains("these are UTC days")
            .is_none()
    );
}

#[test]
fn retention_says_from_when_on_it_is_not_known() {
    let state = |range| {
        let mut state = State {
            view: View::Listeners,
            range,
            ..State::default()
        };
        state.reports.choose(Choice::Listeners(Part::Retention));
        state
    };
    let known = "Day 7 is known for first days up to 10 Mar";
    let hint = "day 28 needs a longer range";
    let later = "day 28 for those up to 17 Feb";
    let harness = window(state(Range::Days28));
    let said = |part: &str| harness.query_by_label_contains(part).is_some();
    assert!(said(&format!("{known}; {hint}")) && !said(later));
    assert!(said("Sort by Day 7 %") && !said("Sort by Day 28"));
    let harness = window(state(Range::Days90));
    let said = |part: &str| harness.query_by_label_contains(part).is_some();
    assert!(said(&format!("{known}, {later}")) && !said(hint));
    assert!(said("Sort by Day 28 %"));
}
