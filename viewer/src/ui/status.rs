//! The line at the bottom: what was read, how fast, and what just happened.

use super::{
    app::{Memory, Scene},
    palette::{Palette, Scope},
    text, theme, widgets,
};
use crate::{model::format, state::Command};
use egui::{Align, Layout, RichText, Ui, WidgetInfo, accesskit::Role};

pub(super) fn show(
    ui: &mut Ui,
    scene: &Scene<'_>,
    memory: &mut Memory,
    commands: &mut Vec<Command>,
) {
    let tokens = theme::tokens(ui);
    let mut facts = Vec::new();
    if scene.board.is_some() {
        facts.push(format::count(scene.data.cells.len() as i64, "row", "rows"));
        if !scene.latest.query_time.is_zero() {
            facts.push(format!(
                "read in {} ms",
                scene.latest.query_time.as_millis().max(1)
            ));
        }
        facts.push(format!(
            "numbers of {} UTC",
            format::clock(scene.data.status.now)
        ));
        let rejected = scene.data.status.rejected;
        if rejected > 0 {
            facts.push(format!(
                "{} refused",
                format::count(rejected, "event", "events")
            ));
        }
        if scene.data.status.staged > 0 {
            facts.push(format!(
                "{} waiting in the inbox",
                format::grouped(scene.data.status.staged)
            ));
        }
    }
    if let Some(words) = text::no_font(&memory.unknown.1) {
        facts.push(words);
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 18.0;
        let label = ui.label(
            RichText::new(facts.join("  ·  "))
                .small()
                .color(tokens.weak),
        );
        label.widget_info(|| WidgetInfo::labeled(Role::Label, true, facts.join(", ")));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 14.0;
            if widgets::link_button(ui, text::HELP, "Keys", text::KEYS_TIP).clicked() {
                commands.push(Command::ToggleHelp);
            }
            let zone = text::days_of_zone(&scene.data.zone.name);
            if widgets::link_button(ui, &zone, text::CHOOSE_ZONE, text::ZONE_TIP).clicked() {
                memory.palette = Some(Palette::new(Scope::Zones));
            }
            if widgets::link_button(ui, text::COMMANDS, text::COMMANDS, text::PALETTE_TIP).clicked()
            {
                memory.palette = Some(Palette::new(Scope::All));
            }
            if let Some(notice) = &memory.notice {
                let notice = RichText::new(notice).small().color(tokens.text);
                ui.add(egui::Label::new(notice).truncate());
            }
        });
    });
}
