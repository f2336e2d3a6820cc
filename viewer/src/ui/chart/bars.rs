//! Counts of each slot as one bar, stacked by series: for counts that are mostly zero, of which lines would run into one
//! another on the base line.

use super::shared::{Plot, Shared, color};
use crate::{page::Chart, ui::theme::Tokens};
use egui::{CornerRadius, Mesh, Rect, Shape, Ui, pos2};

/// Of the room of a slot.
const WIDTH: f32 = 0.72;
/// The widest bar.
const WIDEST: f32 = 26.0;
/// A part of a bar is at least as high: it can be seen.
const LEAST: f32 = 1.0;
/// Of narrower bars there may be thousands. They have hard edges: the soft ones of a rectangle cost ten times as much.
const NARROW: f32 = 2.0;

pub(super) fn paint(ui: &Ui, plot: &Plot, chart: &Chart, shared: &Shared<'_>, tokens: Tokens) {
    let painter = ui.painter().with_clip_rect(plot.rect);
    let width = (plot.rect.width() / plot.slots as f32 * WIDTH).clamp(1.0, WIDEST);
    let inks: Vec<_> = chart
        .lines
        .iter()
        .map(|line| color(shared, line, tokens))
        .collect();
    let mut narrow = Mesh::default();
    for index in 0..plot.slots {
        let mut base = plot.rect.max.y;
        let mut events = 0_i64;
        for (line, ink) in chart.lines.iter().zip(&inks) {
            let count = line.counts.get(index).map_or(0, |count| count.events);
            if count == 0 {
                continue;
            }
            events = events.saturating_add(count);
            let top = plot.y(events as f64).min(base - LEAST);
            // A hair line of the ground between two parts, where they are high enough.
            let gap = if base - top > 3.0 { 1.0 } else { 0.0 };
            let x = plot.x(index);
            let part = Rect::from_min_max(
                pos2(x - width / 2.0, top),
                pos2(x + width / 2.0, base - gap),
            );
            // What is so far may change: pale.
            let fill = match shared.states[index].is_complete() {
                true => *ink,
                false => tokens.surface.lerp_to_gamma(*ink, 0.6),
            };
            match width < NARROW {
                true => narrow.add_colored_rect(part, fill),
                false => {
                    painter.rect_filled(part, CornerRadius::ZERO, fill);
                }
            }
            base = top;
        }
    }
    if !narrow.is_empty() {
        painter.add(Shape::mesh(narrow));
    }
}
