//! Options that a view does not have, and weeks and months of the one report that has them.

use crate::{
    harness::{descriptions, has, labels, window, window_of},
    places::SMALL,
    shot::state,
};
use egui::{Key, accesskit::Role};
use egui_kittest::{
    Harness,
    kittest::{NodeT, Queryable},
};
use musicstream_viewer::{
    DEMO_TIME,
    page::{Bucket, State, View},
    source::Feed,
    ui::App,
};

fn says(harness: &Harness<'_, App>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

/// Buttons are off and keys change nothing where an option has no effect, and both say why.
#[test]
fn what_a_view_does_not_have_is_off_and_says_why() {
    for (view, key, reason) in [
        (
            View::Listeners,
            Key::B,
            "distinct listeners of several days do not add up",
        ),
        (
            View::Songs,
            Key::B,
            "songs are counted over the whole range",
        ),
        (View::Rejects, Key::B, "rejects are counted by UTC day"),
        (View::Live, Key::B, "the live view is by minute"),
        (
            View::Listening,
            Key::M,
            "only events by day have a mean of 7 days",
        ),
        (
            View::Heatmap,
            Key::S,
            "only lines and rows of events have shares",
        ),
    ] {
        let before = State {
            bucket: Bucket::Month,
            ..state(view)
        };
        // As wide as all buttons need to be there.
        let feed = Feed::sample(DEMO_TIME);
        let mut harness = window_of(feed, before.clone(), [1920.0, 1200.0]);
        harness.run();
        let words = format!("No effect here: {reason}");
        if matches!(view, View::Listeners | View::Songs) {
            assert!(says(&harness, &words), "{view:?}");
            let week = "A slot for each: week, from Monday (B)";
            let week = harness.get_by_role_and_label(Role::RadioButton, week);
            assert!(week.accesskit_node().is_disabled(), "{view:?}");
            week.click();
            harness.run();
        }
        harness.key_press(key);
        harness.run();
        let after = harness.state().state();
        assert_eq!(
            (after.bucket, after.options, after.compare),
            (before.bucket, before.options, before.compare),
            "{view:?}"
        );
        assert!(says(&harness, &words), "{view:?}");
    }
}

#[test]
fn listening_has_weeks_and_months() {
    let mut harness = window(state(View::Listening));
    harness
        .get_by_role_and_label(Role::RadioButton, "A slot for each: week, from Monday (B)")
        .click();
    harness.run();
    assert_eq!(harness.state().state().bucket, Bucket::Week);
    assert!(has(&harness, Role::ColumnHeader, "Sort by Week"));
    let first = labels(&harness, Role::Row).into_iter().next().unwrap();
    assert!(first.starts_with("2026-W12, AFRICA, Hours"), "{first}");
    assert!(first.ends_with("so far, 2 of 7 days"), "{first}");
    assert!(
        labels(&harness, Role::GraphicsObject)
            .iter()
            .any(|tile| tile.contains("settled weeks)"))
    );
    harness.key_press(Key::ArrowLeft);
    harness.run();
    let said = descriptions(&harness).join(" ");
    assert!(said.contains("Week 12, 16 – 22 Mar 2026, so far"), "{said}");
}

/// Only events have a menu of options that could have the button in place of the line.
#[test]
fn reports_can_be_compared_in_the_smallest_window() {
    for view in [View::Listening, View::Listeners] {
        for bucket in [Bucket::Day, Bucket::Week, Bucket::Month] {
            let state = State {
                bucket,
                ..state(view)
            };
            let mut harness = window_of(Feed::sample(DEMO_TIME), state, SMALL);
            harness.run();
            let switches = harness.query_all_by_role(Role::Switch);
            let mut compare = switches.filter(|switch| {
                let name = switch.accesskit_node().label();
                name.is_some_and(|name| name.starts_with("Compare"))
            });
            let bounds = compare.next().map(|switch| switch.rect());
            assert!(
                bounds.is_some_and(|bounds| bounds.max.x <= SMALL[0]),
                "{view:?} {bucket:?}: {bounds:?}"
            );
        }
    }
}

#[test]
fn listeners_and_cells_have_no_shares() {
    let has_shares = |view| {
        let mut state = state(view);
        state.options.share = true;
        state.drawn().share
    };
    for view in [
        View::ByEventType,
        View::ByRegion,
        View::Overlay,
        View::Table,
    ] {
        assert!(has_shares(view), "{view:?}");
    }
    assert!(has_shares(View::Live));
    assert!(!has_shares(View::Listeners) && !has_shares(View::Heatmap));
}
