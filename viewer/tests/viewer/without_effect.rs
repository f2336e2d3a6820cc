//! Options that a view does not have, and weeks and months of the one report that has them.

use crate::{
    harness::{descriptions, has, labels, window, window_of},
    layout::texts,
    places::SMALL,
    shot::state,
};
use egui::{
    Key,
    accesskit::{Role, Toggled},
};
use egui_kittest::{
    Harness,
    kittest::{NodeT, Queryable},
};
use musicstream_viewer::{
    DEMO_TIME,
    page::{Bucket, ChartOptions, Range, SeriesOrder, State, View},
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
            // The margin at the right is twelve points wide, and the frame of the test eight.
            assert!(
                bounds.is_some_and(|bounds| bounds.max.x <= SMALL[0] - 20.0),
                "{view:?} {bucket:?}: {bounds:?}"
            );
        }
    }
}

/// Figures on top of a table are those of all names, whatever the charts of another view join.
#[test]
fn the_table_has_the_figures_of_all_names() {
    let tiles = |options| {
        let state = State {
            options,
            ..state(View::Table)
        };
        let harness = window(state);
        let tiles = labels(&harness, Role::GraphicsObject).into_iter();
        tiles
            .filter_map(|tile| Some(tile.split_once(':')?.0.to_owned()))
            .collect::<Vec<_>>()
    };
    let usual = tiles(ChartOptions::default());
    assert!(usual.len() > 3, "{usual:?}");
    let joined = ChartOptions {
        top: Some(1),
        order: SeriesOrder::Size,
        ..ChartOptions::default()
    };
    assert_eq!(tiles(joined), usual);
}

/// What is compared with is drawn, or it is said why there is nothing to be seen.
#[test]
fn nothing_claims_to_be_drawn_where_nothing_is_compared() {
    let words = |state: State| {
        let texts = texts(&window(state)).into_iter();
        texts.map(|text| text.words).collect::<Vec<_>>().join("\n")
    };
    let compared = |view, range, share| {
        let mut state = state(view);
        (state.compare, state.range) = (true, range);
        state.options.share = share;
        words(state)
    };
    let usual = compared(View::Overlay, Range::Days28, false);
    assert!(usual.contains("thin: "), "{usual}");
    let stacked = compared(View::Overlay, Range::Days28, true);
    assert!(!stacked.contains("thin: "), "{stacked}");
    let all = compared(View::Overlay, Range::All, false);
    assert!(
        all.contains("no data: ") && !all.contains("thin: "),
        "{all}"
    );
    // Beside the choices of listening there is no room to say it; it is not claimed either.
    let all = compared(View::Listening, Range::All, false);
    assert!(!all.contains("thin: "), "{all}");
    let table = State {
        compare: true,
        ..state(View::Table)
    };
    assert!(!table.compares());
}

/// A stack of shares has an axis from 0 to 100 %, whatever was chosen for lines, which is kept.
#[test]
fn shares_have_no_other_axis() {
    let mut shares = state(View::ByRegion);
    (shares.options.share, shares.options.log) = (true, true);
    let before = shares.options;
    let mut harness = window_of(Feed::sample(DEMO_TIME), shares, [1920.0, 1200.0]);
    harness
        .get_by_role_and_label(Role::Switch, "Options of the charts")
        .click();
    harness.run();
    for name in ["Logarithmic axis", "One axis for all charts"] {
        let check = harness.get_by_role_and_label(Role::CheckBox, name);
        let node = check.accesskit_node();
        assert!(node.is_disabled(), "{name}");
        assert_eq!(node.toggled(), Some(Toggled::False), "{name}");
    }
    harness.key_press(Key::Escape);
    harness.run();
    for key in [Key::L, Key::Y] {
        harness.key_press(key);
        harness.run();
        assert_eq!(harness.state().state().options, before, "{key:?}");
        let reason = "No effect here: shares are stacked: their axis ends at 100 %";
        assert!(says(&harness, reason), "{key:?}");
    }
    harness.key_press(Key::S);
    harness.run();
    let log = harness.state().state().drawn().log;
    assert!(log, "as chosen before");
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
