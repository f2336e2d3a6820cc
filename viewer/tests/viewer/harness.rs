//! The window without a display, for the tests of this folder.

use egui::{Context, Theme, accesskit::Role, vec2};
use egui_kittest::{
    Harness,
    kittest::{NodeT, Queryable},
};
use musicstream_viewer::{
    DEMO_TIME,
    calendar::{DAY_US, Day, Slot},
    data::{Dataset, Row, Status},
    page::{
        State, View,
        reports::{Choice, listeners::Part},
    },
    source::Feed,
    ui::{App, Clock, theme},
};
use std::path::Path;

/// The usual size of a window.
pub(crate) const LARGE: [f32; 2] = [1440.0, 900.0];

/// The sample's day.
pub(crate) const TODAY: i32 = 20_530;

/// The name of a series of several names, as in [`musicstream_viewer::page::Page::new`].
pub(crate) fn others(count: usize) -> String {
    format!("{count} others")
}

/// A window on a feed; files are saved in the temporary folder.
pub(crate) fn window_of(feed: Feed, state: State, size: [f32; 2]) -> Harness<'static, App> {
    window_on(app_of(feed, state, &std::env::temp_dir()), size)
}

/// The contents of a window that saves its files in a folder.
pub(crate) fn app_of(feed: Feed, state: State, folder: &Path) -> App {
    App::new(feed, state, Clock::Fixed(DEMO_TIME), folder.into())
}

/// A window with these contents. No frame of it has run.
pub(crate) fn window_on(app: App, size: [f32; 2]) -> Harness<'static, App> {
    window_with(app, size, theme::install)
}

/// The same with other fonts or styles.
pub(crate) fn window_with(
    app: App,
    size: [f32; 2],
    install: fn(&Context),
) -> Harness<'static, App> {
    Harness::builder()
        .with_size(vec2(size[0], size[1]))
        .with_theme(Theme::Light)
        .with_max_steps(12)
        .with_context_setup(install)
        .build_ui_state(
            |ui, app: &mut App| {
                app.logic();
                app.ui(ui);
            },
            app,
        )
}

/// A large window on the sample, with all that the sample has.
pub(crate) fn window(state: State) -> Harness<'static, App> {
    let mut harness = window_of(Feed::sample(DEMO_TIME), state, LARGE);
    harness.run();
    harness
}

/// A row as of a final day.
pub(crate) fn row(day: i32, event_type: &str, region: &str, events: i64) -> Row {
    Row {
        slot: Slot(day),
        event_type: event_type.into(),
        region: region.into(),
        events,
        late_events: 0,
        updated_at: Some(0),
    }
}

/// Noon of the sample's day.
pub(crate) fn status() -> Status {
    Status {
        now: Day(TODAY).start() + DAY_US / 2,
        ..Status::default()
    }
}

/// Numbers of these rows.
pub(crate) fn data(rows: Vec<Row>) -> Dataset {
    Dataset::new(rows, status())
}

/// The names of all nodes of a kind.
pub(crate) fn labels(harness: &Harness<'_, App>, role: Role) -> Vec<String> {
    harness
        .query_all_by_role(role)
        .filter_map(|node| node.accesskit_node().label())
        .collect()
}

/// Whether a node of a kind has this in its name.
pub(crate) fn has(harness: &Harness<'_, App>, role: Role, part: &str) -> bool {
    labels(harness, role)
        .iter()
        .any(|label| label.contains(part))
}

/// What is said of all charts.
pub(crate) fn descriptions(harness: &Harness<'_, App>) -> Vec<String> {
    harness
        .query_all_by_role(Role::Figure)
        .filter_map(|node| node.accesskit_node().description())
        .collect()
}

/// Where a chart is.
pub(crate) fn chart(harness: &Harness<'_, App>) -> egui::Rect {
    let bounds = harness
        .query_all_by_role(Role::Figure)
        .next()
        .and_then(|node| node.accesskit_node().bounding_box())
        .unwrap();
    egui::Rect::from_min_max(
        egui::pos2(bounds.x0 as f32, bounds.y0 as f32),
        egui::pos2(bounds.x1 as f32, bounds.y1 as f32),
    )
}

/// Every view, and the listeners' view once for each choice of numbers.
pub(crate) fn all_views() -> Vec<State> {
    let views = View::ALL.map(|view| (view, Part::Day));
    let parts = Part::ALL.into_iter().skip(1);
    let parts = parts.map(|part| (View::Listeners, part));
    let states = views.into_iter().chain(parts).map(|(view, part)| {
        let mut state = State {
            view,
            ..State::default()
        };
        state.reports.choose(Choice::Listeners(part));
        state
    });
    states.collect()
}
