//! The line above the charts: which days, on which clock, how far today has come, and what changes compare.

use super::{grid, inputs::Inputs, text, theme, widgets};
use crate::{
    calendar::format,
    data::{Column, Measure},
    page::{Command, Page, Section, View},
    stats::Change,
};
use egui::{
    Align, Color32, FontId, Label, Layout, RichText, Sense, Shape, Stroke, Ui, WidgetInfo,
    accesskit::Role, vec2,
};

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

/// Between two facts.
const BETWEEN: f32 = 12.0;

/// Shows it.
pub(super) fn show(
    ui: &mut Ui,
    inputs: &Inputs<'_>,
    page: &Page,
    parts: Parts,
    commands: &mut Vec<Command>,
) {
    let tokens = theme::tokens(ui);
    let usual = theme::font(13.0);
    let adds_up = page.measure == Measure::Events;
    let all = page.tiles.first();
    let all = all.filter(|_| parts == Parts::Sum && adds_up);
    let mut bold = Vec::new();
    if let Some(all) = all {
        bold.push(text::events(all.figures.sum));
        if let Change::Share(share) = all.change {
            bold.push(format::percent(share));
        }
    }
    let compared = match parts {
        Parts::Days => Vec::new(),
        // Without figures on top there is no other change on screen.
        Parts::Sum if bold.len() < 2 => Vec::new(),
        _ => text::compared_forms(page),
    };
    let width = |words: &str| grid::width(ui, words, usual.clone()) + BETWEEN;
    let bold_width = |words: &String| grid::width(ui, words, theme::bold(13.0)) + BETWEEN;
    let so_far = so_far(inputs, page);
    let so_far_width = so_far.as_deref().map_or(0.0, |words| mark_width(ui, words));
    let room = ui.available_width() - bold.iter().map(bold_width).sum::<f32>() - so_far_width;
    let [days, bare_days, dates] = days(inputs, page);
    // That a day is incomplete is always said. The days that changes compare are worth more than how many days there
    // are on screen, and than their zone, which the line at the bottom has, too.
    let short = compared.last();
    let with_dates = [&bare_days, &dates].map(|days| (days, short));
    let without = [&days, &bare_days].map(|days| (days, None));
    let (days, shown) = compared
        .iter()
        .map(|compared| (&days, Some(compared)))
        .chain(with_dates.into_iter().filter(|_| short.is_some()))
        .chain(without)
        .find(|(days, compared)| width(days) + compared.map_or(0.0, |words| width(words)) <= room)
        .unwrap_or((&dates, None));
    let reserved = shown.map_or(0.0, |words| width(words));
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 18.0;
        ui.spacing_mut().item_spacing.x = BETWEEN;
        way_back(ui, inputs, page, commands);
        words(ui, days, usual.clone(), tokens.text);
        for bold in &bold {
            words(ui, bold, theme::bold(13.0), tokens.text);
        }
        if let Some(said) = so_far {
            ring(ui, &said);
        }
        late(ui, inputs, page, reserved);
        let Some(whole) = compared.first() else {
            return;
        };
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| match shown {
            Some(shown) => {
                let response = words(ui, shown, usual.clone(), tokens.weak);
                response.widget_info(|| WidgetInfo::labeled(Role::Label, true, whole));
                response.on_hover_text(format!("{whole}\n{}", text::compared_tip()));
            }
            // For screen readers, though there is no room to paint it.
            None => {
                let (_, response) = ui.allocate_exact_size(vec2(0.0, 0.0), Sense::hover());
                response.widget_info(|| WidgetInfo::labeled(Role::Label, true, whole));
            }
        });
    });
}

/// The days on screen, how many they are, and on which clock; the same without their number; and without the clock.
fn days(inputs: &Inputs<'_>, page: &Page) -> [String; 3] {
    let zone = &inputs.shown.zone;
    let zone = match page.grain.is_minute() {
        true => zone.clock(),
        false => zone.name.clone(),
    };
    text::days_shown(page.grain, page.span, &zone)
}

fn words(ui: &mut Ui, words: &str, font: FontId, color: Color32) -> egui::Response {
    ui.add(Label::new(RichText::new(words).font(font).color(color)))
}

/// From the minutes of a day back to the days, and from an hour back to its day.
fn way_back(ui: &mut Ui, inputs: &Inputs<'_>, page: &Page, commands: &mut Vec<Command>) {
    let Some((day, _)) = inputs.state.drilled else {
        return;
    };
    let is_zoomed = page.span != page.full;
    let tip = text::back_tip();
    let [word, name] = text::to_days();
    if widgets::link_button(ui, word, name, tip).clicked() {
        // Each step goes back by one: from the hour, and from the day.
        commands.extend(is_zoomed.then_some(Command::DrillOut));
        commands.push(Command::DrillOut);
    }
    if is_zoomed {
        let [word, name] = text::to_day(&day.short());
        if widgets::link_button(ui, &word, &name, tip).clicked() {
            commands.push(Command::DrillOut);
        }
    }
}

/// What a hollow mark and a shade stand for, and how far the day has come: once for all charts.
fn so_far(inputs: &Inputs<'_>, page: &Page) -> Option<String> {
    if page.span.first > inputs.shown.current() {
        return Some(text::not_begun().to_owned());
    }
    let is_drilled = inputs.state.drilled.is_some();
    let Some(state) = page.states.iter().find(|state| !state.is_complete()) else {
        // Of a day that was entered, it is not said anywhere else.
        let first = page.states.first().filter(|_| is_drilled)?;
        return Some(text::day_state(*first).to_owned());
    };
    let is_current = page.span.last == inputs.shown.current();
    let now = is_current.then(|| inputs.shown.local_now());
    Some(text::incomplete(*state, now))
}

const RING: f32 = 9.0;

fn mark_width(ui: &Ui, words: &str) -> f32 {
    RING + 5.0 + grid::width(ui, words, theme::font(12.0)) + BETWEEN
}

/// A hollow mark, as in the charts, and words beside it.
fn ring(ui: &mut Ui, said: &str) {
    let tokens = theme::tokens(ui);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        let (rect, _) = ui.allocate_exact_size(vec2(RING, RING), Sense::hover());
        let ring = Stroke::new(1.5, tokens.accent);
        ui.painter()
            .circle(rect.center(), 3.5, tokens.surface, ring);
        words(ui, said, theme::font(12.0), tokens.accent);
    });
}

/// What the triangles on the base lines stand for, where charts have any.
fn late(ui: &mut Ui, inputs: &Inputs<'_>, page: &Page, reserved: f32) {
    let view = inputs.state.view;
    let has_lines =
        Section::of(view) == Section::Events && !matches!(view, View::Heatmap | View::Table);
    if !has_lines || inputs.state.drawn().share || page.table.total.late_events == 0 {
        return;
    }
    let tokens = theme::tokens(ui);
    let (font, said) = (theme::font(12.0), text::late_mark());
    let mark = vec2(8.0, 6.0);
    if grid::width(ui, said, font.clone()) + mark.x + 24.0 > ui.available_width() - reserved {
        return;
    }
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        let (rect, _) = ui.allocate_exact_size(mark, Sense::hover());
        let points = vec![rect.center_top(), rect.right_bottom(), rect.left_bottom()];
        let triangle = Shape::convex_polygon(points, tokens.warn, Stroke::NONE);
        ui.painter().add(triangle);
        words(ui, said, font, tokens.weak).on_hover_text(text::column_tip(Column::Late));
    });
}
