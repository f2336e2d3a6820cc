//! The line above the charts: which days, on which clock, how far today has come, and what changes compare.

use super::{grid, scene::Scene, text, theme};
use crate::{calendar::format, data::Measure, page::Page, stats::Change};
use egui::{Align, Color32, FontId, Label, Layout, RichText, Sense, Stroke, Ui, vec2};

/// What stands on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parts {
    /// The days, and how far today has come: a report says the rest by itself.
    Days,
    /// What changes compare, too.
    Comparison,
    /// And the sum, where there is no room for the figures on top.
    Sum,
}

/// Shows it.
pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, page: &Page, parts: Parts) {
    let tokens = theme::tokens(ui);
    let zone = &scene.shown.zone;
    let zone = match page.grain.is_minute() {
        true => zone.clock(),
        false => zone.name.clone(),
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 18.0;
        ui.spacing_mut().item_spacing.x = 12.0;
        let usual = theme::font(13.0);
        words(
            ui,
            &text::days_shown(page.grain, page.span, &zone),
            usual.clone(),
            tokens.text,
        );
        let adds_up = page.measure == Measure::Events;
        let with_sum = parts == Parts::Sum && adds_up;
        if let Some(all) = page.tiles.first().filter(|_| with_sum) {
            words(
                ui,
                &text::events(all.figures.sum),
                theme::bold(13.0),
                tokens.text,
            );
            if let Change::Share(share) = all.change {
                words(ui, &format::percent(share), theme::bold(13.0), tokens.text);
            }
        }
        so_far(ui, scene, page);
        if parts == Parts::Days {
            return;
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let whole = text::compared(page);
            let fits =
                |words: &String| grid::width(ui, words, usual.clone()) <= ui.available_width();
            let shown = [Some(whole.clone()), text::compared_in_short(page)];
            match shown.into_iter().flatten().find(fits) {
                Some(shown) => {
                    words(ui, &shown, usual.clone(), tokens.weak)
                        .on_hover_text(text::compared_tip());
                }
                // Said, though there is no room to paint it.
                None => {
                    let (_, response) = ui.allocate_exact_size(vec2(0.0, 0.0), Sense::hover());
                    response.widget_info(|| {
                        egui::WidgetInfo::labeled(egui::accesskit::Role::Label, true, &whole)
                    });
                }
            }
        });
    });
}

fn words(ui: &mut Ui, words: &str, font: FontId, color: Color32) -> egui::Response {
    ui.add(Label::new(RichText::new(words).font(font).color(color)))
}

/// What a hollow mark and a shade stand for, and how far the day has come: once for all charts.
fn so_far(ui: &mut Ui, scene: &Scene<'_>, page: &Page) {
    let Some(state) = page.states.iter().find(|state| !state.is_complete()) else {
        return;
    };
    let tokens = theme::tokens(ui);
    let is_current = page.span.last == scene.shown.current();
    let now = is_current.then(|| scene.shown.local_now());
    let said = text::incomplete(*state, now);
    let font = theme::font(12.0);
    let mark = vec2(9.0, 9.0);
    if grid::width(ui, &said, font.clone()) + mark.x + 24.0 > ui.available_width() {
        return;
    }
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        let (rect, _) = ui.allocate_exact_size(mark, Sense::hover());
        let ring = Stroke::new(1.5, tokens.accent);
        ui.painter()
            .circle(rect.center(), 3.5, tokens.surface, ring);
        words(ui, &said, font, tokens.accent);
    });
}
