//! One line when numbers are stale: what failed, since when, and when the next try is.

use super::{icon, inputs::Inputs, text, theme, widgets};
use crate::{
    calendar::format,
    page::Command,
    source::{Health, problem::Problem},
};
use egui::{
    Align, Frame, Label, Layout, Margin, RichText, Sense, Ui, WidgetInfo, accesskit::Role, vec2,
};

pub(super) fn is_needed(inputs: &Inputs<'_>) -> bool {
    matches!(inputs.latest.health, Health::Trouble { .. })
}

pub(super) fn show(ui: &mut Ui, inputs: &Inputs<'_>, commands: &mut Vec<Command>) {
    let Health::Trouble {
        problem,
        since,
        next_try,
    } = &inputs.latest.health
    else {
        return;
    };
    let tokens = theme::tokens(ui);
    let (ink, ground) = if problem.may_pass() {
        (tokens.warn, tokens.warn_soft)
    } else {
        (tokens.error, tokens.error_soft)
    };
    let age = inputs
        .latest
        .checked_at
        .map(|at| format::age(inputs.now - at))
        .unwrap_or_default();
    let wait = (next_try - inputs.now) / 1_000_000;
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
            let mut has_room = true;
            ui.horizontal(|ui| {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let [word, tip] = text::try_button();
                    if widgets::link_button(ui, word, word, tip).clicked() {
                        commands.push(Command::Refresh);
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        let (rect, _) = ui.allocate_exact_size(vec2(18.0, 18.0), Sense::hover());
                        icon::paint(ui.painter(), rect, icon::Icon::Warning, ink);
                        let width = |words: &str, font| {
                            let galley = ui.painter().layout_no_wrap(words.into(), font, ink);
                            galley.size().x + ui.spacing().item_spacing.x
                        };
                        let both =
                            width(&title, theme::bold(13.0)) + width(&when, theme::font(13.0));
                        has_room = both <= ui.available_width();
                        let title = RichText::new(&title).font(theme::bold(13.0)).color(ink);
                        ui.add(Label::new(title).truncate());
                        if has_room {
                            ui.label(RichText::new(&when).color(tokens.text));
                        }
                    });
                });
            });
            // What did not fit beside the title stands below it.
            let rest = (!has_room).then_some(&when).into_iter().chain([&advice]);
            // Of an unknown problem, the server's words are all there is.
            let rest = rest.chain(match problem {
                Problem::Other(words) if !words.is_empty() => Some(words),
                _ => None,
            });
            for words in rest {
                ui.horizontal(|ui| {
                    ui.add_space(26.0);
                    let words = RichText::new(words).small().color(tokens.text);
                    ui.add(Label::new(words).wrap());
                });
            }
        })
        .response;
    let name = format!("{title}, {when}. {advice}");
    response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, &name));
    if let Some(detail) = problem.detail() {
        response.on_hover_text(detail);
    }
}
