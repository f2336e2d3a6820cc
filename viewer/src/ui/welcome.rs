//! The page before there are numbers: what is missing, and what to do about it.

use super::{
    app::Scene,
    icon::{self, Icon},
    theme, widgets,
};
use crate::{source::Health, state::Command};
use egui::{Align, Color32, Frame, Label, Layout, Margin, RichText, Sense, Ui, vec2};

pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, commands: &mut Vec<Command>) {
    let height = ui.available_height();
    egui::ScrollArea::vertical().show(ui, |ui| page(ui, scene, height, commands));
}

fn page(ui: &mut Ui, scene: &Scene<'_>, height: f32, commands: &mut Vec<Command>) {
    let tokens = theme::tokens(ui);
    ui.vertical_centered(|ui| {
        ui.add_space(((height - 320.0) * 0.42).max(4.0));
        let width = 560.0_f32.min(ui.available_width() - 24.0);
        ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
            widgets::card(tokens).inner_margin(Margin::same(24)).show(ui, |ui| {
                ui.set_width(width - 48.0);
                ui.spacing_mut().item_spacing.y = 10.0;
                match (&scene.latest.health, scene.latest.data.is_some()) {
                    (Health::Trouble { problem, next_try, .. }, _) => {
                        title(ui, Icon::Warning, tokens.error, &problem.title());
                        ui.label(RichText::new(&scene.latest.source).color(tokens.weak));
                        ui.label(problem.advice());
                        if let Some(sql) = problem.command() {
                            command(ui, sql);
                        }
                        if let Some(detail) = problem.detail() {
                            ui.add(Label::new(RichText::new(detail).small().color(tokens.weak)).selectable(true));
                        }
                        let wait = (next_try - scene.now) / 1_000_000;
                        ui.horizontal(|ui| {
                            let tip = "Connect again now (R)";
                            if widgets::labelled_button(ui, Icon::Refresh, "Try now", tip).clicked() {
                                commands.push(Command::Refresh);
                            }
                            let next = if wait > 0 { format!("next try in {wait} s") } else { "trying now".into() };
                            ui.label(RichText::new(next).color(tokens.weak));
                        });
                    }
                    (_, true) => {
                        title(ui, Icon::Check, tokens.good, "Connected; there are no events yet");
                        ui.label(RichText::new(&scene.latest.source).color(tokens.weak));
                        ui.label(
                            "The extension is in place, and its metrics are empty. Load a file, or stream a \
                             topic; the numbers appear here by themselves:",
                        );
                        command(ui, "musicstream-ingestor load events.csv");
                        command(ui, "musicstream-ingestor stream");
                        ui.label("Rows in the inbox are counted at the next rollup:");
                        command(ui, "select * from musicstream_rollup();");
                    }
                    _ => {
                        title(ui, Icon::Refresh, tokens.accent, "Connecting …");
                        ui.label(RichText::new(&scene.latest.source).color(tokens.weak));
                    }
                }
            });
        });
    });
}

fn title(ui: &mut Ui, icon: Icon, color: Color32, words: &str) {
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(20.0, 20.0), Sense::hover());
        icon::paint(ui.painter(), rect, icon, color);
        ui.label(RichText::new(words).font(theme::bold(18.0)));
    });
}

/// Something to run, with a button that copies it.
pub(super) fn command(ui: &mut Ui, words: &str) {
    let tokens = theme::tokens(ui);
    Frame::new()
        .fill(tokens.hover)
        .corner_radius(5)
        .inner_margin(Margin::symmetric(10, 5))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                ui.add(Label::new(RichText::new(words).monospace()).selectable(true));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if widgets::link_button(ui, "Copy", &format!("Copy {words}"), "Copy").clicked()
                    {
                        ui.ctx().copy_text(words.into());
                    }
                });
            });
        });
}
