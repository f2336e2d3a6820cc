//! Keys that work everywhere, unless text is being typed.

use super::{
    dates::Dates,
    memory::{CommandPalette, Memory, Scope},
    reports::tabs,
    theme, widgets,
};
use crate::page::{Command, Hours, Range, Section, State, View};
use egui::{Event, Key, Modifiers, Popup, Ui};

const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

const DIGITS: [Key; 7] = [
    Key::Num1,
    Key::Num2,
    Key::Num3,
    Key::Num4,
    Key::Num5,
    Key::Num6,
    Key::Num7,
];

/// A large step: a week, or a quarter of an hour.
fn stride(state: &State) -> i32 {
    match state.view {
        View::Live => 15,
        _ => 7,
    }
}

/// What the keys of this frame ask for.
pub(super) fn read(ui: &Ui, memory: &mut Memory, state: &State) -> Vec<Command> {
    widgets::note_input_device(ui);
    let mut commands = Vec::new();
    let take = |modifiers, key| pressed(ui, modifiers, key);
    let is_typing = ui.ctx().text_edit_focused();
    let signs = [Modifiers::NONE, Modifiers::SHIFT].map(|with| (with, Key::Questionmark));
    // The sign may be part of a name that is being typed.
    let signs = signs.into_iter().filter(|_| !is_typing);
    if take(Modifiers::NONE, Key::F1) || signs.into_iter().any(|(with, key)| take(with, key)) {
        commands.push(Command::ToggleHelp);
    }
    let is_open = memory.palette.is_some() || memory.dates.is_some() || memory.naming.is_some();
    if state.help || state.events.is_some() || is_open || Popup::is_any_open(ui.ctx()) {
        return commands;
    }
    if take(Modifiers::COMMAND, Key::K) || take(Modifiers::COMMAND, Key::P) {
        memory.palette = Some(CommandPalette::new(Scope::All));
        return commands;
    }
    // The most specific first.
    if take(CTRL_SHIFT, Key::S) {
        commands.push(Command::SavePicture);
    }
    if take(CTRL_SHIFT, Key::C) {
        commands.push(Command::CopyCsv);
    }
    if take(Modifiers::COMMAND, Key::E) {
        commands.push(Command::SaveCsv);
    }
    for (key, view) in DIGITS.into_iter().zip(View::ALL) {
        if take(Modifiers::COMMAND, key) {
            commands.push(Command::Show(view));
        }
    }
    for (key, section) in DIGITS.into_iter().zip(Section::ALL) {
        if take(Modifiers::ALT, key) {
            commands.push(Command::Show(tabs::first(section, memory)));
        }
    }
    if take(Modifiers::NONE, Key::F5) {
        commands.push(Command::Refresh);
    }
    if is_typing {
        return commands;
    }
    let live = state.view == View::Live;
    let ranges = Range::ALL.map(Command::Look);
    let hours = Hours::ALL.map(Command::LookLive);
    let backs: &[Command] = if live { &hours } else { &ranges };
    for (key, look) in DIGITS.into_iter().zip(backs) {
        if take(Modifiers::NONE, key) {
            commands.push(look.clone());
        }
    }
    if take(Modifiers::NONE, Key::D) {
        memory.dates = Some(Dates::default());
    }
    if take(Modifiers::NONE, Key::Z) {
        memory.palette = Some(CommandPalette::new(Scope::Zones));
    }
    let stride = stride(state);
    if take(Modifiers::NONE, Key::R) {
        commands.push(Command::Refresh);
    }
    for (key, command) in [
        (Key::B, Command::NextBucket),
        (Key::M, Command::ToggleMean),
        (Key::S, Command::ToggleShare),
        (Key::L, Command::ToggleLog),
        (Key::Y, Command::ToggleSameScale),
        (Key::C, Command::ToggleCompare),
    ] {
        if take(Modifiers::NONE, key) {
            commands.push(command);
        }
    }
    if take(Modifiers::NONE, Key::T) {
        commands.push(Command::FlipTheme {
            dark: theme::tokens(ui).dark,
        });
    }
    if take(Modifiers::NONE, Key::Slash) {
        memory.focus_search = true;
    }
    for key in [Key::Plus, Key::Equals] {
        if take(Modifiers::NONE, key) || take(Modifiers::SHIFT, key) {
            commands.push(Command::ZoomBy(0.6));
        }
    }
    if take(Modifiers::NONE, Key::Minus) {
        commands.push(Command::ZoomBy(1.0 / 0.6));
    }
    if take(Modifiers::NONE, Key::Num0) {
        commands.push(Command::ResetZoom);
    }
    if take(Modifiers::ALT, Key::ArrowLeft) {
        commands.push(Command::Move(-stride));
    }
    if take(Modifiers::ALT, Key::ArrowRight) {
        commands.push(Command::Move(stride));
    }
    commands.extend(unless_focused_elsewhere(ui, memory, state, stride));
    commands
}

