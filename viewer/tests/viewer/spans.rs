//! Spans of which little is known: days to come, days before the first one, nothing switched on; and the way into a day.

use crate::{
    harness::{LARGE, TODAY, has, labels, row, status, window, window_of},
    layout::texts,
    places::SMALL,
    shot::state,
};
use egui::{Key, Rect, accesskit::Role, pos2};
use egui_kittest::{
    Harness,
    kittest::{NodeT, Queryable},
};
use musicstream_viewer::{
    calendar::{Day, Span},
    data::Dataset,
    page::{Bucket, Command, List, Range, State, View},
    source::Feed,
    ui::App,
};

/// 28 days of plays in one region, and no day before.
fn young(range: Range) -> Harness<'static, App> {
    let rows = (0..28).map(|back| row(TODAY - back, "play", "EU", 1000));
    let data = Dataset::new(rows.collect(), status());
    let state = State {
        range,
        ..State::default()
    };
    let mut harness = window_of(Feed::fixed(data, "music on db:5432"), state, LARGE);
    harness.run();
    harness
}

fn words(harness: &Harness<'_, App>) -> Vec<String> {
    texts(harness).into_iter().map(|text| text.words).collect()
}

#[test]
fn days_to_come_have_not_begun() {
    let span = Span::new(Day(TODAY + 5), Day(TODAY + 20));
    let harness = young(Range::Custom(span));
    let words = words(&harness);
    for said in ["not begun", "no events yet", "–"] {
        assert!(words.contains(&said.to_owned()), "{said}: {words:?}");
    }
    assert!(
        !words.iter().any(|words| words.starts_with("so far")),
        "{words:?}"
    );
    assert!(has(&harness, Role::GraphicsObject, "All events: no data"));
}

#[test]
fn days_before_the_first_one_are_no_empty_days() {
    let said = "no data before 19 Feb".to_owned();
    assert!(words(&young(Range::Year)).contains(&said));
    assert!(!words(&young(Range::Days28)).contains(&said));
}

/// No zero, no sum, and the first day with its year, in whatever view.
#[test]
fn a_span_before_the_first_day_has_no_numbers() {
    let span = Span::new(Day(TODAY - 500), Day(TODAY - 473));
    for size in [LARGE, SMALL] {
        for view in View::ALL {
            let rows = (0..28).map(|back| row(TODAY - back, "play", "EU", 1000));
            let state = State {
                range: Range::Custom(span),
                compare: true,
                ..state(view)
            };
            let data = Dataset::new(rows.collect(), status());
            let mut harness = window_of(Feed::fixed(data, "music on db:5432"), state, size);
            harness.run();
            let words = words(&harness);
            let daily = [
                View::ByEventType,
                View::ByRegion,
                View::Overlay,
                View::Heatmap,
            ];
            if daily.contains(&view) {
                let said = "no data before Thu 19 Feb 2026".to_owned();
                assert!(words.contains(&said), "{view:?} {size:?}: {words:?}");
                assert!(
                    !words.iter().any(|words| words == "0 events"),
                    "{view:?}: {words:?}"
                );
            }
        }
    }
}

/// The last hours have events.
#[test]
fn a_past_day_without_events_is_named() {
    let day = Day(TODAY - 2000);
    let state = State {
        drilled: Some((day, View::ByEventType)),
        ..state(View::Live)
    };
    let words = words(&window(state));
    let title = format!("No events on {}", day.long());
    assert!(words.contains(&title), "{words:?}");
    assert!(
        !words.iter().any(|words| words.contains("in the last")),
        "{words:?}"
    );
}

#[test]
fn with_nothing_switched_on_there_are_no_numbers() {
    let mut harness = window(State::default());
    let ctx = harness.ctx.clone();
    harness
        .state_mut()
        .run(Command::None(List::EventTypes), &ctx);
    harness.run();
    let tiles = labels(&harness, Role::GraphicsObject);
    assert!(
        tiles.contains(&"All events: no data".to_owned()),
        "{tiles:?}"
    );
    let listeners = tiles
        .iter()
        .find(|tile| tile.starts_with("Listeners"))
        .unwrap();
    assert!(listeners.starts_with("Listeners: about –"), "{listeners}");
    let words = words(&harness);
    for gone in ["0 %", "Series"] {
        assert!(!words.contains(&gone.to_owned()), "{gone}: {words:?}");
    }
}

