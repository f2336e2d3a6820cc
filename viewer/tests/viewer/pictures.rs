//! Every tab as a picture, in both themes, large and small; and what lies over them.

use crate::shot::{Shot, sample, state, status, today};
use egui::{Key, Theme, accesskit::Role};
use egui_kittest::SnapshotResults;
use egui_kittest::kittest::{NodeT, Queryable};
use musicstream_viewer::{
    DEMO_TIME,
    calendar::DAY_US,
    data::{Dataset, Row, Status},
    page::{
        Range, Split, State, View,
        reports::{Choice, listeners::Part, listening::Figure, songs::Top},
    },
    source::{Feed, demo},
};

const SMALL: [f32; 2] = [780.0, 520.0];
const LARGE: [f32; 2] = [1280.0, 800.0];

/// A view in both themes and both sizes; the large one with what more it can show.
fn pictures(view: View, name: &str, large: State) {
    let mut results = SnapshotResults::new();
    for (theme, word) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        for (size, state, form) in [
            (SMALL, state(view), "small"),
            (LARGE, large.clone(), "large"),
        ] {
            let shot = Shot {
                size,
                theme,
                ..Shot::new(sample(), state)
            };
            results.extend(shot.picture(&format!("{name}_{form}_{word}")));
        }
    }
}

#[test]
fn by_event_type() {
    let large = State {
        compare: true,
        ..state(View::ByEventType)
    };
    pictures(View::ByEventType, "by_event_type", large);
}

#[test]
fn by_region() {
    pictures(View::ByRegion, "by_region", state(View::ByRegion));
}

#[test]
fn overlay() {
    let large = State {
        split: Split::Both,
        range: Range::Days90,
        ..state(View::Overlay)
    };
    pictures(View::Overlay, "overlay", large);
}

#[test]
fn heatmap() {
    let large = State {
        range: Range::Days90,
        ..state(View::Heatmap)
    };
    pictures(View::Heatmap, "heatmap", large);
}

#[test]
fn live() {
    let large = State {
        split: Split::Regions,
        compare: true,
        ..state(View::Live)
    };
    pictures(View::Live, "live", large);
}

#[test]
fn listeners() {
    let large = State {
        compare: true,
        ..state(View::Listeners)
    };
    pictures(View::Listeners, "listeners", large);
}

/// What is chosen on a report.
fn chosen(view: View, choice: Choice) -> State {
    let mut state = state(view);
    state.reports.choose(choice);
    state
}

#[test]
fn listening() {
    let rate = chosen(View::Listening, Choice::Figure(Figure::SkipRate));
    pictures(View::Listening, "listening", rate);
}

#[test]
fn songs() {
    let fifty = chosen(View::Songs, Choice::Top(Top::Fifty));
    pictures(View::Songs, "songs", fifty);
}

#[test]
fn pipeline() {
    pictures(View::Pipeline, "pipeline", state(View::Pipeline));
}

#[test]
fn rejects() {
    let reason = Choice::Reason(Some("missing_field".into()));
    pictures(View::Rejects, "rejects", chosen(View::Rejects, reason));
}

#[test]
fn active_new_and_retained_listeners() {
    let mut results = SnapshotResults::new();
    for (part, theme, size, name) in [
        (Part::FourWeeks, Theme::Light, LARGE, "listeners_28_days"),
        (Part::New, Theme::Dark, LARGE, "listeners_new"),
        (Part::New, Theme::Light, SMALL, "listeners_new_small"),
        (Part::Retention, Theme::Light, LARGE, "retention_light"),
        (Part::Retention, Theme::Dark, SMALL, "retention_dark"),
    ] {
        let state = chosen(View::Listeners, Choice::Listeners(part));
        let shot = Shot {
            size,
            theme,
            ..Shot::new(sample(), state)
        };
        results.extend(shot.picture(name));
    }
}

#[test]
fn table() {
    pictures(View::Table, "table", state(View::Table));
}

#[test]
fn help() {
    let mut results = SnapshotResults::new();
    for (size, theme, name) in [
        (SMALL, Theme::Dark, "help_small_dark"),
        (LARGE, Theme::Light, "help_large_light"),
    ] {
        let mut harness = Shot {
            size,
            theme,
            ..Shot::new(sample(), State::default())
        }
        .harness();
        harness.key_press(Key::F1);
        harness.run_steps(3);
        harness.snapshot(name);
        results.extend(harness.take_snapshot_results());
    }
}

#[test]
fn palette() {
    let mut harness = Shot::new(sample(), State::default()).harness();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::K);
    harness.run_steps(3);
    harness.event(egui::Event::Text("show".into()));
    harness.run_steps(3);
    harness.snapshot("palette");
}

#[test]
fn days_typed() {
    let mut harness = Shot {
        size: SMALL,
        ..Shot::new(sample(), State::default())
    }
    .harness();
    harness.key_press(Key::D);
    harness.run_steps(3);
    harness.snapshot("days_typed");
}

/// Missing, zero, incomplete, final and late days; long names and names in other scripts.
#[test]
fn what_days_can_be() {
    let long = "a region with a name that is far too long for its place";
    let mut rows = Vec::new();
    for back in 0..14 {
        for (region, size) in [(long, 900), ("Łódź · Ελλάδα · Россия", 500)] {
            let events = match back {
                3..=5 => continue,
                8 if region != long => continue,
                10 => 0,
                0 => size / 3,
                back => size + i64::from(back * 37 % 90),
            };
            rows.push(Row {
                slot: today().plus(-back),
                event_type: "play".into(),
                region: region.into(),
                events,
                late_events: if back == 7 { 12 } else { 0 },
                updated_at: Some(DEMO_TIME),
            });
        }
    }
    let watermark = Some(DEMO_TIME - DAY_US);
    let feed = Feed::fixed(
        Dataset::new(
            rows,
            Status {
                watermark,
                ..status()
            },
        ),
        "odd days",
    );
    Shot::new(
        feed,
        State {
            range: Range::Days28,
            ..State::default()
        },
    )
    .snapshot("what_days_can_be");
}

#[test]
fn a_day_read_with_the_pointer() {
    let mut harness = Shot::new(sample(), state(View::Overlay)).harness();
    let chart = harness
        .query_all_by_role(Role::Figure)
        .next()
        .and_then(|node| node.accesskit_node().bounding_box())
        .unwrap();
    harness.hover_at(egui::pos2(
        chart.x0 as f32 * 0.4 + chart.x1 as f32 * 0.6,
        chart.y0 as f32 + 40.0,
    ));
    harness.run_steps(3);
    harness.snapshot("a_day_read_with_the_pointer");
}

#[test]
fn no_listeners() {
    let feed = Feed::fixed(demo::at(DEMO_TIME, 1), "music on db:5432");
    Shot {
        size: SMALL,
        ..Shot::new(feed, state(View::Listeners))
    }
    .snapshot("no_listeners");
}

#[test]
fn two_pixels_a_point() {
    Shot {
        size: SMALL,
        scale: 2.0,
        ..Shot::new(sample(), state(View::Overlay))
    }
    .snapshot("two_pixels_a_point");
}