/// Whether the key was pressed with exactly these modifiers. Consumes the event.
fn pressed(ui: &Ui, wanted: Modifiers, wanted_key: Key) -> bool {
    ui.input_mut(|input| {
        let before = input.events.len();
        input.events.retain(|event| {
            !matches!(event, Event::Key { key, modifiers, pressed: true, .. }
                if *key == wanted_key && modifiers.matches_exact(wanted))
        });
        input.events.len() != before
    })
}

/// Arrows, blanks and Esc belong to a button or the table while that has the keyboard; to the charts otherwise.
fn unless_focused_elsewhere(ui: &Ui, memory: &Memory, state: &State, stride: i32) -> Vec<Command> {
    let mut commands = Vec::new();
    let focused = ui.memory(|memory| memory.focused());
    if focused.is_some() && focused != memory.focused_chart {
        return commands;
    }
    let take = |modifiers, key| pressed(ui, modifiers, key);
    for (modifiers, key, by) in [
        (Modifiers::SHIFT, Key::ArrowLeft, -stride),
        (Modifiers::SHIFT, Key::ArrowRight, stride),
        (Modifiers::NONE, Key::ArrowLeft, -1),
        (Modifiers::NONE, Key::ArrowRight, 1),
        (Modifiers::NONE, Key::Home, i32::MIN / 2),
        (Modifiers::NONE, Key::End, i32::MAX / 2),
    ] {
        if take(modifiers, key) {
            commands.push(Command::MoveCursor(by));
        }
    }
    if take(Modifiers::NONE, Key::Space) {
        commands.push(Command::TogglePause);
    }
    if take(Modifiers::NONE, Key::Backspace) {
        commands.push(Command::DrillOut);
    }
    if let Some(cursor) = state.cursor
        && take(Modifiers::NONE, Key::Enter)
    {
        commands.push(Command::DrillInto(cursor));
    }
    if take(Modifiers::NONE, Key::Escape) {
        commands.extend([Command::ResetZoom, Command::SetCursor(None)]);
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::text;
    use egui::{Context, RawInput};
    use std::collections::BTreeSet;

    /// What is pressed, in the words of the help; other ways to type the same sign are that sign.
    fn words(modifiers: Modifiers, key: Key) -> String {
        let sign = match key {
            Key::Equals | Key::Plus => "+".to_owned(),
            Key::Questionmark => "?".to_owned(),
            Key::Minus => "−".to_owned(),
            Key::Slash => "/".to_owned(),
            Key::Escape => "Esc".to_owned(),
            key => key.name().to_owned(),
        };
        let is_sign = matches!(key, Key::Equals | Key::Plus | Key::Questionmark);
        [
            ("Ctrl ", modifiers.ctrl),
            ("Shift ", modifiers.shift && !is_sign),
            ("Alt ", modifiers.alt),
        ]
        .into_iter()
        .filter_map(|(word, on)| on.then_some(word))
        .chain([sign.as_str()])
        .collect()
    }

    fn does_something(modifiers: Modifiers, key: Key) -> bool {
        let input = RawInput {
            events: vec![Event::Key {
                key,
                physical_key: None,
                pressed: true,
                repeat: false,
                modifiers,
            }],
            ..RawInput::default()
        };
        let ctx = Context::default();
        theme::install(&ctx);
        let mut done = false;
        let mut output = ctx.run_ui(input, |ui| {
            let mut memory = Memory::default();
            let commands = read(ui, &mut memory, &State::default());
            done |= !commands.is_empty()
                || memory.palette.is_some()
                || memory.dates.is_some()
                || memory.focus_search;
        });
        output.textures_delta.clear();
        done
    }

    #[test]
    fn the_help_lists_the_keys_that_do_something_and_no_others() {
        let ctrl = Modifiers {
            ctrl: true,
            command: true,
            ..Modifiers::NONE
        };
        let all = [
            Modifiers::NONE,
            Modifiers::SHIFT,
            Modifiers::ALT,
            ctrl,
            ctrl.plus(Modifiers::SHIFT),
            ctrl.plus(Modifiers::ALT),
        ];
        let mut bound = BTreeSet::new();
        for modifiers in all {
            for &key in Key::ALL {
                if does_something(modifiers, key) {
                    bound.insert(words(modifiers, key));
                }
            }
        }
        // What the toolkit and the charts do by themselves.
        let elsewhere = [
            "Tab",
            "Enter",
            "Drag",
            "Double click",
            "Ctrl wheel",
            "Alt click",
        ];
        let listed: BTreeSet<String> = text::KEYS
            .iter()
            .flat_map(|(keys, _)| *keys)
            .filter(|key| !elsewhere.contains(key))
            .map(|key| (*key).to_owned())
            .collect();
        assert_eq!(bound, listed);
    }
}
