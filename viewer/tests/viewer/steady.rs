//! New numbers arrive while something is being done: nothing moves but the numbers.

use crate::{
    harness::{TODAY, chart, data, descriptions, has, labels, row, window_of},
    places::SMALL,
};
use egui::{Event, Key, Modifiers, MouseWheelUnit, TouchPhase, accesskit::Role, pos2, vec2};
use egui_kittest::{
    Harness,
    kittest::{NodeT, Queryable},
};
use musicstream_viewer::{
    DEMO_TIME,
    calendar::Day,
    data::{Dataset, Measure, Row},
    page::{
        State, View,
        reports::{Choice, listeners::Part},
    },
    source::Feed,
    ui::App,
};

fn numbers(days: i32, events: i64) -> Dataset {
    let names = [
        ("pause", "EU"),
        ("play", "EU"),
        ("play", "US"),
        ("stop", "US"),
    ];
    let rows = (0..days).flat_map(|back| {
        names.map(|(event_type, region)| {
            row(TODAY - back, event_type, region, events + i64::from(back))
        })
    });
    data(rows.collect())
}

/// A window on some numbers, and what brings others.
fn window(state: State) -> (Harness<'static, App>, impl Fn(Dataset)) {
    let feed = Feed::fixed(numbers(60, 1000), "sample");
    let bring = feed.bringer();
    let mut harness = window_of(feed, state, [1440.0, 900.0]);
    harness.run();
    (harness, bring)
}

#[test]
fn a_zoom_and_the_days_cursor_stay() {
    let (mut harness, bring) = window(State::default());
    for key in [Key::ArrowLeft, Key::ArrowLeft, Key::Plus, Key::Plus] {
        harness.key_press(key);
        harness.run();
    }
    let before = harness.state().state().clone();
    assert!(before.zoom.is_some() && before.cursor.is_some());
    let axis = labels(&harness, Role::Figure);
    bring(numbers(61, 5000));
    harness.run();
    assert_eq!(*harness.state().state(), before);
    assert_eq!(labels(&harness, Role::Figure), axis, "the same days");
    assert!(
        descriptions(&harness)
            .iter()
            .any(|text| text.contains("5,001")),
        "with other numbers: {:?}",
        descriptions(&harness)
    );
}

#[test]
fn a_drag_goes_on() {
    let (mut harness, bring) = window(State::default());
    let chart = chart(&harness);
    let at = |share: f32| pos2(chart.lerp_inside(vec2(share, 0.5)).x, chart.center().y);
    harness.drag_at(at(0.2));
    harness.run();
    harness.hover_at(at(0.4));
    harness.run();
    bring(numbers(60, 9000));
    harness.run();
    harness.hover_at(at(0.6));
    harness.run();
    harness.drop_at(at(0.6));
    harness.run();
    let zoom = harness.state().state().zoom.unwrap();
    assert_eq!(
        (zoom.first, zoom.last),
        (Day(TODAY - 27 + 5), Day(TODAY - 27 + 16)),
        "from where it began"
    );
}

/// The days that are dragged over are named in more words than have room in the plot.
#[test]
fn a_drag_in_a_narrow_chart_zooms() {
    let mut state = State {
        view: View::Listeners,
        ..State::default()
    };
    state.reports.choose(Choice::Listeners(Part::New));
    let mut harness = window_of(Feed::sample(DEMO_TIME), state, SMALL);
    harness.run();
    let chart = chart(&harness);
    let at = |share: f32| pos2(chart.lerp_inside(vec2(share, 0.5)).x, chart.center().y);
    harness.drag_at(at(0.2));
    harness.run();
    harness.hover_at(at(0.8));
    harness.run();
    harness.drop_at(at(0.8));
    harness.run();
    assert!(harness.state().state().zoom.is_some());
}

#[test]
fn what_is_read_under_the_pointer_stays_that_day() {
    let (mut harness, bring) = window(State {
        view: View::Overlay,
        ..State::default()
    });
    let middle = chart(&harness).lerp_inside(vec2(0.5, 0.3));
    harness.hover_at(middle);
    harness.run();
    let day = |harness: &Harness<'_, App>| {
        let days = (0..28).map(|back| Day(TODAY - back).long());
        let read: Vec<String> = days
            .filter(|day| harness.query_by_label(day).is_some())
            .collect();
        read
    };
    let before = day(&harness);
    assert_eq!(before.len(), 1, "one day is read");
    bring(numbers(60, 7000));
    harness.run();
    assert_eq!(day(&harness), before);
    assert!(harness.query_all_by_label_contains("7,01").next().is_some());
}

