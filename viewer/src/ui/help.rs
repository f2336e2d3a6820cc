//! All keys, all commands and all signs, over the window.

use super::{
    inputs::Inputs,
    palette::{self, Entry},
    text, theme, widgets,
};
use crate::page::Command;
use egui::{Align, Frame, Grid, Id, Layout, Margin, Modal, RichText, ScrollArea, Ui};

/// Wide enough for two columns.
const WIDE: f32 = 960.0;
/// Of keys and signs, at least.
const LEFT_WIDTH: f32 = 112.0;
/// Between those and what they do.
const GAP: f32 = 18.0;

pub(super) fn show(ui: &Ui, inputs: &Inputs<'_>, commands: &mut Vec<Command>) {
    let drawn = Id::unique("the help was drawn before");
    if !inputs.state.help {
        ui.data_mut(|data| data.remove::<bool>(drawn));
        return;
    }
    // Its columns settle in the second frame; at rest, the window would not draw one.
    if ui
        .data_mut(|data| data.remove_temp::<bool>(drawn))
        .is_none()
    {
        ui.ctx().request_repaint();
    }
    ui.data_mut(|data| data.insert_temp(drawn, true));
    let frame = Frame::window(ui.style()).inner_margin(Margin::same(22));
    let window = ui.ctx().content_rect().size();
    let is_wide = window.x > WIDE + 100.0;
    let width = if is_wide { WIDE } else { 560.0 };
    let modal = Modal::new(Id::unique("help"))
        .frame(frame)
        .show(ui.ctx(), |ui| {
            ui.set_width(width);
            ui.horizontal(|ui| {
                ui.label(RichText::new(text::help_title()).font(theme::bold(18.0)));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let icon = super::icon::Icon::Close;
                    let [name, tip] = text::close_help();
                    if widgets::icon_button(ui, icon, name, tip).clicked() {
                        commands.push(Command::ToggleHelp);
                    }
                });
            });
            ui.add_space(6.0);
            let height = window.y - 140.0;
            let area = ScrollArea::vertical()
                .max_height(height)
                .min_scrolled_height(height);
            area.auto_shrink([false, true]).show(ui, |ui| {
                ui.spacing_mut().interact_size.y = 16.0;
                if is_wide {
                    ui.columns_const(|[left, right]| {
                        keys(left, inputs);
                        others(right, inputs);
                    });
                } else {
                    keys(ui, inputs);
                    ui.add_space(14.0);
                    others(ui, inputs);
                }
            });
        });
    if modal.should_close() {
        commands.push(Command::ToggleHelp);
    }
}

fn keys(ui: &mut Ui, inputs: &Inputs<'_>) {
    fn rows(rows: &[(&[&str], &'static str)], said: &[&str]) -> Vec<(String, String)> {
        let row = |&(keys, what): &(&[&str], &'static str)| {
            (text::keys(keys), text::say(what).to_owned())
        };
        // The hours of the live view have the digits of the ranges.
        let is_new = |(keys, _): &&(&[&str], &'static str)| {
            !said.contains(&keys[0]) || *keys == ["1", "2", "3", "4"]
        };
        rows.iter().filter(is_new).map(row).collect()
    }
    // Those of commands stand beside the commands.
    let commands = palette::fixed(inputs);
    let said: Vec<&str> = commands.iter().map(|entry| entry.keys).collect();
    section(ui, text::help_keys(), &rows(&text::KEYS, &said));
    ui.add_space(14.0);
    section(ui, text::help_table(), &rows(&text::TABLE_KEYS, &[]));
}

/// The keys of a command, with others that do the same.
fn all_keys(of: &str) -> String {
    let row = text::KEYS
        .iter()
        .find(|(keys, _)| keys.len() == 2 && keys[0] == of);
    row.map_or(of.to_owned(), |(keys, _)| text::keys(keys))
}

fn others(ui: &mut Ui, inputs: &Inputs<'_>) {
    let rows: Vec<(String, String)> = palette::fixed(inputs)
        .into_iter()
        .map(|Entry { title, keys, .. }| (all_keys(keys), title))
        .collect();
    section(ui, text::help_commands(), &rows);
    ui.add_space(14.0);
    let signs =
        text::SIGNS.map(|(sign, what)| (text::say(sign).to_owned(), text::say(what).to_owned()));
    section(ui, text::help_signs(), &signs);
}

/// A heading, and two columns under it.
fn section(ui: &mut Ui, title: &str, rows: &[(String, String)]) {
    let tokens = theme::tokens(ui);
    ui.label(
        RichText::new(title)
            .font(theme::bold(13.0))
            .color(tokens.weak),
    );
    ui.add_space(2.0);
    let word = |left: &str| {
        let galley = (ui.painter()).layout_no_wrap(left.to_owned(), theme::bold(12.5), tokens.text);
        galley.size().x
    };
    let left_width = rows
        .iter()
        .map(|(left, _)| word(left))
        .fold(LEFT_WIDTH, f32::max);
    let grid = Grid::new(title)
        .num_columns(2)
        .spacing([GAP, 6.0])
        .min_col_width(left_width)
        // Longer words take two lines.
        .max_col_width(ui.available_width() - left_width - GAP);
    grid.show(ui, |ui| {
        for (left, right) in rows {
            ui.label(RichText::new(left).font(theme::bold(12.5)));
            ui.label(right);
            ui.end_row();
        }
    });
}
