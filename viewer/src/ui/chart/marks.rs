//! Marks for whole slots: not complete, without a row, with late events.

use super::shared::{Plot, Shared};
use crate::{
    calendar::{Span, format},
    data::Finality,
    page::Chart,
    stats,
    ui::{
        text,
        theme::{self, Tokens},
    },
};
use chrono::Datelike;
use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, pos2, vec2};

/// The band behind days that are not complete.
pub(super) fn incomplete_slots(
    painter: &Painter,
    plot: &Plot,
    shared: &Shared<'_>,
    tokens: Tokens,
) {
    // A day before complete ones may wait for late events: that is said where it is read.
    let first = stats::complete(shared.states);
    if first == shared.states.len() {
        return;
    }
    let band = Rect::from_x_y_ranges(plot.edge(first)..=plot.rect.max.x, plot.rect.y_range());
    painter.rect_filled(band, 2.0, tokens.shade);
}

/// Days before today on which no series has a row: hatched, with a word where there is room.
pub(super) fn missing_slots(
    painter: &Painter,
    plot: &Plot,
    chart: &Chart,
    shared: &Shared<'_>,
    tokens: Tokens,
) {
    let is_missing = |index: &usize| {
        shared.states[*index] != Finality::SoFar && shared.span.at(*index) >= shared.begin
    };
    before_begin(painter, plot, shared, tokens);
    let is_empty = matches!(chart.blank.as_slice(), [blank] if blank.len() == plot.slots);
    if is_empty && shared.ended() == 0 {
        let words = text::no_events_yet_word();
        pill(
            painter,
            plot.rect.center(),
            words,
            tokens.weak,
            tokens.surface,
        );
    }
    for blank in &chart.blank {
        let Some(start) = blank.clone().find(is_missing) else {
            continue;
        };
        let end = start + (start..blank.end).take_while(is_missing).count();
        let band = Rect::from_x_y_ranges(plot.edge(start)..=plot.edge(end), plot.rect.y_range());
        hatch(painter, band, tokens);
        if band.width() > 52.0 {
            pill(
                painter,
                band.center(),
                text::no_data(),
                tokens.weak,
                tokens.surface,
            );
        }
    }
}

/// The slots before the first row of all.
fn before_begin(painter: &Painter, plot: &Plot, shared: &Shared<'_>, tokens: Tokens) {
    let end = shared.before_begin();
    if end == 0 {
        return;
    }
    let band = Rect::from_x_y_ranges(plot.edge(0)..=plot.edge(end), plot.rect.y_range());
    hatch(painter, band, tokens);
    let words = no_data_before(shared);
    if width_of(painter, &words) < band.width() {
        pill(painter, band.center(), &words, tokens.weak, tokens.surface);
    }
}

/// What is said of the slots before the first row of all: with its year, where the axis does not tell that.
pub(super) fn no_data_before(shared: &Shared<'_>) -> String {
    let (grain, slot) = (shared.grain, shared.begin);
    let [begin, last] = [slot, shared.span.last].map(|slot| grain.day(slot));
    text::no_data_before(&match begin.date().year() == last.date().year() {
        true => grain.short(slot),
        false => format::days(Span::new(begin, begin)),
    })
}

/// Slots without a stack of shares, because series that had begun lack a row in them.
pub(super) fn lacking_slots(
    painter: &Painter,
    plot: &Plot,
    chart: &Chart,
    shared: &Shared<'_>,
    tokens: Tokens,
) {
    for (slots, names) in chart.lacking(shared.ended()) {
        let edges = plot.edge(slots.start)..=plot.edge(slots.end);
        let band = Rect::from_x_y_ranges(edges, plot.rect.y_range());
        hatch(painter, band, tokens);
        let words = text::no_data_of(&names);
        if width_of(painter, &words) < band.width() + 24.0 {
            pill(painter, band.center(), &words, tokens.weak, tokens.surface);
        }
    }
}

fn width_of(painter: &Painter, words: &str) -> f32 {
    let galley = painter.layout_no_wrap(words.into(), theme::font(11.0), Color32::WHITE);
    galley.size().x + 10.0
}

/// A word on an opaque background, so that lines do not run through it.
pub(super) fn pill(painter: &Painter, center: Pos2, words: &str, ink: Color32, ground: Color32) {
    let galley = painter.layout_no_wrap(words.into(), theme::font(11.0), ink);
    let rect = Rect::from_center_size(center, galley.size() + vec2(10.0, 4.0));
    painter.rect_filled(rect, 4.0, ground);
    painter.galley(rect.min + vec2(5.0, 2.0), galley, ink);
}

/// Lines across a stretch of which nothing is known.
pub(super) fn hatch(painter: &Painter, band: Rect, tokens: Tokens) {
    let painter = painter.with_clip_rect(band);
    let stroke = Stroke::new(1.0, tokens.surface.lerp_to_gamma(tokens.weak, 0.3));
    let mut x = band.min.x - band.height();
    while x < band.max.x {
        painter.line_segment(
            [pos2(x, band.max.y), pos2(x + band.height(), band.min.y)],
            stroke,
        );
        x += 7.0;
    }
}

/// A small mark on the base line of each day with late events.
pub(super) fn late_slots(painter: &Painter, plot: &Plot, chart: &Chart, tokens: Tokens) {
    let mut next = chart.late_from(0);
    while let Some(index) = next {
        let tip = pos2(plot.x(index), plot.rect.max.y - 4.5);
        // Not those on top of it, of which there may be thousands.
        next = chart.late_from((index + 1).max(plot.index(tip.x + 2.0)));
        let points = vec![tip, tip + vec2(3.2, 4.5), tip + vec2(-3.2, 4.5)];
        painter.add(Shape::convex_polygon(points, tokens.warn, Stroke::NONE));
    }
}
