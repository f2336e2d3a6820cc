//! One line when numbers are stale: what failed, since when, and when the next try is.

use super::{icon, scene::Scene, text, theme, widgets};
use crate::{model::format, source::Health, state::Command};
use egui::{Align, Frame, Layout, Margin, RichText, Sense, Ui, WidgetInfo, accesskit::Role, vec2};

pub(super) fn is_needed(scene: &Scene<'_>) -> bool {
    matches!(scene.latest.health, Health::Trouble { .. })
}

pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, commands: &mut Vec<Command>) {
    let Health::Trouble {
        problem,
        since,
        next_try,
    } = &scene.latest.health
    else {
        return;
    };
    let tokens = theme::tokens(ui);
    let (ink, ground) = if problem.may_pass() {
        (tokens.warn, tokens.warn_soft)
    } else {
        (tokens.error, tokens.error_soft)
    };
    let age = scene
        .latest
        .checked_at
        .map(|at| format::age(scene.now - at))
        .unwrap_or_default();
    let wait = (next_try - scene.now) / 1_000_000;
    let when = text::stale_since(*since, &text::next_try(wait), &age);
    let title = text::says(problem.title());
    let advice = text::says(problem.advice());
    let frame = Frame::new()
        .fill(ground)
        .inner_margin(Margin::symmetric(14, 8));
    let response = frame
        .show(ui, |ui| {
            ui.spacing_mut().interact_size.y = 18.0;
            ui.spacing_mut().item_spacing.y = 3.0;
            ui.horizontal(|ui| {
                let (rect, _) = ui.allocate_exact_size(vec2(18.0, 18.0), Sense::hover());
                icon::paint(ui.painter(), rect, icon::Icon::Warning, ink);
                ui.label(RichText::new(&title).font(theme::bold(13.0)).color(ink));
                ui.label(RichText::new(&when).color(tokens.text));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let [word, tip] = text::try_button();
                    if widgets::link_button(ui, word, word, tip).clicked() {
                        commands.push(Command::Refresh);
                    }
                });
            });
            ui.horizontal_wrapped(|ui| {
                ui.add_space(26.0);
                ui.label(RichText::new(&advice).small().color(tokens.text));
            });
        })
        .response;
    let name = format!("{title}, {when}. {advice}");
    response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, &name));
    if let Some(detail) = problem.detail() {
        response.on_hover_text(detail);
    }
}
