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
    // A period without a row has no sum: 0 would say that there were no events.
    let all = all.filter(|all| parts == Parts::Sum && adds_up && all.counts.rows() > 0);
    let sums = all.map(|all| text::events_forms(all.figures.sum));
    let sums: Vec<&String> = sums.iter().flatten().collect();
    let change = all.and_then(|all| match all.change {
        Change::Share(share) => Some(format::percent(share)),
        _ => None,
    });
    let compared = match parts {
        Parts::Days => Vec::new(),
        // Without figures on top there is no other change on screen.
        Parts::Sum if change.is_none() => Vec::new(),
        _ => text::compared_forms(page),
    };
    let so_far = so_far(inputs, page);
    let so_far_width = so_far.as_deref().map_or(0.0, |words| mark_width(ui, words));
    let room = ui.available_width() - so_far_width - way_back_width(ui, inputs, page);
    let width = |words: &str| grid::width(ui, words, usual.clone()) + BETWEEN;
    let bold_width = |words: &str| grid::width(ui, words, theme::bold(13.0)) + BETWEEN;
    let fits = |facts: &Facts<'_>| {
        let bold = facts.sum.map_or(0.0, |sum| bold_width(sum))
            + facts.change.map_or(0.0, |change| bold_width(change));
        width(facts.days) + bold + facts.compared.map_or(0.0, |words| width(words)) <= room
    };
    let days = days(inputs, page);
    let forms = Facts::forms(&days, &sums, change.as_ref(), &compared);
    let facts = forms.iter().find(|facts| fits(facts)).or(forms.last());
    let Some(facts) = facts else { return };
    let reserved = facts.compared.map_or(0.0, |words| width(words));
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 18.0;
        ui.spacing_mut().item_spacing.x = BETWEEN;
        way_back(ui, inputs, page, commands);
        words(ui, facts.days, usual.clone(), tokens.text);
        for bold in facts.sum.into_iter().chain(facts.change) {
            words(ui, bold, theme::bold(13.0), tokens.text);
        }
        if let Some(said) = so_far {
            ring(ui, &said);
        }
        late(ui, inputs, page, reserved);
        let Some(whole) = compared.first() else {
            return;
        };
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            match facts.compared {
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
            }
        });
    });
}

/// A form of the facts on the line.
#[derive(Clone, Copy)]
struct Facts<'a> {
    days: &'a String,
    sum: Option<&'a String>,
    change: Option<&'a String>,
    compared: Option<&'a String>,
}

impl<'a> Facts<'a> {
    /// The forms, the best one first. The days that a change compares are worth more than how many days there are on
    /// screen, than their zone, which the line at the bottom has, too, and than all figures of the sum: a change stands
    /// nowhere without them.
    fn forms(
        [days, bare_days, dates]: &'a [String; 3],
        sums: &[&'a String],
        change: Option<&'a String>,
        compared: &'a [String],
    ) -> Vec<Self> {
        let (exact, shortest) = (sums.first().copied(), sums.last().copied());
        let whole = compared.iter().map(|compared| (days, exact, compared));
        let shortest_two = compared.len().saturating_sub(2);
        let short = compared.iter().skip(shortest_two).flat_map(|short| {
            [
                (bare_days, exact, short),
                (dates, exact, short),
                (dates, shortest, short),
            ]
        });
        let compared = whole.chain(short).map(|(days, sum, compared)| Self {
            days,
            sum,
            change,
            compared: Some(compared),
        });
        let without = [
            (days, exact),
            (bare_days, exact),
            (dates, exact),
            (dates, shortest),
            (dates, None),
        ];
        let without = without.map(|(days, sum)| Self {
            days,
            sum,
            change: None,
            compared: None,
        });
        compared.chain(without).collect()
    }
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

/// How wide the way back is.
fn way_back_width(ui: &Ui, inputs: &Inputs<'_>, page: &Page) -> f32 {
    let Some((day, _)) = inputs.state.drilled else {
        return 0.0;
    };
    let width = |words: &str| grid::width(ui, words, theme::font(12.0)) + 2.0 + BETWEEN;
    let to_day = (page.span != page.full).then(|| width(&text::to_day(&day.short())[0]));
    width(text::to_days()[0]) + to_day.unwrap_or(0.0)
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
