//! The figures on top: all events, then each event type.

use super::{
    grid,
    inputs::Inputs,
    text,
    theme::{self, Tokens},
    widgets,
};
use crate::{
    calendar::format,
    data::{Distinct, Finality, STANDARD_ERROR, is_within_error},
    page::{Line, Page, Stretch},
    stats::Change,
};
use egui::{
    Align2, Color32, Rect, Sense, Shape, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2,
};

const HEIGHT: f32 = 84.0;
const NARROWEST: f32 = 138.0;

pub(super) fn show(ui: &mut Ui, inputs: &Inputs<'_>, page: &Page) {
    let width = ui.available_width();
    let fit = (((width + theme::GAP) / (NARROWEST + theme::GAP)) as usize).max(1);
    // They are counted by UTC day.
    let is_other_zone = !inputs.data.zone.is_utc() && inputs.latest.can.listeners;
    let has_listeners = inputs.latest.distinct.is_some() || is_other_zone;
    let listeners = usize::from(has_listeners && !page.grain.is_minute());
    let shown = (page.tiles.len() + listeners).min(fit);
    let each = (width - theme::GAP * (shown as f32 - 1.0)) / shown as f32;
    let (row, _) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::hover());
    let place = |at: usize| {
        let min = row.min + vec2(at as f32 * (each + theme::GAP), 0.0);
        Rect::from_min_size(min, vec2(each, HEIGHT))
    };
    let figures = shown.saturating_sub(listeners).max(1);
    let tiles = || page.tiles.iter().take(figures);
    // One form of numbers for all of them.
    let room = words_width(place(0));
    let width =
        |line: &Line| grid::width(ui, &format::grouped(line.figures.sum), theme::bold(21.0));
    let is_compact = tiles().any(|line| width(line) > room);
    for (at, line) in tiles().enumerate() {
        tile(ui, inputs, page, line, place(at), is_compact);
    }
    if figures < shown {
        match &inputs.latest.distinct {
            Some(distinct) if !is_other_zone => listeners_tile(ui, page, distinct, place(figures)),
            _ => no_listeners_tile(ui, place(figures)),
        }
    }
}

/// The tile without a number: listeners are counted by UTC day, and days of another zone are shown.
fn no_listeners_tile(ui: &Ui, rect: Rect) {
    let tokens = theme::tokens(ui);
    let response = ui.interact(rect, ui.scope_id().with("listeners tile"), Sense::hover());
    widgets::paint_card(ui, rect, tokens);
    let inner = inside(rect);
    let font = theme::font(12.5);
    let title = widgets::elided(ui, text::listeners(), font, tokens.weak, inner.width());
    ui.painter().galley(inner.min, title, tokens.weak);
    let at = pos2(inner.min.x, inner.max.y + 1.0);
    let words = text::utc_days_only();
    widgets::text(
        ui,
        at,
        Align2::LEFT_BOTTOM,
        words,
        theme::font(12.0),
        tokens.weak,
    );
    let name = format!("{}: {words}", text::listeners());
    response.widget_info(|| WidgetInfo::labeled(Role::GraphicsObject, true, &name));
    response.on_hover_text(text::utc_days_only_tip());
}

