//! Commands found by typing, days typed, the zone, and what is kept until the next start.

use crate::harness::{TODAY, data, has, row, window, window_of};
use egui::{Event, Key, Modifiers, accesskit::Role};
use egui_kittest::{Harness, kittest::Queryable};
use musicstream_viewer::{
    DEMO_TIME,
    calendar::{Day, Span, Zone},
    data::Abilities,
    page::{List, Range, State, Theme, View},
    source::{Feed, demo},
    ui::App,
};
use std::collections::HashMap;

fn write(harness: &mut Harness<'_, App>, text: &str) {
    harness.event(Event::Text(text.into()));
    harness.run();
}

#[test]
fn a_command_is_found_by_a_part_of_its_name() {
    let mut harness = window(State::default());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run();
    assert!(has(&harness, Role::ListBoxOption, "Show: by event type"));
    write(&mut harness, "heat");
    assert!(!has(&harness, Role::ListBoxOption, "Show: by event type"));
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().state().view, View::Heatmap);
    assert!(!has(&harness, Role::ListBoxOption, ""), "it is closed");

    harness.key_press_modifiers(Modifiers::COMMAND, Key::P);
    harness.run();
    write(&mut harness, "regions alone");
    harness.key_press(Key::ArrowDown);
    harness.key_press(Key::Enter);
    harness.run();
    let regions = &harness.state().state().regions;
    assert!(regions.is_on("APAC") && !regions.is_on("EU"), "the second");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run();
    harness.key_press(Key::Escape);
    harness.run();
    assert!(!has(&harness, Role::ListBoxOption, ""));
}

/// However many names there are.
#[test]
fn each_name_is_found() {
    let rows = (0..250).map(|number| row(TODAY, "play", &format!("region {number:03}"), 1));
    let feed = Feed::fixed(data(rows.collect()), "here");
    let mut harness = window_of(feed, State::default(), [780.0, 520.0]);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run();
    write(&mut harness, "region 240 alone");
    harness.key_press(Key::Enter);
    harness.run();
    let regions = &harness.state().state().regions;
    assert!(regions.is_on("region 240") && !regions.is_on("region 001"));
}

/// With `Theme::System` the desktop chooses the theme; the command flips that one.
#[test]
fn the_command_flips_the_theme_that_is_on_screen() {
    for theme in [Theme::System, Theme::Light, Theme::Dark] {
        let mut harness = window(State {
            theme,
            ..State::default()
        });
        let is_dark = |harness: &Harness<'_, App>| harness.query_by_label("Light theme").is_some();
        let before = is_dark(&harness);
        assert_eq!(before, theme != Theme::Light, "this desktop is dark");
        harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
        harness.run();
        write(&mut harness, "light or dark");
        harness.key_press(Key::Enter);
        harness.run();
        assert_ne!(is_dark(&harness), before, "{theme:?}");
    }
}

/// A sign of a name is no key.
#[test]
fn a_question_mark_is_typed_without_opening_the_help() {
    let mut harness = window(State::default());
    harness.key_press(Key::Slash);
    harness.run();
    harness.key_press_modifiers(Modifiers::SHIFT, Key::Questionmark);
    write(&mut harness, "?");
    assert!(!harness.state().state().help);
    harness.key_press(Key::F1);
    harness.run();
    assert!(harness.state().state().help);
}

#[test]
fn days_are_typed_in_the_palette_and_in_their_dialog() {
    let mut harness = window(State::default());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run();
    write(&mut harness, "2026-03-01 2026-03-07");
    harness.key_press(Key::Enter);
    harness.run();
    let week = Range::Custom(Span::new(Day(TODAY - 17), Day(TODAY - 11)));
    assert_eq!(harness.state().state().range, week);
    assert!(has(&harness, Role::Row, "Total of 123 rows"));

    harness.key_press(Key::D);
    harness.run();
    for (field, day) in [("From", "2026-03-31"), ("To, included", "yesterday")] {
        harness
            .get_by_role_and_label(Role::TextInput, field)
            .focus();
        harness.run();
        harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        write(&mut harness, day);
    }
    harness.key_press(Key::Enter);
    harness.run();
    let turned = Range::Custom(Span::new(Day(TODAY - 1), Day(TODAY + 13)));
    assert_eq!(
        harness.state().state().range,
        turned,
        "whichever comes first"
    );

    harness.key_press(Key::D);
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    write(&mut harness, "31 Feb 2026");
    assert!(harness.query_by_label("“31 Feb 2026” is no day").is_some());
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().state().range, turned, "nothing happens");
}

/// The dialog refuses them, too.
#[test]
fn more_days_than_can_be_shown_are_not_found_in_the_palette() {
    let mut harness = window(State::default());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run();
    write(&mut harness, "1970-01-01 9999-12-31");
    assert!(!has(&harness, Role::ListBoxOption, ""));
}

#[test]
fn the_zone_is_chosen_by_name_and_stands_beside_the_days() {
    let zone = Zone {
        name: "Asia/Kathmandu".into(),
        offset: 345 * 60_000_000,
        watermark_offset: 345 * 60_000_000,
    };
    let data = demo::at(DEMO_TIME, 1).in_zone(zone);
    let can = Abilities {
        zones: true,
        zone_names: ["Asia/Kathmandu", "Europe/Berlin", "UTC"]
            .map(str::to_owned)
            .into(),
        ..Abilities::default()
    };
    let feed = Feed::fixed(data, "sample").knowing(can);
    let mut harness = window_of(feed, State::default(), [1440.0, 900.0]);
    harness.run();
    assert!(
        harness
            .query_by_label_contains("28 days  ·  Asia/Kathmandu")
            .is_some()
    );
    assert!(
        harness.query_by_label("so far, 20:05").is_some(),
        "once for all charts"
    );
    harness.key_press(Key::Z);
    harness.run();
    write(&mut harness, "berl");
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().state().zone, "Europe/Berlin");
    assert!(
        harness
            .query_by_label_contains("28 days  ·  Asia/Kathmandu")
            .is_some(),
        "until other numbers are here, these are still those of Kathmandu"
    );
}

#[derive(Default)]
struct Memory(HashMap<String, String>);

impl eframe::Storage for Memory {
    fn get_string(&self, key: &str) -> Option<String> {
        self.0.get(key).cloned()
    }
    fn set_string(&mut self, key: &str, value: String) {
        self.0.insert(key.into(), value);
    }
    fn remove_string(&mut self, key: &str) {
        self.0.remove(key);
    }
    fn flush(&mut self) {}
}

#[test]
fn the_view_is_the_same_after_a_start() {
    let mut state = State {
        view: View::Live,
        range: Range::Custom(Span::new(Day(1), Day(99))),
        zone: "Europe/Berlin".into(),
        zoom: Some(Span::new(Day(5), Day(9))),
        theme: Theme::Dark,
        compare: true,
        ..State::default()
    };
    let data = demo::at(DEMO_TIME, 1);
    state.assign_colors(&data);
    state.apply(
        musicstream_viewer::page::Command::Toggle(List::Regions, "EU".into()),
        &data,
    );
    let mut storage = Memory::default();
    eframe::set_value(&mut storage, "view", &state);
    let again: State = eframe::get_value(&storage, "view").unwrap();
    assert_eq!(again, state);
    let old = "(view:Heatmap,range:Days90,something_else:7)";
    storage.0.insert("view".into(), old.into());
    let again: State = eframe::get_value(&storage, "view").unwrap();
    assert_eq!((again.view, again.zone.as_str()), (View::Heatmap, "UTC"));
    assert!(!storage.0.values().any(|value| value.contains("password")));
}
