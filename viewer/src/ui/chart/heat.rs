//! The heatmap: a row for each series, a cell for each day, each row on its own scale.

use super::{
    axis::time_axis,
    labels,
    marks::{hatch, no_data_before, pill},
    readout,
    scale::Scale,
    shared::{Outcome, Plot, Shared, width},
    touch::{brush, describe, interact},
};
use crate::{
    data::Finality,
    page::{Chart, Line},
    ui::{
        text,
        theme::{self, Tokens},
        widgets,
    },
};
use egui::{
    Color32, Mesh, Rect, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui, UiBuilder, pos2, vec2,
};
use std::ops::{Range, RangeInclusive};

/// How high a row is.
const ROWS: RangeInclusive<f32> = 15.0..=34.0;

/// Shows the heatmap over the whole of `rect`.
pub(crate) fn show(ui: &mut Ui, rect: Rect, chart: &Chart, shared: &Shared<'_>) -> Outcome {
    let tokens = theme::tokens(ui);
    widgets::paint_card(ui, rect, tokens);
    let inner = rect.shrink(theme::PAD);
    head(ui, inner, chart, tokens);
    let widest = chart
        .lines
        .iter()
        .map(|line| width(ui, &line.name))
        .fold(0.0, f32::max);
    let left = (widest * 1.06 + 12.0).min(inner.width() * 0.3);
    let area = Rect::from_min_max(inner.min + vec2(0.0, 30.0), inner.max - vec2(0.0, 20.0));
    let count = chart.lines.len().max(1) as f32;
    let height = (area.height() / count).clamp(*ROWS.start(), *ROWS.end());
    let mut outcome = Outcome::default();
    let mut child = ui.new_child(UiBuilder::new().max_rect(area).id_salt("heat"));
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(&mut child, |ui| {
            let size = vec2(area.width(), height * count);
            let (all, _) = ui.allocate_exact_size(size, Sense::hover());
            let area = Rect::from_min_max(pos2(all.min.x + left, all.min.y), all.max);
            let plot = Plot {
                rect: area,
                slots: shared.span.count(),
                scale: Scale::linear(1, shared.measure),
            };
            let response =
                ui.interact(area, ui.scope_id().with("heatmap"), Sense::click_and_drag());
            describe(ui, &response, chart, shared);
            for (at, line) in chart.lines.iter().enumerate() {
                let y = all.min.y + at as f32 * height;
                let row = Rect::from_x_y_ranges(all.x_range(), y..=y + height);
                if ui.is_rect_visible(row) {
                    cells(ui, &plot, row, line, shared, tokens);
                    let strong = shared.highlight.is_some_and(|name| name == line.full_name);
                    let font = if strong {
                        theme::bold(11.5)
                    } else {
                        theme::font(11.5)
                    };
                    let name = widgets::elided(ui, &line.name, font, tokens.text, left - 8.0);
                    let place = pos2(row.min.x, row.center().y - name.size().y / 2.0);
                    ui.painter().galley(place, name, tokens.text);
                }
                labels::node(ui, row, line, shared);
            }
            let dragged = brush(ui, &response, &plot, shared, tokens);
            outcome = interact(ui, &response, &plot, shared, dragged);
            outcome.highlight = response.hover_pos().and_then(|at| {
                let row = ((at.y - all.min.y) / height) as usize;
                chart.lines.get(row).map(|line| line.full_name.clone())
            });
            if let Some(index) = shared.read.and_then(|slot| shared.span.index(slot)) {
                let column =
                    Rect::from_x_y_ranges(plot.edge(index)..=plot.edge(index + 1), area.y_range());
                let stroke = Stroke::new(1.0, tokens.text);
                ui.painter()
                    .rect_stroke(column, 2.0, stroke, StrokeKind::Outside);
                if response.hovered() || (response.has_focus() && shared.reads_by_key) {
                    let pointed = outcome.highlight.as_deref();
                    readout::show(ui, &response, &plot, chart, shared, index, pointed);
                }
            }
            if shared.before_begin() == plot.slots {
                let words = no_data_before(shared);
                pill(
                    ui.painter(),
                    area.center(),
                    &words,
                    tokens.weak,
                    tokens.surface,
                );
            }
            widgets::focus_ring(ui, area, &response);
        });
    let axis = Rect::from_min_max(pos2(area.min.x + left, area.min.y), area.max);
    let bottom = area.max.y.min(area.min.y + height * count);
    let axis = Rect::from_x_y_ranges(axis.x_range(), axis.min.y..=bottom);
    time_axis(
        ui.painter(),
        &Plot {
            rect: axis,
            slots: shared.span.count(),
            scale: Scale::linear(1, shared.measure),
        },
        shared,
        tokens,
    );
    outcome
}

/// Cells closer than this are painted without gap and without rounding.
const ROOMY: f32 = 6.0;
/// Days narrower than this share a cell.
const NARROWEST: f32 = 2.0;