/// Distinct listeners: an estimate, and no more exact than it says.
fn listeners_tile(ui: &mut Ui, page: &Page, distinct: &Distinct, rect: Rect) {
    let tokens = theme::tokens(ui);
    let response = ui.interact(rect, ui.scope_id().with("listeners tile"), Sense::hover());
    widgets::paint_card(ui, rect, tokens);
    let inner = inside(rect);
    let title = widgets::elided(
        ui,
        text::listeners(),
        theme::font(12.5),
        tokens.weak,
        inner.width(),
    );
    ui.painter().galley(inner.min, title, tokens.weak);
    // While other days are being counted, what was counted for others is not theirs.
    let is_of_these = distinct.ask.span == page.grain.days(page.span);
    let number = match is_of_these {
        // They are of all event types, but a number beside none would look like one of them.
        _ if !has_counts(page) => "–".into(),
        true => format::compact(distinct.listeners as f64),
        false => "…".into(),
    };
    let at = pos2(inner.min.x, inner.min.y + 17.0);
    let number_rect = widgets::text(
        ui,
        at,
        Align2::LEFT_TOP,
        &number,
        theme::bold(21.0),
        tokens.text,
    );
    let percent = match has_counts(page) {
        true => format!("±{} %", STANDARD_ERROR * 100.0),
        false => String::new(),
    };
    let beside = pos2(number_rect.max.x + 6.0, number_rect.max.y - 4.0);
    widgets::text(
        ui,
        beside,
        Align2::LEFT_BOTTOM,
        &percent,
        theme::font(11.5),
        tokens.weak,
    );
    let is_compared = is_of_these && has_counts(page);
    let change = match distinct.compared.filter(|_| is_compared) {
        None => Change::Nothing,
        Some((now, before)) => Change::of(now.into(), before.into()),
    };
    let is_noise = matches!(change, Change::Share(share) if is_within_error(share));
    let (word, color) = match (self::change(change, tokens), is_noise) {
        ((word, _), true) => (text::within_error(&word), tokens.weak),
        (told, false) => told,
    };
    let at = pos2(inner.min.x, inner.max.y + 1.0);
    widgets::text(ui, at, Align2::LEFT_BOTTOM, &word, theme::bold(12.0), color);
    let against = match change {
        Change::Nothing => text::nothing_to_compare().to_owned(),
        _ => text::compared(page),
    };
    let spoken = text::listeners_tile(&number, &percent, &word, &against);
    response.widget_info(|| WidgetInfo::labeled(Role::GraphicsObject, true, &spoken));
    response.on_hover_ui(|ui| {
        ui.label(egui::RichText::new(text::listeners()).font(theme::bold(13.0)));
        let error = (distinct.listeners as f64 * STANDARD_ERROR).round() as i64;
        for words in text::listeners_tip(distinct, error) {
            ui.label(words);
        }
        ui.label(&against);
        if is_noise {
            ui.label(text::within_error_tip());
        }
    });
}

/// The contents of a tile.
fn inside(rect: Rect) -> Rect {
    rect.shrink2(vec2(theme::PAD + 2.0, theme::PAD - 1.0))
}

fn spark_width(rect: Rect) -> f32 {
    (inside(rect).width() * 0.36).min(150.0)
}

/// Room for the words of a tile, beside its sparkline.
fn words_width(rect: Rect) -> f32 {
    inside(rect).width() - spark_width(rect) - 10.0
}

/// Whether anything is known of what is switched on.
fn has_counts(page: &Page) -> bool {
    page.tiles.iter().any(|line| line.counts.rows() > 0)
}

fn tile(ui: &mut Ui, inputs: &Inputs<'_>, page: &Page, line: &Line, rect: Rect, is_compact: bool) {
    let tokens = theme::tokens(ui);
    let response = ui.interact(
        rect,
        ui.scope_id().with(("tile", &line.name)),
        Sense::hover(),
    );
    widgets::paint_card(ui, rect, tokens);
    let (inner, spark_width, room) = (inside(rect), spark_width(rect), words_width(rect));
    let title = widgets::elided(
        ui,
        text::title(&line.name),
        theme::font(12.5),
        tokens.weak,
        room,
    );
    ui.painter().galley(inner.min, title, tokens.weak);
    let number = match is_compact {
        // Of days that have not begun, or with nothing switched on, there is no number.
        _ if line.counts.rows() == 0 => "–".to_owned(),
        true => format::compact(line.figures.sum as f64),
        false => format::grouped(line.figures.sum),
    };
    let (at, font) = (pos2(inner.min.x, inner.min.y + 17.0), theme::bold(21.0));
    widgets::text(ui, at, Align2::LEFT_TOP, &number, font, tokens.text);
    let (word, color) = (text::change_of(page, line), change(line.change, tokens).1);
    let at = pos2(inner.min.x, inner.max.y + 1.0);
    widgets::text(ui, at, Align2::LEFT_BOTTOM, &word, theme::bold(12.0), color);
    let against = text::compared(page);
    let spark = Rect::from_min_max(
        pos2(inner.max.x - spark_width, inner.min.y + 3.0),
        pos2(inner.max.x, inner.min.y + 40.0),
    );
    sparkline(ui, spark, line, page, tokens);
    let events = (line.counts.rows() > 0).then_some(line.figures.sum);
    let spoken = text::tile(&line.name, events, &word, &against);
    response.widget_info(|| WidgetInfo::labeled(Role::GraphicsObject, true, &spoken));
    response.on_hover_ui(|ui| tip(ui, inputs, page, line));
}

