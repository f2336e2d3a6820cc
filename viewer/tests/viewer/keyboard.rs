//! Everything that can be clicked can be reached with Tab, and has a name.

use crate::harness::{all_views, window, window_of};
use egui::{Key, accesskit::Role};
use egui_kittest::{
    Harness,
    kittest::{By, NodeT, Queryable},
};
use musicstream_viewer::{
    DEMO_TIME,
    page::{State, Theme, View},
    source::Feed,
    ui::App,
};
use std::collections::BTreeSet;

/// Kinds of nodes that do something.
const CONTROLS: [Role; 8] = [
    Role::Button,
    Role::RadioButton,
    Role::CheckBox,
    Role::Switch,
    Role::TextInput,
    Role::Figure,
    Role::Table,
    Role::ColumnHeader,
];

fn controls(harness: &Harness<'_, App>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for role in CONTROLS {
        for node in harness.query_all_by_role(role) {
            let name = node.accesskit_node().label().unwrap_or_default();
            assert!(!name.trim().is_empty(), "a {role:?} without a name");
            // What is off does nothing.
            if node.accesskit_node().is_disabled() {
                continue;
            }
            // The legend's headers only explain.
            if role != Role::ColumnHeader || name.starts_with("Sort by") {
                names.insert(name);
            }
        }
    }
    names
}

fn focused(harness: &Harness<'_, App>) -> Option<String> {
    harness
        .query_all(By::new().predicate(|node| node.is_focused()))
        .next()
        .and_then(|node| node.accesskit_node().label())
}

fn reached(harness: &mut Harness<'_, App>, key: Key) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for _ in 0..120 {
        harness.key_press(key);
        harness.run();
        names.extend(focused(harness));
    }
    names
}

#[test]
fn tab_reaches_every_control_of_every_view() {
    for state in all_views() {
        let shown = (state.view, state.reports.listeners);
        let mut harness = window(state);
        let all = controls(&harness);
        assert!(all.len() > 25, "{shown:?}: {all:?}");
        let reached = reached(&mut harness, Key::Tab);
        let missed: Vec<_> = all.difference(&reached).collect();
        assert!(missed.is_empty(), "{shown:?} does not reach {missed:?}");
    }
}

#[test]
fn enter_and_blank_press_what_has_the_focus() {
    let mut harness = window(State {
        theme: Theme::Light,
        ..State::default()
    });
    for (name, key) in [("Dark theme", Key::Enter), ("Light theme", Key::Space)] {
        let dark = |harness: &Harness<'_, App>| harness.query_by_label("Light theme").is_some();
        let before = dark(&harness);
        harness.get_by_role_and_label(Role::Button, name).focus();
        harness.run();
        harness.key_press(key);
        harness.run();
        assert_ne!(dark(&harness), before, "{name}");
    }
}

#[test]
fn the_menu_of_views_in_a_small_window_is_used_by_keyboard() {
    let mut harness = window_of(Feed::sample(DEMO_TIME), State::default(), [780.0, 520.0]);
    harness.run();
    harness
        .get_by_role_and_label(Role::Button, "View: by event type")
        .focus();
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    let items = harness.query_all_by_role(Role::MenuItem).count();
    assert_eq!(items, 6, "all views of the section");
    for _ in 0..80 {
        harness.key_press(Key::Tab);
        harness.run();
        if focused(&harness).as_deref() == Some("Heatmap") {
            break;
        }
    }
    assert_eq!(focused(&harness).as_deref(), Some("Heatmap"));
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().state().view, View::Heatmap);
    assert_eq!(
        harness.query_all_by_role(Role::MenuItem).count(),
        0,
        "it is closed"
    );
}
