//! Empty states of reports, with the reason and what to do.

use crate::ui::{theme, welcome, widgets};
use egui::{Align, Layout, Rect, RichText, Ui, UiBuilder, vec2};

/// Shows a title, words, and a command to copy over the whole of `rect`.
pub(super) fn show(
    ui: &mut Ui,
    rect: Rect,
    (title, words, command): &(String, String, Option<&'static str>),
) {
    let tokens = theme::tokens(ui);
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect));
    widgets::card(tokens).show(&mut child, |ui| {
        ui.set_min_size(ui.available_size());
        ui.vertical_centered(|ui| {
            ui.add_space(ui.available_height() * 0.32);
            ui.label(RichText::new(title).font(theme::bold(15.0)));
            let width = 480.0_f32.min(ui.available_width());
            let centred = Layout::top_down(Align::Center);
            ui.allocate_ui_with_layout(vec2(width, 0.0), centred, |ui| {
                ui.label(RichText::new(words).color(tokens.weak));
            });
            if let Some(command) = command {
                ui.add_space(4.0);
                let left = Layout::top_down(Align::Min);
                ui.allocate_ui_with_layout(vec2(width, 0.0), left, |ui| {
                    welcome::command(ui, command);
                });
            }
        });
    });
}