/// Beside the dates, where one reads what is shown; and a past day says that it is final.
#[test]
fn the_way_back_from_a_day_stands_before_its_date() {
    let mut harness = window(State::default());
    for key in [Key::ArrowLeft, Key::ArrowLeft, Key::Enter] {
        harness.key_press(key);
        harness.run();
    }
    assert!(words(&harness).contains(&"final".to_owned()));
    harness.key_press(Key::ArrowLeft);
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert!(labels(&harness, Role::Figure)[0].contains("23:00 – 23:59"));
    harness.get_by_label("Back to 17 Mar").click();
    harness.run();
    assert!(labels(&harness, Role::Figure)[0].contains("00:00 – 23:59"));
    harness.key_press(Key::Enter);
    harness.run();
    harness.get_by_label("Back to the days").click();
    harness.run();
    let state = harness.state().state();
    assert_eq!((state.view, state.drilled), (View::ByEventType, None));
}

/// The pointer and the keyboard read one day, not two, and nothing lies over a dialog.
#[test]
fn there_is_one_tooltip_and_none_over_a_dialog() {
    let mut harness = window(State::default());
    let tooltips = |harness: &Harness<'_, App>| {
        let words = words(harness).into_iter();
        words.filter(|words| words == "All of these").count()
    };
    harness
        .query_all_by_role(Role::Figure)
        .next()
        .unwrap()
        .focus();
    harness.run();
    for _ in 0..3 {
        harness.key_press(Key::ArrowLeft);
        harness.run();
    }
    assert_eq!(tooltips(&harness), 1, "of the keyboard");
    let second = harness.query_all_by_role(Role::Figure).nth(1).unwrap();
    let bounds = second.accesskit_node().bounding_box().unwrap();
    harness.hover_at(pos2(bounds.x0 as f32 + 40.0, bounds.y0 as f32 + 20.0));
    harness.run_steps(4);
    assert_eq!(tooltips(&harness), 1, "of the pointer alone");
    harness.key_press(Key::F1);
    harness.run_steps(4);
    assert_eq!(tooltips(&harness), 0, "under the help");
}

#[test]
fn the_numbers_on_top_have_one_form_and_no_column_is_dropped_for_air() {
    let state = State {
        range: Range::Days90,
        bucket: Bucket::Week,
        ..State::default()
    };
    let harness = window(state);
    let tiles = harness.query_all_by_role(Role::GraphicsObject);
    let tiles = tiles.filter(|tile| {
        let name = tile.accesskit_node().label().unwrap_or_default();
        ["All events:", "pause:", "play:", "stop:"]
            .iter()
            .any(|of| name.starts_with(of))
            && name.contains("change")
    });
    let rects: Vec<Rect> = tiles
        .filter_map(|tile| tile.accesskit_node().bounding_box())
        .map(|at| {
            Rect::from_min_max(
                pos2(at.x0 as f32, at.y0 as f32),
                pos2(at.x1 as f32, at.y1 as f32),
            )
        })
        .collect();
    assert_eq!(rects.len(), 4);
    let numbers: Vec<String> = texts(&harness)
        .into_iter()
        .filter(|text| rects.iter().any(|rect| rect.contains_rect(text.rect)))
        .map(|text| text.words)
        .filter(|words| words.starts_with(|first: char| first.is_ascii_digit()))
        .collect();
    assert_eq!(numbers.len(), 4, "{numbers:?}");
    let exact = numbers.iter().filter(|number| number.contains(',')).count();
    assert!(exact == 0 || exact == 4, "{numbers:?}");
    assert!(has(&harness, Role::ColumnHeader, "Max"));
}
