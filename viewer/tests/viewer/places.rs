//! Where things are: charts of a small window are high enough to read, and tabs stay under the pointer.

use crate::{
    harness::{LARGE, row, status, window_of},
    layout::texts,
};
use egui::accesskit::Role;
use egui_kittest::{
    Harness,
    kittest::{NodeT, Queryable},
};
use musicstream_viewer::{
    DEMO_TIME,
    data::Dataset,
    page::{Section, Split, State, View},
    source::Feed,
    ui::App,
};

pub(crate) const SMALL: [f32; 2] = [780.0, 520.0];

fn sample(view: View, size: [f32; 2]) -> Harness<'static, App> {
    let state = State {
        view,
        split: Split::Regions,
        ..State::default()
    };
    let mut harness = window_of(Feed::sample(DEMO_TIME), state, size);
    harness.run();
    harness
}

#[test]
fn lines_are_a_hundred_points_high_in_the_smallest_window() {
    for view in [
        View::ByEventType,
        View::ByRegion,
        View::Overlay,
        View::Live,
        View::Listeners,
    ] {
        let harness = sample(view, SMALL);
        for chart in harness.query_all_by_role(Role::Figure) {
            let bounds = chart.accesskit_node().bounding_box().unwrap();
            assert!(bounds.height() >= 100.0, "{view:?}: {bounds:?}");
        }
    }
}

/// A name that has no room is counted, so that nobody takes those beside a chart for all of them.
#[test]
fn names_without_room_are_counted() {
    let names = |regions: usize| {
        let rows = (0..28).flat_map(|back| {
            (0..regions).map(move |at| {
                let region = format!("R{at:02}");
                row(20_530 - back, "play", &region, 1000 + 10 * at as i64)
            })
        });
        let data = Dataset::new(rows.collect(), status());
        let feed = Feed::fixed(data, "many regions");
        let mut harness = window_of(feed, State::default(), SMALL);
        harness.run();
        let bounds = harness.query_all_by_role(Role::Figure).next().unwrap();
        let right = bounds.accesskit_node().bounding_box().unwrap().x1 as f32;
        let beside = texts(&harness)
            .into_iter()
            .filter(|text| text.rect.min.x > right);
        let words = beside.map(|text| text.words);
        words
            .filter(|words| words.starts_with(['R', '+']))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(6).len(), 6);
    let beside = names(40);
    let counted = format!("+{} more", 40 - (beside.len() - 1));
    assert!(beside.contains(&counted), "{beside:?}");
}

#[test]
fn the_first_tabs_stay_where_they_are() {
    for size in [SMALL, [1000.0, 640.0], LARGE, [1920.0, 1200.0]] {
        let tabs = |view| {
            let harness = sample(view, size);
            let words = [
                "Events",
                "Listening",
                "Songs",
                "Listeners",
                "Pipeline",
                "Rejects",
            ];
            assert_eq!(words.len(), Section::ALL.len());
            let tabs = words.map(|word| {
                let tabs = harness.query_all_by_role(Role::RadioButton);
                let mut tabs =
                    tabs.filter(|tab| tab.accesskit_node().label().as_deref() == Some(word));
                tabs.next()
                    .unwrap()
                    .accesskit_node()
                    .bounding_box()
                    .unwrap()
            });
            // Without the filters, which some have at the left.
            let left = tabs[0].x0;
            tabs.map(|tab| format!("{:.1} – {:.1}, {:.1}", tab.x0 - left, tab.x1 - left, tab.y0))
        };
        let first = tabs(View::ByEventType);
        for view in View::ALL {
            assert_eq!(tabs(view), first, "{view:?} {size:?}");
        }
    }
}
