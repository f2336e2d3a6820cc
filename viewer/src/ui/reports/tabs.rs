//! The first line of tabs: what belongs together; and what can be chosen on a report.

use crate::{
    page::{
        Command, Section, State, View,
        reports::{Choice, listeners::Part, listening::Figure, songs::Top},
    },
    ui::{inputs::Inputs, memory::Memory, text, widgets},
};
use egui::Ui;

/// The sections side by side. *Events* returns to the view that was shown last.
pub(crate) fn sections(
    ui: &mut Ui,
    room: f32,
    state: &State,
    memory: &mut Memory,
    commands: &mut Vec<Command>,
) {
    let current = Section::of(state.view);
    if current == Section::Events {
        memory.events_view = state.view;
    }
    let options = Section::ALL.map(|section| {
        let word = text::section(section);
        (section, word, word.to_owned())
    });
    if let Some(section) = widgets::segments_within(ui, room, current, options) {
        commands.push(Command::Show(first(section, memory)));
    }
}

/// The view that a section shows at first.
pub(crate) fn first(section: Section, memory: &Memory) -> View {
    match section {
        Section::Events => memory.events_view,
        section => section.views()[0],
    }
}

/// What can be chosen on the report that is shown.
pub(crate) fn choices(ui: &mut Ui, inputs: &Inputs<'_>, commands: &mut Vec<Command>) {
    let chosen = &inputs.state.reports;
    match inputs.state.view {
        View::Listening => {
            let options = Figure::ALL.map(|figure| {
                let word = text::figure(figure);
                (figure, word, word.to_owned())
            });
            if let Some(figure) = widgets::segments(ui, chosen.figure, options) {
                commands.push(Command::Choose(Choice::Figure(figure)));
            }
        }
        View::Songs => {
            let options = Top::ALL.map(|top| {
                let [word, name] = text::top_songs(top);
                (top, word, name.to_owned())
            });
            if let Some(top) = widgets::segments(ui, chosen.top, options) {
                commands.push(Command::Choose(Choice::Top(top)));
            }
        }
        View::Listeners => {
            let options = Part::ALL.map(|part| {
                let [word, name] = text::part(part);
                (part, word, name.to_owned())
            });
            if let Some(part) = widgets::segments(ui, chosen.listeners, options) {
                commands.push(Command::Choose(Choice::Listeners(part)));
            }
        }
        _ => {}
    }
}
