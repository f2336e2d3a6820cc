//! The menus on top, and views that are saved from one and shown again.

use crate::harness::{LARGE, app_of, has, labels, window_on};
use egui::{Event, Key, Modifiers, OutputCommand, accesskit::Role};
use egui_kittest::{Harness, kittest::Queryable};
use musicstream_viewer::{
    DEMO_TIME,
    page::{Command, List, Range, Split, State, View},
    saved::SavedViews,
    source::Feed,
    ui::App,
};
use std::path::Path;

/// A window whose files and saved views are in a folder.
fn window_in(folder: &Path) -> Harness<'static, App> {
    let app = app_of(Feed::sample(DEMO_TIME), State::default(), folder)
        .with_saved(SavedViews::at(folder.join("views.json")).unwrap());
    let mut harness = window_on(app, LARGE);
    harness.run();
    harness
}

fn choose(harness: &mut Harness<'_, App>, menu: &str, item: &str) {
    harness.get_by_role_and_label(Role::Button, menu).click();
    harness.run();
    harness.get_by_role_and_label(Role::MenuItem, item).click();
    harness.step();
}

fn copied(harness: &mut Harness<'_, App>) -> Option<String> {
    for _ in 0..3 {
        let commands = &harness.output().platform_output.commands;
        let text = commands.iter().find_map(|command| match command {
            OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        });
        if text.is_some() {
            return text;
        }
        harness.step();
    }
    None
}

#[test]
fn each_line_of_the_export_menu_acts() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = window_in(folder.path());
    choose(&mut harness, "Export", "Save the rows of the table as CSV");
    harness.run();
    let files = std::fs::read_dir(folder.path()).unwrap();
    let csv = files
        .map(|file| file.unwrap().path())
        .find(|path| path.extension().is_some_and(|kind| kind == "csv"));
    let saved = std::fs::read_to_string(csv.unwrap()).unwrap();
    choose(&mut harness, "Export", "Copy the rows of the table as CSV");
    assert_eq!(copied(&mut harness), Some(saved));
    choose(&mut harness, "Export", "Copy as a command line");
    let line = "musicstream-viewer --demo --view by-event-type";
    assert_eq!(copied(&mut harness).as_deref(), Some(line));
    harness.run();
    assert!(!has(&harness, Role::MenuItem, ""), "it is closed");
}

#[test]
fn a_view_is_saved_shown_again_and_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = window_in(folder.path());
    let run = |harness: &mut Harness<'_, App>, command: Command| {
        let ctx = harness.ctx.clone();
        harness.state_mut().run(command, &ctx);
        harness.run();
    };
    run(&mut harness, Command::Show(View::Overlay));
    run(&mut harness, Command::SplitBy(Split::Regions));
    run(&mut harness, Command::Look(Range::Days7));
    run(&mut harness, Command::Toggle(List::Regions, "US".into()));
    choose(&mut harness, "Saved views", "Save this view …");
    harness.run();
    harness.event(Event::Text("Week's plays".into()));
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    let options = [
        "--view",
        "overlay",
        "--split",
        "regions",
        "--range",
        "7d",
        "--hide-region",
        "US",
    ];
    let saved = SavedViews::at(folder.path().join("views.json")).unwrap();
    assert_eq!(saved.named("Week's plays").unwrap(), options);

    run(&mut harness, Command::Show(View::Table));
    run(&mut harness, Command::Look(Range::All));
    run(&mut harness, Command::All(List::Regions));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run();
    harness.event(Event::Text("week's".into()));
    harness.run();
    assert_eq!(
        labels(&harness, Role::ListBoxOption)[0],
        "View: Week's plays"
    );
    harness.key_press(Key::Enter);
    harness.run();
    let state = harness.state().state();
    assert_eq!(
        (state.view, state.split, state.range),
        (View::Overlay, Split::Regions, Range::Days7)
    );
    assert!(!state.regions.is_on("US") && state.regions.is_on("EU"));

    harness
        .get_by_role_and_label(Role::Button, "Saved views")
        .click();
    harness.run();
    harness
        .get_by_label("Forget the view: Week's plays")
        .click();
    harness.run();
    let saved = SavedViews::at(folder.path().join("views.json")).unwrap();
    assert_eq!(saved.names().count(), 0);
}
