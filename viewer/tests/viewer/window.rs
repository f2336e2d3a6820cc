//! The window's tree: what a screen reader, and a test, finds by name.

use crate::harness::{TODAY, has, labels, row, status, window_of};
use egui::{Key, Modifiers, accesskit::Role};
use egui_kittest::{
    Harness,
    kittest::{NodeT, Queryable},
};
use musicstream_viewer::{
    DEMO_TIME,
    calendar::{Slot, Span},
    data::Dataset,
    page::{Range, State, View},
    source::{Feed, demo, problem::Problem},
    ui::App,
};

fn harness(state: State) -> Harness<'static, App> {
    let feed = Feed::fixed(demo::at(DEMO_TIME, 1), "sample");
    window_of(feed, state, [1440.0, 900.0])
}

#[test]
fn series_and_rows_are_found_by_name() {
    let mut harness = harness(State::default());
    harness.run();
    for series in ["play · EU", "stop · APAC", "pause · MENA"] {
        assert!(has(&harness, Role::GraphicsObject, series), "{series}");
    }
    let data = demo::at(DEMO_TIME, 1);
    let cell = data
        .cells()
        .into_iter()
        .find(|cell| cell.slot == Slot(TODAY))
        .unwrap();
    let row = format!(
        "{} {} {}: ",
        data.grain.iso(cell.slot),
        data.event_types[usize::from(cell.event_type)],
        data.regions[usize::from(cell.region)]
    );
    assert!(
        has(&harness, Role::Row, &row),
        "{row} in {:?}",
        labels(&harness, Role::Row)
    );
    assert!(has(&harness, Role::Row, "Total of 495 rows"));
    assert!(has(&harness, Role::Figure, "Chart play"));
}

#[test]
fn filters_change_what_is_shown() {
    let mut harness = harness(State::default());
    harness.run();
    harness
        .get_by_role_and_label(Role::CheckBox, "MENA")
        .click();
    harness.run();
    assert!(!has(&harness, Role::GraphicsObject, "play · MENA"));
    assert!(has(&harness, Role::GraphicsObject, "play · EU"));
    harness.get_by_label("Regions: invert").click();
    harness.run();
    assert!(has(&harness, Role::GraphicsObject, "play · MENA"));
    assert!(!has(&harness, Role::GraphicsObject, "play · EU"));
    harness.get_by_label("Event types: none").click();
    harness.run();
    assert!(harness.query_by_label("Nothing is switched on").is_some());
    harness.get_by_label("Event types: all").click();
    harness.get_by_label("Regions: all").click();
    harness.run();
    assert!(has(&harness, Role::GraphicsObject, "play · EU"));
}

#[test]
fn every_view_has_its_charts() {
    for (view, figures) in [
        (View::ByEventType, 3),
        (View::ByRegion, 6),
        (View::Overlay, 1),
        (View::Heatmap, 1),
        (View::Live, 1),
        (View::Listeners, 1),
        (View::Table, 0),
    ] {
        let mut harness = window_of(
            Feed::sample(DEMO_TIME),
            State {
                view,
                ..State::default()
            },
            [1440.0, 900.0],
        );
        harness.run();
        assert_eq!(labels(&harness, Role::Figure).len(), figures, "{view:?}");
        assert_eq!(labels(&harness, Role::Table).len(), 1, "{view:?}");
    }
}

#[test]
fn keys_choose_range_view_and_zoom() {
    let mut harness = harness(State::default());
    harness.run();
    harness.key_press(Key::Num3);
    harness.run();
    assert_eq!(harness.state().state().range, Range::Days90);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    harness.run();
    assert_eq!(harness.state().state().view, View::ByRegion);
    harness.key_press(Key::Plus);
    harness.run();
    assert_eq!(
        harness.state().state().zoom.map(|zoom| zoom.count()),
        Some(54)
    );
    harness.key_press(Key::ArrowLeft);
    harness.key_press(Key::ArrowLeft);
    harness.run();
    assert_eq!(harness.state().state().cursor, Some(Slot(TODAY - 1)));
    harness.key_press(Key::Escape);
    harness.run();
    assert_eq!(
        (harness.state().state().zoom, harness.state().state().cursor),
        (None, None)
    );
    harness.key_press(Key::F1);
    harness.run();
    assert!(harness.query_by_label("Close help").is_some());
    harness.key_press(Key::Escape);
    harness.run();
    assert!(harness.query_by_label("Close help").is_none());
}

#[test]
fn typing_in_the_search_box_is_no_shortcut() {
    let mut harness = harness(State::default());
    harness.run();
    harness.key_press(Key::Slash);
    harness.run();
    harness.event(egui::Event::Text("1".into()));
    harness.key_press(Key::Num1);
    harness.run();
    assert_eq!(harness.state().state().range, Range::Days28);
    assert_eq!(
        harness.query_all_by_label("No name like that").count(),
        2,
        "in both lists"
    );
}

#[test]
fn headers_sort() {
    let mut harness = harness(State {
        view: View::Table,
        ..State::default()
    });
    harness.run();
    harness
        .get_by_role_and_label(Role::ColumnHeader, "Sort by Events")
        .click();
    harness.run();
    assert!(has(
        &harness,
        Role::ColumnHeader,
        "Sort by Events, now descending"
    ));
    let data = demo::at(DEMO_TIME, 1);
    let largest = data
        .cells_between(Span::new(Slot(TODAY - 27), Slot(TODAY)))
        .iter()
        .map(|cell| cell.events)
        .max()
        .map(musicstream_viewer::calendar::format::grouped)
        .unwrap();
    let first = &labels(&harness, Role::Row)[0];
    assert!(first.contains(&largest), "{first} has not {largest}");
}

