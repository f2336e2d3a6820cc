//! Both axes.

use super::shared::{Plot, Shared};
use crate::{
    calendar::ticks,
    ui::theme::{self, Tokens},
};
use egui::{Align2, Painter, Stroke, pos2};

/// Lines and labels of both axes.
pub(super) fn grid(
    painter: &Painter,
    plot: &Plot,
    values: &[f64],
    shared: &Shared<'_>,
    tokens: Tokens,
) {
    for &value in values {
        let y = painter.round_to_pixel_center(plot.y(value));
        let color = if value == 0.0 {
            tokens.border
        } else {
            tokens.grid
        };
        painter.hline(plot.rect.x_range(), y, Stroke::new(1.0, color));
        painter.text(
            pos2(plot.rect.min.x - 8.0, y),
            Align2::RIGHT_CENTER,
            plot.scale.label(value),
            theme::font(11.0),
            tokens.weak,
        );
    }
    if let Some(height) = plot.scale.axis_break() {
        axis_break(painter, plot, height as f32, tokens);
    }
    time_axis(painter, plot, shared, tokens);
}

/// A piece of the axis of values, between two of its lines, that is cut by two slashes.
fn axis_break(painter: &Painter, plot: &Plot, height: f32, tokens: Tokens) {
    // Clear of the numbers, which end eight points before the axis.
    let (x, bottom) = (plot.rect.min.x - 2.0, plot.rect.max.y);
    let center = bottom - plot.rect.height() * height;
    let stroke = Stroke::new(1.0, tokens.weak);
    let (above, below) = (center - 2.0, center + 2.0);
    painter.vline(x, bottom - 2.0 * (bottom - center)..=above - 1.0, stroke);
    painter.vline(x, below + 1.0..=bottom, stroke);
    for y in [above, below] {
        painter.line_segment([pos2(x - 3.0, y + 1.5), pos2(x + 3.0, y - 1.5)], stroke);
    }
    let mut left = plot.rect.min.x + 6.0;
    while left < plot.rect.max.x {
        let right = (left + 2.0).min(plot.rect.max.x);
        painter.hline(
            left..=right,
            painter.round_to_pixel_center(center),
            Stroke::new(1.0, tokens.border),
        );
        left += 6.0;
    }
}

/// Labels of the time axis.
pub(super) fn time_axis(painter: &Painter, plot: &Plot, shared: &Shared<'_>, tokens: Tokens) {
    let slot_width = plot.rect.width() / plot.slots as f32;
    let mut free_from = plot.rect.min.x - 24.0;
    for tick in ticks::slots(shared.grain, shared.span, 58.0 / slot_width) {
        let Some(index) = shared.span.index(tick.slot) else {
            continue;
        };
        let x = painter.round_to_pixel_center(plot.x(index));
        painter.vline(
            x,
            plot.rect.max.y..=plot.rect.max.y + 4.0,
            Stroke::new(1.0, tokens.border),
        );
        let galley = painter.layout_no_wrap(tick.label, theme::font(11.0), tokens.weak);
        let half = galley.size().x / 2.0;
        if x - half < free_from || x + half > plot.rect.max.x + 30.0 {
            continue;
        }
        free_from = x + half + 8.0;
        painter.galley(pos2(x - half, plot.rect.max.y + 6.0), galley, tokens.weak);
    }
}
