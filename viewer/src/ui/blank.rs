//! What stands in the place of charts that have nothing to show: why, and what helps.

use super::{scene::Scene, text, theme, welcome, widgets};
use crate::{data::Measure, page::Page};
use egui::{Align, Layout, Rect, RichText, Ui, UiBuilder};

/// Why there is nothing.
pub(super) struct Blank {
    title: String,
    words: String,
    command: Option<&'static str>,
}

/// Whether the view has nothing to show.
pub(super) fn of(scene: &Scene<'_>, page: &Page) -> Option<Blank> {
    let minutes = page.grain.is_minute();
    let listeners = page.measure == Measure::Listeners;
    if !(minutes || listeners) || !scene.shown.is_empty() {
        return None;
    }
    let can = &scene.latest.can;
    let extras = &scene.latest.extras;
    let (able, read) = match minutes {
        true => (can.minutes, extras.minutes.is_some()),
        false => (can.listeners, extras.listeners.is_some()),
    };
    let is_asked = scene.latest.answered.minutes.is_some() == minutes;
    Some(if read {
        let newest = scene.data.bounds();
        let newest = newest.map(|bounds| scene.data.grain.long(bounds.last));
        Blank {
            title: match minutes {
                true => text::nothing_live(scene.state.hours),
                false => text::no_listeners().into(),
            },
            words: match (minutes, newest) {
                (true, Some(day)) => text::newest_events(&day),
                _ => text::no_listeners_words().into(),
            },
            command: None,
        }
    } else if !able && is_asked {
        Blank {
            title: text::lacking(minutes).into(),
            words: match &can.version {
                Some(version) => text::old_version(version),
                None => text::perhaps_no_right().into(),
            },
            command: Some("alter extension pg_musicstream update;"),
        }
    } else {
        Blank {
            title: text::reading().into(),
            words: text::rows_by_day(scene.data.row_count()),
            command: None,
        }
    })
}

/// Shows it over the whole of `rect`.
pub(super) fn show(ui: &mut Ui, rect: Rect, blank: &Blank) {
    let tokens = theme::tokens(ui);
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect));
    widgets::card(tokens).show(&mut child, |ui| {
        ui.set_min_size(ui.available_size());
        ui.vertical_centered(|ui| {
            ui.add_space(ui.available_height() * 0.36);
            ui.label(RichText::new(&blank.title).font(theme::bold(15.0)));
            ui.label(RichText::new(&blank.words).color(tokens.weak));
            if let Some(command) = blank.command {
                ui.add_space(4.0);
                let width = 420.0_f32.min(ui.available_width());
                let layout = Layout::top_down(Align::Min);
                ui.allocate_ui_with_layout(egui::vec2(width, 0.0), layout, |ui| {
                    welcome::command(ui, command);
                });
            }
        });
    });
}
