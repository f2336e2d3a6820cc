//! Empty states: shown in place of charts, with the reason and what to do.

use super::{inputs::Inputs, text, theme, welcome, widgets};
use crate::{data::Measure, page::Page};
use egui::{Align, Layout, Rect, RichText, Ui, UiBuilder};

/// Why there is nothing.
pub(super) struct EmptyState {
    title: String,
    words: String,
    command: Option<&'static str>,
}

/// Whether the view has nothing to show.
pub(super) fn of(inputs: &Inputs<'_>, page: &Page) -> Option<EmptyState> {
    let minutes = page.grain.is_minute();
    let listeners = page.measure == Measure::Listeners;
    if !(minutes || listeners) || !inputs.shown.is_empty() {
        return None;
    }
    let can = &inputs.latest.can;
    let extras = &inputs.latest.extras;
    let (able, read) = match minutes {
        true => (can.minutes, extras.minutes.is_some()),
        false => (can.listeners, extras.listeners.is_some()),
    };
    let is_asked = inputs.latest.answered.minutes.is_some() == minutes;
    Some(if read {
        let newest = inputs.data.bounds();
        let newest = newest.map(|bounds| inputs.data.grain.long(bounds.last));
        EmptyState {
            title: match (minutes, inputs.state.drilled) {
                (true, Some((day, _))) => text::nothing_on_day(&day.long()),
                (true, None) => text::nothing_live(inputs.state.hours),
                (false, _) => text::no_listeners().into(),
            },
            words: match (minutes, newest) {
                (true, Some(day)) => text::newest_events(&day),
                _ => text::no_listeners_words().into(),
            },
            command: None,
        }
    } else if !able && is_asked {
        EmptyState {
            title: text::lacking(minutes).into(),
            words: match &can.version {
                Some(version) => text::old_version(version),
                None => text::perhaps_no_right().into(),
            },
            command: Some("alter extension pg_musicstream update;"),
        }
    } else {
        EmptyState {
            title: text::reading().into(),
            words: text::rows_by_day(inputs.data.row_count()),
            command: None,
        }
    })
}

/// Shows it over the whole of `rect`.
pub(super) fn show(ui: &mut Ui, rect: Rect, blank: &EmptyState) {
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