/// More is neither good nor bad: the sign says it, and no colour judges.
fn change(change: Change, tokens: Tokens) -> (String, Color32) {
    let color = match change {
        Change::Share(share) if share.abs() >= 0.0005 => tokens.text,
        _ => tokens.weak,
    };
    (text::change(change), color)
}

/// Weeks and months that lack days are left out: on so small a line there is no mark for them.
fn sparkline(ui: &Ui, rect: Rect, line: &Line, page: &Page, tokens: Tokens) {
    let stretches = line.stretches(&page.states, rect.width() as usize);
    let drawn = |stretch: &Stretch| {
        let slots = stretch.solid.iter().chain(&stretch.open).copied();
        let whole = slots.filter(|at| !line.partial.contains(at));
        whole.collect::<Vec<usize>>()
    };
    let events = |at: usize| line.counts.get(at).map_or(0, |count| count.events);
    let heights = || stretches.iter().flat_map(drawn).map(events);
    let (low, high) = heights().min().zip(heights().max()).unwrap_or((0, 1));
    let low = low.min(high / 2);
    let range = (high - low).max(1) as f32;
    // Over the slots since the first row: a young database has few of a year.
    let all = page.tiles.first().map_or(&line.counts, |all| &all.counts);
    let first = all.runs().next().map_or(0, |run| run.start);
    let steps = (line.counts.len() - first).max(2) as f32 - 1.0;
    let place = |&index: &usize| {
        pos2(
            rect.min.x + rect.width() * (index as f32 - first as f32) / steps,
            rect.max.y - rect.height() * (events(index) - low) as f32 / range,
        )
    };
    let stroke = Stroke::new(1.5, tokens.accent);
    for stretch in &*stretches {
        let solid: Vec<_> = stretch.solid.iter().map(place).collect();
        let has_ended = |index: &&usize| page.states[**index] != Finality::SoFar;
        let is_whole = |index: &&usize| !line.partial.contains(index);
        let open = stretch.open.iter().filter(has_ended).filter(is_whole);
        let open: Vec<_> = open.map(place).collect();
        if let [alone] = solid.as_slice() {
            ui.painter().circle_filled(*alone, 1.75, tokens.accent);
        }
        // What has not ended stands for itself, as in the charts.
        let so_far = stretch.open.iter().filter(|index| !has_ended(index));
        for at in so_far.map(place) {
            let ring = Stroke::new(1.25, tokens.accent);
            ui.painter().circle(at, 2.0, tokens.surface, ring);
        }
        if solid.len() > 1 {
            ui.painter().add(Shape::line(solid, stroke));
        }
        if open.len() > 1 {
            ui.painter()
                .extend(Shape::dashed_line(&open, stroke, 2.5, 2.5));
        }
    }
}

fn tip(ui: &mut Ui, inputs: &Inputs<'_>, page: &Page, line: &Line) {
    let figures = line.figures;
    ui.label(egui::RichText::new(text::title(&line.name)).font(theme::bold(13.0)));
    ui.label(text::events(figures.sum));
    ui.label(text::switched_on(page.grain, page.span));
    if let Some(mean) = figures.mean {
        ui.label(text::on_average(page.grain, mean));
    }
    ui.label(text::of_them_late(figures.late));
    if page.states.iter().any(|state| !state.is_complete()) {
        let (now, clock) = (inputs.shown.local_now(), inputs.shown.zone.clock());
        ui.label(text::incomplete_in_sum(page.grain, now, &clock));
    }
    ui.label(text::compared(page));
}
