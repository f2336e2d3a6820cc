//! The menus of the bar on top: what leaves the window, and views that were saved.

use super::{icon::Icon, inputs::Inputs, memory::Memory, naming::Naming, text, widgets};
use crate::page::Command;
use egui::{Align, Layout, Popup, RichText, Ui};

const WIDTH: f32 = 340.0;

/// CSV, picture, command line.
pub(super) fn export(ui: &mut Ui, commands: &mut Vec<Command>) {
    let [name, tip] = text::menu_button();
    let button = widgets::icon_button(ui, Icon::Export, name, tip);
    Popup::menu(&button).width(WIDTH).show(|ui| {
        for (title, keys, command) in [
            (text::save_csv(), "Ctrl E", Command::SaveCsv),
            (text::copy_csv(), "Ctrl Shift C", Command::CopyCsv),
            (text::save_picture(), "Ctrl Shift S", Command::SavePicture),
            (text::copy_command(), "", Command::CopyCommandLine),
        ] {
            if widgets::menu_item(ui, title, keys).clicked() {
                commands.push(command);
                ui.close();
            }
        }
    });
}

/// Saved views, and what saves another one.
pub(super) fn views(
    ui: &mut Ui,
    inputs: &Inputs<'_>,
    memory: &mut Memory,
    commands: &mut Vec<Command>,
) {
    let [name, tip] = text::views_button();
    let button = widgets::icon_button(ui, Icon::Bookmark, name, tip);
    Popup::menu(&button).width(WIDTH).show(|ui| {
        for name in inputs.saved.names() {
            let line = Layout::right_to_left(Align::Center);
            let size = egui::vec2(ui.available_width(), 26.0);
            ui.allocate_ui_with_layout(size, line, |ui| {
                let spoken = text::forget_saved(name);
                if widgets::link_button(ui, text::forget(), &spoken, &spoken).clicked() {
                    commands.push(Command::ForgetView(name.clone()));
                    ui.close();
                }
                if widgets::menu_item(ui, name, "").clicked() {
                    commands.push(Command::ShowSaved(name.clone()));
                    ui.close();
                }
            });
        }
        if inputs.saved.names().next().is_none() {
            ui.label(RichText::new(text::none_saved()).small());
        }
        ui.separator();
        if widgets::menu_item(ui, text::name_view(), "").clicked() {
            memory.naming = Some(Naming::default());
            ui.close();
        }
    });
}
