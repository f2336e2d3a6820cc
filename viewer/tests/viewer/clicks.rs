//! What can be clicked acts when it is clicked, where it is painted.

use crate::{
    harness::{
        LARGE, TODAY, all_views, app_of, data, labels, row, status, window, window_of, window_on,
    },
    layout::texts,
};
use egui::{
    Event, Key, Modifiers, OutputCommand, PointerButton, Pos2, Rect, Shape,
    accesskit::{self, Role},
};
use egui_kittest::{
    Harness,
    kittest::{By, NodeT, Queryable},
};
use musicstream_viewer::{
    DEMO_TIME,
    calendar::{Day, Slot, Span, Zone},
    data::Dataset,
    page::{Command, Range, Section, State, Theme, View},
    source::Feed,
    ui::App,
};
use std::{collections::BTreeSet, path::Path};

/// Presses and releases the button where a person would.
fn click_at(harness: &mut Harness<'_, App>, at: Pos2) {
    harness.hover_at(at);
    harness.run_steps(2);
    for pressed in [true, false] {
        harness.event(Event::PointerButton {
            pos: at,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
        harness.run_steps(1);
    }
    harness.run_steps(2);
}

fn bounds(node: &egui_kittest::Node<'_>) -> Option<Rect> {
    let bounds = node.accesskit_node().bounding_box()?;
    Some(Rect::from_min_max(
        egui::pos2(bounds.x0 as f32, bounds.y0 as f32),
        egui::pos2(bounds.x1 as f32, bounds.y1 as f32),
    ))
}

fn copied(harness: &Harness<'_, App>) -> Option<String> {
    harness
        .output()
        .platform_output
        .commands
        .iter()
        .find_map(|command| match command {
            OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        })
}

#[test]
fn a_click_selects_the_row_under_the_pointer() {
    let mut harness = window(State {
        view: View::Table,
        ..State::default()
    });
    let name = labels(&harness, Role::Row)[3].clone();
    let row = harness.get_by_role_and_label(Role::Row, &name);
    let at = bounds(&row).unwrap().center();
    click_at(&mut harness, at);
    harness.event(Event::Copy);
    harness.step();
    let copied = copied(&harness).expect("nothing is selected");
    let words: Vec<&str> = copied.split('\t').collect();
    assert!(
        name.starts_with(&words[..3].join(" ")),
        "{copied} is not {name}"
    );
}

/// Clicks the first row whose name has this in it.
fn click_row(harness: &mut Harness<'_, App>, part: &str) {
    let rows = labels(harness, Role::Row);
    let name = rows.iter().find(|name| name.contains(part)).unwrap();
    let row = harness.get_by_role_and_label(Role::Row, name);
    let at = bounds(&row).unwrap().center();
    click_at(harness, at);
}

#[test]
fn a_copied_row_has_the_number_on_screen() {
    let numbers = |events| data(vec![row(TODAY, "play", "EU", events)]);
    let feed = Feed::fixed(numbers(1000), "sample");
    let bring = feed.bringer();
    let state = State {
        view: View::Table,
        ..State::default()
    };
    let mut harness = window_of(feed, state, LARGE);
    harness.run();
    click_row(&mut harness, " play EU");
    bring(numbers(5000));
    harness.run();
    harness.event(Event::Copy);
    harness.step();
    assert_eq!(
        copied(&harness).as_deref(),
        Some("2026-03-18\tplay\tEU\t5000\t0")
    );
}

#[test]
fn a_click_on_an_entry_of_the_palette_runs_it() {
    let mut harness = window(State::default());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run_steps(3);
    let entry = harness.get_by_role_and_label(Role::ListBoxOption, "Show: overlay");
    let at = bounds(&entry).unwrap().center();
    click_at(&mut harness, at);
    assert_eq!(harness.state().state().view, View::Overlay);
    assert!(
        labels(&harness, Role::ListBoxOption).is_empty(),
        "it stays open"
    );
}

#[test]
fn entries_of_the_palette_come_back_when_its_text_is_cleared() {
    let mut harness = window(State::default());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run_steps(3);
    let seen = |harness: &Harness<'_, App>| texts(harness).len();
    let all = seen(&harness);
    harness.event(Event::Text("heatmap".into()));
    harness.run_steps(3);
    assert!(seen(&harness) < all);
    for _ in "heatmap".chars() {
        harness.key_press(Key::Backspace);
    }
    harness.run_steps(3);
    assert_eq!(seen(&harness), all);
}

#[test]
fn down_on_the_last_row_keeps_the_rows_in_view() {
    let mut harness = window(State {
        view: View::Table,
        ..State::default()
    });
    let row = harness.query_all_by_role(Role::Row).next().unwrap();
    let at = bounds(&row).unwrap().center();
    click_at(&mut harness, at);
    harness.key_press(Key::End);
    harness.run();
    for _ in 0..3 {
        // The frame of the key itself, not the next one.
        harness.event(Event::Key {
            key: Key::ArrowDown,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: Modifiers::NONE,
        });
        harness.step();
        let mut rows: Vec<Rect> = harness
            .query_all_by_role(Role::Row)
            .filter_map(|row| bounds(&row))
            .collect();
        rows.sort_by(|a, b| a.min.y.total_cmp(&b.min.y));
        // The last one is that of the totals, below which is nothing.
        let [.., last, totals] = rows.as_slice() else {
            panic!("no rows");
        };
        let blank = totals.min.y - last.max.y;
        assert!(blank < 24.0, "{blank} points without a row");
    }
}

/// Rings as they are painted around what has the keyboard.
fn rings(harness: &Harness<'_, App>) -> usize {
    fn count(shape: &Shape) -> usize {
        match shape {
            Shape::Vec(shapes) => shapes.iter().map(count).sum(),
            Shape::Rect(rect) => {
                let accent = egui::Color32::from_rgb(0x25, 0x63, 0xC9);
                usize::from(rect.stroke.width == 2.0 && rect.stroke.color == accent)
            }
            _ => 0,
        }
    }
    harness
        .output()
        .shapes
        .iter()
        .map(|clipped| count(&clipped.shape))
        .sum()
}

#[test]
fn only_the_keyboard_draws_a_ring() {
    let mut harness = window(State {
        theme: Theme::Light,
        ..State::default()
    });
    let pause = harness.get_by_role_and_label(Role::Button, "Pause");
    let at = bounds(&pause).unwrap().center();
    let chart = crate::harness::chart(&harness).center();
    for at in [at, chart] {
        click_at(&mut harness, at);
        assert_eq!(rings(&harness), 0, "after a click at {at:?}");
    }
    harness.key_press(Key::Tab);
    harness.run();
    assert_eq!(rings(&harness), 1, "after Tab");
}

/// What a click may change that a test can see.
#[derive(PartialEq)]
struct Seen {
    state: String,
    texts: Vec<String>,
    copied: Option<String>,
    /// How tables are sorted, which an arrow says.
    sorted: Vec<String>,
}

fn seen(harness: &Harness<'_, App>) -> Seen {
    Seen {
        state: format!("{:?}", harness.state().state()),
        texts: texts(harness).into_iter().map(|text| text.words).collect(),
        copied: copied(harness),
        sorted: labels(harness, Role::ColumnHeader),
    }
}

/// Two of each are off, and it is zoomed in: then there is something to do for each button.
fn busy(shown: &State) -> Harness<'static, App> {
    let view = shown.view;
    let mut state = State {
        theme: Theme::Light,
        zoom: Some(Span::new(Day(TODAY - 9), Day(TODAY))),
        ..shown.clone()
    };
    state.event_types.toggle("stop");
    state.regions.toggle("APAC");
    let mut harness = window(state);
    let minutes = Slot(TODAY * 1440 + 860);
    if view == View::Live {
        let ctx = harness.ctx.clone();
        let zoom = Span::new(minutes.plus(-60), minutes);
        harness.state_mut().run(Command::Zoom(zoom), &ctx);
        harness.run();
    }
    harness
}

/// Everything that says of itself that it can be clicked, and is not as it would be after the click already.
fn clickable(harness: &Harness<'_, App>) -> Vec<(Role, String, Rect)> {
    let mut names = BTreeSet::new();
    // Rows below that of the totals are covered by it.
    let totals = harness
        .query_all_by_role(Role::Row)
        .filter(|row| {
            row.accesskit_node()
                .label()
                .is_some_and(|name| name.starts_with("Total of") || name.ends_with(" rows"))
        })
        .find_map(|row| bounds(&row));
    let by = By::new().predicate(|node| node.data().supports_action(accesskit::Action::Click));
    harness
        .query_all(by)
        .filter_map(|node| {
            let tree = node.accesskit_node();
            let is_on = tree.toggled() == Some(accesskit::Toggled::True);
            let (role, name) = (tree.role(), tree.label().unwrap_or_default());
            let is_choice = matches!(role, Role::RadioButton);
            let rect = bounds(&node)?;
            if role == Role::Row && totals.is_some_and(|totals| rect.center().y >= totals.min.y) {
                return None;
            }
            (!(name.is_empty() || is_choice && is_on) && names.insert(name.clone()))
                .then_some((role, name, rect))
        })
        .collect()
}

/// The source is asked, and what it has is on screen already.
const NOTHING_TO_SEE: [&str; 1] = ["Refresh"];

#[test]
fn everything_that_can_be_clicked_acts() {
    let mut known = BTreeSet::new();
    for state in all_views() {
        let shown = (state.view, state.reports.listeners);
        for (role, name, rect) in clickable(&busy(&state)) {
            if matches!(role, Role::TextInput | Role::Splitter) || !known.insert(name.clone()) {
                continue;
            }
            if NOTHING_TO_SEE.contains(&name.as_str()) {
                continue;
            }
            let mut harness = busy(&state);
            let at = match role {
                // Where no row lies over the table, nothing does either.
                Role::Table => rect.left_top() + egui::vec2(60.0, 50.0),
                _ => rect.center(),
            };
            let row = role == Role::Row || role == Role::Table;
            harness.hover_at(at);
            harness.run_steps(2);
            let before = seen(&harness);
            click_at(&mut harness, at);
            if row {
                harness.event(Event::Copy);
                harness.step();
            }
            assert!(
                seen(&harness) != before,
                "{shown:?}: a click on {role:?} “{name}” does nothing"
            );
        }
    }
    assert!(known.len() > 60, "{known:?}");
}

fn files(folder: &Path) -> BTreeSet<String> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn csv_files_of_several_views_stand_beside_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let feed = Feed::sample(DEMO_TIME);
    let app = app_of(feed, State::default(), folder.path());
    let mut harness = window_on(app, LARGE);
    harness.run();
    let mut headers = BTreeSet::new();
    for view in [View::ByEventType, View::Listeners, View::Listeners] {
        let ctx = harness.ctx.clone();
        harness.state_mut().run(Command::Show(view), &ctx);
        harness.run();
        harness.state_mut().run(Command::SaveCsv, &ctx);
        harness.run();
    }
    let names = files(folder.path());
    assert_eq!(names.len(), 3, "{names:?}");
    for name in &names {
        let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
        headers.insert(text.lines().next().unwrap().to_owned());
    }
    assert_eq!(headers.len(), 2, "{headers:?}");
}

