//! The page before there are numbers: what is missing, and what to do about it.

use super::{
    icon::{self, Icon},
    inputs::Inputs,
    text, theme, widgets,
};
use crate::{
    page::{Command, View},
    source::Health,
};
use egui::{Align, Color32, Frame, Label, Layout, Margin, RichText, Sense, Ui, vec2};

pub(super) fn show(ui: &mut Ui, inputs: &Inputs<'_>, commands: &mut Vec<Command>) {
    let height = ui.available_height();
    egui::ScrollArea::vertical().show(ui, |ui| page(ui, inputs, height, commands));
}

fn page(ui: &mut Ui, inputs: &Inputs<'_>, height: f32, commands: &mut Vec<Command>) {
    let tokens = theme::tokens(ui);
    ui.vertical_centered(|ui| {
        ui.add_space(((height - 320.0) * 0.42).max(4.0));
        let width = 560.0_f32.min(ui.available_width() - 24.0);
        ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
            widgets::card(tokens)
                .inner_margin(Margin::same(24))
                .show(ui, |ui| {
                    ui.set_width(width - 48.0);
                    ui.spacing_mut().item_spacing.y = 10.0;
                    match (&inputs.latest.health, inputs.latest.data.is_some()) {
                        (
                            Health::Trouble {
                                problem, next_try, ..
                            },
                            _,
                        ) => {
                            title(
                                ui,
                                Icon::Warning,
                                tokens.error,
                                &text::says(problem.title()),
                            );
                            ui.label(RichText::new(&inputs.latest.source).color(tokens.weak));
                            ui.label(text::says(problem.advice()));
                            if let Some(sql) = problem.command() {
                                command(ui, sql);
                            }
                            if let Some(detail) = problem.detail() {
                                ui.add(
                                    Label::new(RichText::new(detail).small().color(tokens.weak))
                                        .selectable(true),
                                );
                            }
                            let wait = (next_try - inputs.now) / 1_000_000;
                            ui.horizontal(|ui| {
                                let [word, tip] = text::try_button();
                                if widgets::labelled_button(ui, Icon::Refresh, word, tip).clicked()
                                {
                                    commands.push(Command::Refresh);
                                }
                                let next = text::next_try(wait);
                                ui.label(RichText::new(next).color(tokens.weak));
                            });
                        }
                        (_, true) => {
                            title(ui, Icon::Check, tokens.good, text::no_events_yet());
                            ui.label(RichText::new(&inputs.latest.source).color(tokens.weak));
                            let rejected = inputs.data.status.rejected;
                            if rejected > 0 {
                                ui.label(text::all_rejected(rejected));
                                let [word, tip] = text::look_at_rejects();
                                if widgets::labelled_button(ui, Icon::Warning, word, tip).clicked()
                                {
                                    commands.push(Command::Show(View::Rejects));
                                }
                            }
                            ui.label(text::how_to_load());
                            command(ui, "musicstream-ingestor load events.csv");
                            command(ui, "musicstream-ingestor stream");
                            ui.label(text::how_to_roll_up());
                            command(ui, "select * from musicstream_rollup();");
                        }
                        _ => {
                            title(ui, Icon::Refresh, tokens.accent, text::connecting_now());
                            ui.label(RichText::new(&inputs.latest.source).color(tokens.weak));
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

/// Something to run, with a button that copies it. Whether it was copied.
pub(super) fn command(ui: &mut Ui, words: &str) -> bool {
    let tokens = theme::tokens(ui);
    let mut is_copied = false;
    Frame::new()
        .fill(tokens.hover)
        .corner_radius(5)
        .inner_margin(Margin::symmetric(10, 5))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            // The button first: what is left is for the words, however long they are.
            let row = vec2(ui.available_width(), ui.spacing().interact_size.y);
            ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
                let copy = text::copy();
                if widgets::link_button(ui, copy, &format!("{copy} {words}"), copy).clicked() {
                    ui.ctx().copy_text(words.into());
                    is_copied = true;
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let words = RichText::new(words).monospace();
                    ui.add(Label::new(words).selectable(true).truncate());
                });
            });
        });
    is_copied
}
