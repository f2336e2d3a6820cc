//! All keys, over the window.

use super::{text, theme, widgets};
use crate::state::{Command, State};
use egui::{Align, Frame, Grid, Id, Layout, Margin, Modal, RichText, ScrollArea, Ui};

pub(super) fn show(ui: &Ui, state: &State, commands: &mut Vec<Command>) {
    if !state.help {
        return;
    }
    let tokens = theme::tokens(ui);
    let frame = Frame::window(ui.style()).inner_margin(Margin::same(22));
    let modal = Modal::new(Id::unique("help")).frame(frame).show(ui.ctx(), |ui| {
        ui.set_width(540.0);
        let height = ui.ctx().content_rect().height() - 190.0;
        ui.horizontal(|ui| {
            ui.label(RichText::new("Keys").font(theme::bold(18.0)));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let icon = super::icon::Icon::Close;
                if widgets::icon_button(ui, icon, "Close help", "Close (Esc)").clicked() {
                    commands.push(Command::ToggleHelp);
                }
            });
        });
        ui.add_space(6.0);
        ScrollArea::vertical().max_height(height).show(ui, |ui| {
            ui.spacing_mut().interact_size.y = 16.0;
            Grid::new("keys").num_columns(2).spacing([28.0, 8.0]).show(ui, |ui| {
                for (keys, what) in text::KEYS {
                    ui.label(RichText::new(keys).font(theme::bold(12.5)));
                    ui.label(what);
                    ui.end_row();
                }
            });
        });
        ui.add_space(8.0);
        ui.label(
            RichText::new(
                "A dashed line is a day that is not complete. A gap is a day without a row, not a zero. \
                 A small triangle on the base line is a day with late events.",
            )
            .color(tokens.weak),
        );
    });
    if modal.should_close() {
        commands.push(Command::ToggleHelp);
    }
}