/// The line at the bottom where there is much to say.
#[test]
fn the_line_at_the_bottom_is_whole_in_a_usual_window() {
    let zone = Zone {
        name: "Asia/Kathmandu".into(),
        offset: 345 * 60_000_000,
        watermark_offset: 345 * 60_000_000,
    };
    let rows = (0..800).map(|back| row(TODAY - back, "play", "EU", 1000));
    let mut data = Dataset::new(rows.collect(), status()).in_zone(zone);
    data.status.rejected = 1_214_377;
    data.status.staged = 18_044;
    let folder = tempfile::tempdir().unwrap();
    let downloads = folder
        .path()
        .join("Downloads")
        .join("numbers of the music service");
    std::fs::create_dir_all(&downloads).unwrap();
    let state = State {
        range: Range::All,
        ..State::default()
    };
    let app = app_of(Feed::fixed(data, "music on db:5432"), state, &downloads);
    let mut harness = window_on(app, LARGE);
    harness.run();
    let bottom = |harness: &Harness<'_, App>| -> Vec<(String, bool)> {
        let texts = texts(harness).into_iter();
        let bottom = texts.filter(|text| text.rect.min.y > 860.0);
        bottom.map(|text| (text.words, text.elided)).collect()
    };
    let cut = |bottom: &[(String, bool)]| bottom.iter().any(|(_, elided)| *elided);
    let before = bottom(&harness);
    assert!(!cut(&before), "{before:?}");
    let ctx = harness.ctx.clone();
    harness.state_mut().run(Command::SaveCsv, &ctx);
    harness.run();
    let after = bottom(&harness);
    assert!(!cut(&after), "{after:?}");
    assert!(
        after.iter().any(|(words, _)| words.contains("saved")),
        "{after:?}"
    );
}

/// In the smallest window, too, one sees which days, on which clock, and how many events.
#[test]
fn the_smallest_window_says_days_zone_and_total() {
    for view in View::ALL {
        let rows = (0..28).map(|back| row(TODAY - back, "play", "EU", 1000));
        let data = Dataset::new(rows.collect(), status());
        let feed = Feed::fixed(data, "music on db:5432");
        let mut harness = window_of(
            feed,
            State {
                view,
                ..State::default()
            },
            [780.0, 520.0],
        );
        harness.run();
        let words: Vec<String> = texts(&harness).into_iter().map(|text| text.words).collect();
        let all = words.join("\n");
        // Reports say their sums in tables of their own.
        let is_of_events = Section::of(view) == Section::Events;
        if view == View::Live || view == View::Listeners || !is_of_events {
            continue;
        }
        for part in ["19 Feb – 18 Mar 2026", "UTC", "28,000"] {
            assert!(all.contains(part), "{view:?}: no {part} in {words:?}");
        }
    }
}