#[test]
fn the_table_stays_where_it_was_scrolled_to_and_what_was_selected() {
    let (mut harness, bring) = window(State {
        view: View::Table,
        ..State::default()
    });
    let table = harness
        .query_all_by_role(Role::Table)
        .next()
        .and_then(|node| node.accesskit_node().bounding_box())
        .unwrap();
    harness.hover_at(pos2(table.x0 as f32 + 90.0, table.y0 as f32 + 200.0));
    harness.run();
    for _ in 0..3 {
        harness.event(Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            source: egui::MouseWheelSource::Unknown,
            delta: vec2(0.0, -200.0),
            phase: TouchPhase::Move,
            modifiers: Modifiers::NONE,
        });
        harness.run_steps(8);
    }
    let rows = |harness: &Harness<'_, App>| -> Vec<String> {
        let names = labels(harness, Role::Row).into_iter();
        names
            .map(|name| name.split(':').next().unwrap().to_owned())
            .collect()
    };
    let before = rows(&harness);
    assert!(!before[0].contains("2026-03-18"), "scrolled: {}", before[0]);
    bring(numbers(60, 7000));
    harness.run();
    assert_eq!(rows(&harness), before);
    assert!(has(&harness, Role::Row, "7,0"));
}

#[test]
fn typing_goes_on() {
    let (mut harness, bring) = window(State::default());
    harness.key_press(Key::Slash);
    harness.run();
    harness.event(Event::Text("pl".into()));
    harness.run();
    bring(numbers(60, 7000));
    harness.run();
    harness.event(Event::Text("ay".into()));
    harness.run();
    assert!(has(&harness, Role::CheckBox, "play"));
    assert!(
        !has(&harness, Role::CheckBox, "stop"),
        "the search is “play”"
    );
}

/// The same rows, one event more in each.
fn one_more(data: &Dataset) -> Dataset {
    let cells = data.cells();
    let rows = cells.iter().map(|cell| Row {
        slot: cell.slot,
        event_type: data.event_types[usize::from(cell.event_type)].clone(),
        region: data.regions[usize::from(cell.region)].clone(),
        events: cell.events + 1,
        late_events: cell.late_events,
        updated_at: cell.updated_at,
    });
    let more = Dataset::with_names(rows.collect(), data.status.clone(), data);
    match (data.grain.is_minute(), data.measure) {
        (true, _) => more.by_minute(data.zone.clone(), &[]),
        (_, Measure::Listeners) => more.of_listeners(),
        _ => more,
    }
}

/// Where everything is that does not follow a number: the end of a line does, and so does the width of a word.
fn places(harness: &Harness<'_, App>) -> Vec<String> {
    [
        Role::Figure,
        Role::Table,
        Role::ColumnHeader,
        Role::Row,
        Role::CheckBox,
        Role::RadioButton,
        Role::Button,
        Role::TextInput,
        Role::ScrollBar,
    ]
    .into_iter()
    .flat_map(|role| harness.query_all_by_role(role))
    .map(|node| {
        let node = node.accesskit_node();
        format!("{:?} {:?}", node.role(), node.bounding_box())
    })
    .collect()
}

#[test]
fn in_every_tab_a_refresh_moves_nothing_and_brings_what_is_new() {
    // The pipeline and what it rejected are not of the days that are brought.
    let of_days = |view: &View| !matches!(view, View::Pipeline | View::Rejects);
    for view in View::ALL.into_iter().filter(of_days) {
        let feed = Feed::sample(DEMO_TIME);
        let latest = feed.latest();
        let shown = match view {
            View::Live => latest.extras.minutes.clone(),
            View::Listeners => latest.extras.listeners.clone(),
            _ => latest.data.clone(),
        };
        let bring = feed.bringer();
        let state = State {
            view,
            ..State::default()
        };
        let mut harness = window_of(feed, state, [1440.0, 900.0]);
        harness.run();
        for key in [Key::ArrowLeft, Key::ArrowLeft, Key::Plus, Key::Plus] {
            harness.key_press(key);
            harness.run();
        }
        harness.hover_at(pos2(700.0, 400.0));
        harness.run();
        let state = harness.state().state().clone();
        assert!(
            state.zoom.is_some() || view == View::Live,
            "{view:?} is zoomed"
        );
        let (before, said) = (places(&harness), words(&harness));
        bring(one_more(&shown.unwrap()));
        harness.run();
        assert_eq!(*harness.state().state(), state, "{view:?}");
        let moved: Vec<_> = before
            .iter()
            .zip(places(&harness))
            .filter(|(a, b)| *a != b)
            .collect();
        assert!(moved.is_empty(), "{view:?}: {moved:?}");
        assert_eq!(places(&harness).len(), before.len(), "{view:?}");
        assert_ne!(words(&harness), said, "{view:?} shows what is new");
    }
}

fn words(harness: &Harness<'_, App>) -> Vec<String> {
    let nodes = harness.query_all(egui_kittest::kittest::By::new());
    nodes
        .filter_map(|node| node.accesskit_node().label())
        .collect()
}