fn cells(ui: &Ui, plot: &Plot, row: Rect, line: &Line, shared: &Shared<'_>, tokens: Tokens) {
    let day_width = plot.rect.width() / plot.slots as f32;
    let gap = if day_width > ROOMY { 1.0 } else { 0.0 };
    let scale = Shades::of(line);
    let mut narrow = Mesh::default();
    let begin = shared.before_begin();
    if begin > 0 {
        let before = plot.edge(0)..=plot.edge(begin) - gap;
        let before = Rect::from_x_y_ranges(before, row.min.y + 1.0..=row.max.y - 1.0);
        hatch(ui.painter(), before, tokens);
    }
    for slots in cells_of(plot.slots, day_width) {
        let cell = Rect::from_x_y_ranges(
            plot.edge(slots.start)..=plot.edge(slots.end) - gap,
            row.min.y + 1.0..=row.max.y - 1.0,
        );
        let last = slots.end - 1;
        let largest = line.counts.extremes(slots).map(|(_, high)| high);
        let complete = shared.states[last].is_complete();
        match largest {
            None if shared.states[last] != Finality::SoFar
                && shared.span.at(last) >= shared.begin =>
            {
                hatch(ui.painter(), cell, tokens);
            }
            None => {}
            Some(0) => {
                let stroke = Stroke::new(1.0, tokens.border);
                ui.painter()
                    .rect_stroke(cell, 1.0, stroke, StrokeKind::Inside);
            }
            Some(events) => {
                let color = scale.color(events, tokens);
                if !complete {
                    // An incomplete day is hollow, as in the line charts.
                    let stroke = Stroke::new(2.0, color);
                    ui.painter()
                        .rect_stroke(cell, 1.0, stroke, StrokeKind::Inside);
                } else if gap > 0.0 {
                    ui.painter().rect_filled(cell, 1.0, color);
                } else {
                    narrow.add_colored_rect(cell, color);
                }
            }
        }
    }
    if !narrow.is_empty() {
        ui.painter().add(Shape::mesh(narrow));
    }
}

/// The days of each cell: one, or as many as are needed to make the cell visible.
fn cells_of(days: usize, day_width: f32) -> impl Iterator<Item = Range<usize>> {
    let cells = if day_width < NARROWEST {
        ((days as f32 * day_width / NARROWEST) as usize).clamp(1, days)
    } else {
        days
    };
    (0..cells).map(move |cell| cell * days / cells..(cell + 1) * days / cells)
}

/// Width of the scale of colours.
const BAR: f32 = 90.0;

/// From the smallest to the largest day of a row.
struct Shades {
    low: i64,
    high: i64,
}

impl Shades {
    fn of(line: &Line) -> Self {
        let figures = line.figures;
        Self {
            low: figures.min.unwrap_or(0),
            high: figures.max.unwrap_or(1),
        }
    }

    fn color(&self, events: i64, tokens: Tokens) -> Color32 {
        let range = (self.high - self.low).max(1) as f32;
        let share = ((events - self.low) as f32 / range).clamp(0.0, 1.0);
        tokens
            .surface
            .lerp_to_gamma(tokens.accent, 0.14 + 0.86 * share)
    }
}

fn head(ui: &Ui, inner: Rect, chart: &Chart, tokens: Tokens) {
    let y = inner.min.y + 9.0;
    // From the right: the scale between its words, then what a hatch means.
    let mut right = inner.max.x;
    let mut word = |words: &str, space: f32| {
        let font = theme::font(11.0);
        let galley = ui.painter().layout_no_wrap(words.into(), font, tokens.weak);
        right -= galley.size().x;
        let at = pos2(right, y - galley.size().y / 2.0);
        ui.painter().galley(at, galley, tokens.weak);
        right -= space;
        right
    };
    let [least, most] = text::smallest_largest();
    let end = word(most, 6.0 + BAR);
    let scale = Shades { low: 0, high: 17 };
    for step in 0..18 {
        let x = end + step as f32 * BAR / 18.0;
        let cell = Rect::from_min_size(pos2(x, y - 5.0), vec2(BAR / 18.0, 10.0));
        ui.painter()
            .rect_filled(cell, 0.0, scale.color(step, tokens));
    }
    word("", 6.0);
    word(least, 16.0);
    let left = word(text::no_data(), 5.0 + 12.0);
    hatch(
        ui.painter(),
        Rect::from_min_size(pos2(left, y - 5.0), vec2(12.0, 10.0)),
        tokens,
    );
    let title = widgets::elided(
        ui,
        text::title(&chart.title),
        theme::bold(14.0),
        tokens.text,
        left - 16.0 - inner.min.x,
    );
    ui.painter().galley(inner.min, title, tokens.text);
}

#[cfg(test)]
mod tests {
    use super::cells_of;

    #[test]
    fn each_day_has_one_cell_that_can_be_seen() {
        for (days, width) in [(28, 40.0), (1825, 0.6), (3, 0.1), (100, 1.9)] {
            let cells: Vec<_> = cells_of(days, width).collect();
            assert_eq!(cells[0].start, 0);
            assert_eq!(cells.last().map(|cell| cell.end), Some(days));
            for pair in cells.windows(2) {
                assert_eq!(pair[0].end, pair[1].start);
            }
            let narrowest = cells
                .iter()
                .map(|cell| cell.len() as f32 * width)
                .fold(f32::MAX, f32::min);
            assert!(
                cells.len() == 1 || narrowest >= 1.8,
                "{days} days: {narrowest}"
            );
        }
    }
}
