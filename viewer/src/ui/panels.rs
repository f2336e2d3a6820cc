//! Where the parts of the window are.

use super::{
    banner, centre, dates, events, filters, help, inputs::Inputs, memory::Memory, naming, palette,
    period, reports, status, theme, tiles, top, welcome,
};
use crate::page::{Command, View};
use egui::{CentralPanel, Frame, Margin, Panel, Ui};

/// Draws everything, and collects what the user asks for.
pub(super) fn draw(
    ui: &mut Ui,
    inputs: &Inputs<'_>,
    memory: &mut Memory,
    commands: &mut Vec<Command>,
) {
    let tokens = theme::tokens(ui);
    ui.painter().rect_filled(ui.max_rect(), 0.0, tokens.window);
    let bare = |x: i8, y: i8| {
        Frame::new()
            .fill(tokens.window)
            .inner_margin(Margin::symmetric(x, y))
    };
    Panel::top("top")
        .frame(bare(14, 9).fill(tokens.surface))
        .show(ui, |ui| top::show(ui, inputs, memory, commands));
    Panel::bottom("status")
        .frame(bare(14, 5).fill(tokens.surface))
        .show(ui, |ui| status::show(ui, inputs, memory, commands));
    let Some(page) = inputs.page else {
        CentralPanel::default()
            .frame(bare(14, 14))
            .show(ui, |ui| welcome::show(ui, inputs, commands));
        overlays(ui, inputs, memory, commands);
        return;
    };
    if banner::is_needed(inputs) {
        Panel::top("banner")
            .frame(Frame::new())
            .show_separator_line(false)
            .show(ui, |ui| banner::show(ui, inputs, commands));
    }
    if filters::are_needed(inputs.state) {
        Panel::left("filters")
            .default_size(204.0)
            .size_range(170.0..=340.0)
            .frame(bare(14, 12))
            .show(ui, |ui| filters::show(ui, inputs, memory, commands));
    }
    CentralPanel::default().frame(bare(12, 12)).show(ui, |ui| {
        centre::tabs(ui, inputs, page, memory, commands);
        ui.add_space(4.0);
        // A low window keeps its charts.
        let is_report = reports::is_shown(inputs.state);
        let has_tiles = ui.available_height() > 432.0 && !is_report;
        let parts = match is_report {
            true => period::Parts::Days,
            false if has_tiles => period::Parts::Comparison,
            false => period::Parts::Sum,
        };
        // The pipeline report shows the current state, whatever the range is.
        if inputs.state.view != View::Pipeline {
            period::show(ui, inputs, page, parts, commands);
        }
        if has_tiles {
            tiles::show(ui, inputs, page);
            ui.add_space(theme::GAP);
        }
        centre::show(ui, inputs, page, memory, commands);
    });
    overlays(ui, inputs, memory, commands);
}

/// What opens over the window.
fn overlays(ui: &Ui, inputs: &Inputs<'_>, memory: &mut Memory, commands: &mut Vec<Command>) {
    help::show(ui, inputs, commands);
    palette::show(ui, inputs, memory, commands);
    dates::show(ui, inputs, &mut memory.dates, commands);
    naming::show(ui, inputs, &mut memory.naming, commands);
    events::show(ui, inputs, commands);
}