#[test]
fn a_failure_keeps_the_numbers_and_says_what_to_do() {
    let problem = Problem::Lost("server closed the connection".into());
    let data = demo::at(DEMO_TIME, 1);
    let feed = Feed::failed(problem, DEMO_TIME - 5_000_000, Some(data), "sample");
    let mut harness = window_of(feed, State::default(), [1440.0, 900.0]);
    harness.run_steps(3);
    assert!(has(&harness, Role::Alert, "The connection is lost"));
    assert!(has(&harness, Role::GraphicsObject, "play · EU"));
}

#[test]
fn without_numbers_the_page_says_what_is_missing() {
    let missing = Problem::NoExtension { available: true };
    let feed = Feed::failed(missing, DEMO_TIME, None, "music on db:5432");
    let mut harness = window_of(feed, State::default(), [900.0, 600.0]);
    harness.run_steps(3);
    assert!(
        harness
            .query_by_label("The extension is missing in this database")
            .is_some()
    );
    assert!(
        harness
            .query_by_label("Copy create extension pg_musicstream;")
            .is_some()
    );

    let empty = Feed::fixed(Dataset::new(vec![], status()), "music on db:5432");
    let mut harness = window_of(empty, State::default(), [900.0, 600.0]);
    harness.run();
    assert!(
        harness
            .query_by_label("Connected; there are no events yet")
            .is_some()
    );
}

#[test]
fn odd_names_and_numbers_have_their_place() {
    let rows = vec![
        row(
            TODAY - 1,
            "play",
            "a region with a name that is far too long for its column",
            1,
        ),
        row(
            TODAY - 1,
            "play",
            "Łódź Ελλάδα Россия",
            9_007_199_254_740_993,
        ),
        row(TODAY - 1, "skip", "", 0),
    ];
    for (size, view) in [
        // In a low window the rows have the tab for themselves.
        ([780.0, 520.0], View::Table),
        ([1440.0, 900.0], View::default()),
    ] {
        let feed = Feed::fixed(Dataset::new(rows.clone(), status()), "odd");
        let state = State {
            view,
            ..State::default()
        };
        let mut harness = window_of(feed, state, size);
        harness.run();
        assert!(has(&harness, Role::Row, "9,007,199,254,740,993 events"));
    }
}

#[test]
fn pointing_at_a_day_reads_all_its_series() {
    let mut harness = harness(State {
        view: View::Overlay,
        ..State::default()
    });
    harness.run();
    let chart = harness
        .query_all_by_role(Role::Figure)
        .next()
        .and_then(|node| node.accesskit_node().bounding_box())
        .unwrap();
    let middle = egui::pos2(
        (chart.x0 + chart.x1) as f32 / 2.0,
        (chart.y0 + chart.y1) as f32 / 2.0,
    );
    harness.hover_at(middle);
    harness.run();
    assert!(harness.query_by_label("All of these").is_some());
    assert_eq!(
        harness.query_all_by_label("play").count(),
        2,
        "filter and reading"
    );
}

/// Seven hours after the last event no green light says that all is well; and the watermark is not the newest event.
#[test]
fn events_that_stopped_coming_are_noticed() {
    let hour = 3_600_000_000;
    for (age, words) in [(7 * hour, "No new events"), (60_000_000, "Live")] {
        let mut data = demo::at(DEMO_TIME, 1);
        data.status.newest_event = Some(DEMO_TIME - age);
        data.status.watermark = Some(DEMO_TIME - age - hour);
        let feed = Feed::fixed(data, "sample");
        let mut harness = window_of(feed, State::default(), [1440.0, 900.0]);
        harness.run();
        let said = labels(&harness, Role::Status).join(" ");
        assert!(said.starts_with(words), "{said}");
        let [newest, mark] = if age > hour {
            ["07:20", "06:20"]
        } else {
            ["14:19", "13:19"]
        };
        for part in [
            format!("newest event {newest} UTC"),
            format!("watermark {mark} UTC"),
        ] {
            assert!(said.contains(&part), "no {part} in {said}");
        }
    }
}

#[test]
fn the_help_says_each_thing_once() {
    let mut harness = harness(State::default());
    harness.run();
    harness.key_press(Key::F1);
    harness.run_steps(4);
    let mut said = std::collections::BTreeMap::new();
    for text in crate::layout::texts(&harness) {
        *said.entry(text.words).or_insert(0) += 1;
    }
    // Keys that charts and table give a meaning each.
    let twice: Vec<_> = said
        .into_iter()
        .filter(|(words, times)| *times > 1 && words != "Home, End")
        .collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[test]
fn at_rest_nothing_asks_for_another_frame() {
    for view in View::ALL {
        let mut harness = harness(State {
            view,
            ..State::default()
        });
        harness.run();
        harness.step();
        let delay = harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
        // One, when the newest event will be so old that the window says so.
        assert!(
            delay > std::time::Duration::from_secs(600),
            "{view:?}: {delay:?}"
        );
    }
}
