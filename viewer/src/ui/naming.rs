//! The dialog that gives a view a name.

use super::{inputs::Inputs, text, theme, widgets};
use crate::page::Command;
use egui::{Align, Frame, Id, Key, Layout, Margin, Modal, RichText, TextEdit, Ui};

/// What is typed.
#[derive(Clone, Debug, Default)]
pub(super) struct Naming {
    typed: String,
    is_shown: bool,
}

/// Shows the dialog while there is one.
pub(super) fn show(
    ui: &Ui,
    inputs: &Inputs<'_>,
    dialog: &mut Option<Naming>,
    commands: &mut Vec<Command>,
) {
    let Some(naming) = dialog else {
        return;
    };
    let tokens = theme::tokens(ui);
    let mut close = false;
    let frame = Frame::window(ui.style()).inner_margin(Margin::same(20));
    let modal = Modal::new(Id::unique("naming"))
        .frame(frame)
        .show(ui.ctx(), |ui| {
            ui.set_width(336.0);
            let label = ui.label(RichText::new(text::view_name()).font(theme::bold(16.0)));
            ui.add_space(6.0);
            let edit = TextEdit::singleline(&mut naming.typed)
                .desired_width(f32::INFINITY)
                .char_limit(60)
                .margin(Margin::symmetric(8, 6));
            let response = ui.add(edit).labelled_by(label.id);
            if !std::mem::replace(&mut naming.is_shown, true) {
                response.request_focus();
            }
            let name = naming.typed.trim();
            let words = match inputs.saved.get(name) {
                Some(_) => text::replaces(name),
                None => text::name_hint().into(),
            };
            ui.label(RichText::new(words).color(tokens.weak).small());
            ui.add_space(6.0);
            ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
                let enter = ui.input(|input| input.key_pressed(Key::Enter));
                let is_named = !name.is_empty();
                let clicked = widgets::primary_button(ui, text::save(), is_named).clicked();
                if is_named && (enter || clicked) {
                    commands.push(Command::SaveView(name.to_owned()));
                    close = true;
                }
                if widgets::link_button(ui, text::cancel(), text::cancel(), "Esc").clicked() {
                    close = true;
                }
            });
        });
    if close || modal.should_close() {
        *dialog = None;
    }
}
