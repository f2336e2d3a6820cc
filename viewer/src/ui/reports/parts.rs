//! What reports have in common: where things are, charts, and tables.

use super::tiles;
use crate::{
    calendar::Day,
    data::{Finality, Measure},
    page::{Chart, ChartOptions, ColorSlots, Command, List, reports::sheet::Sheet},
    ui::{chart, grid::sheet, inputs::Inputs, memory::Memory, text, theme},
};
use egui::{Rect, Ui, pos2};

/// Figures, a chart, and a table below it, as there is room for them.
pub(super) fn areas(rect: Rect, has_tiles: bool) -> (Option<Rect>, Rect, Rect) {
    let mut top = rect.min.y;
    let tiles = (has_tiles && rect.height() > 430.0).then(|| {
        let tiles = Rect::from_x_y_ranges(rect.x_range(), top..=top + tiles::HEIGHT);
        top += tiles::HEIGHT + theme::GAP;
        tiles
    });
    let below = ((rect.max.y - top) * 0.42).clamp(120.0, 420.0);
    let split = rect.max.y - below;
    let upper = Rect::from_min_max(pos2(rect.min.x, top), pos2(rect.max.x, split - theme::GAP));
    let lower = Rect::from_min_max(pos2(rect.min.x, split), rect.max);
    (tiles, upper, lower)
}

/// Shows a table and handles its input.
pub(super) fn grid(ui: &mut Ui, rect: Rect, sheet: &Sheet, memory: &mut Memory) {
    let kept = &mut memory.reports;
    let selected = kept.selected.get(sheet.name).copied();
    let outcome = sheet::show(ui, rect, sheet, selected);
    if let Some(sort) = outcome.sort {
        kept.sorts.insert(sheet.name, sort);
        kept.selected.remove(sheet.name);
        ui.ctx().request_repaint();
    }
    if let Some(at) = outcome.selected {
        kept.selected.insert(sheet.name, at);
        ui.ctx().request_repaint();
    }
    if outcome.copied {
        memory.notice = Some(text::row_copied().into());
    }
}

/// What charts show.
pub(super) struct Charts<'a> {
    pub(super) charts: &'a [Chart],
    pub(super) measure: Measure,
    pub(super) states: &'a [Finality],
    /// Colours of names, if these are no regions.
    pub(super) colors: Option<&'a ColorSlots>,
    /// The first day with known numbers, if that is not the first one with events.
    pub(super) begin: Option<Day>,
    /// How many days up to a slot a number is of.
    pub(super) window: usize,
    /// A bar for each slot instead of lines.
    pub(super) stacked: bool,
}

/// Shows charts side by side, with the cursor and the zoom that all charts have.
pub(super) fn charts(
    ui: &mut Ui,
    rect: Rect,
    inputs: &Inputs<'_>,
    of: &Charts<'_>,
    memory: &mut Memory,
    commands: &mut Vec<Command>,
) {
    let Some(page) = inputs.page else { return };
    let (grain, span) = (page.grain, page.span);
    let cursor = inputs.state.cursor.filter(|slot| span.contains(*slot));
    let hovered = memory.hovered.filter(|slot| span.contains(*slot));
    let shift = grain.comparison_shift(span.count());
    let compares = inputs.state.compares() && of.charts.iter().any(Chart::has_before);
    let shared = chart::Shared {
        span,
        states: of.states,
        grain,
        measure: of.measure,
        window: of.window,
        begin: of
            .begin
            .or_else(|| Some(inputs.data.day_bounds()?.first))
            .map_or(span.last, |begin| grain.slot(begin)),
        colors: of
            .colors
            .unwrap_or_else(|| inputs.state.colors(List::Regions)),
        read: hovered.or(cursor),
        reads_by_key: chart::reads_by_key(ui, hovered),
        compared: compares.then_some(shift),
        // Those are of daily events.
        options: ChartOptions::default(),
        stacked: of.stacked,
        top: None,
        least: None,
        highlight: None,
    };
    let width = (rect.width() + theme::GAP) / of.charts.len().max(1) as f32 - theme::GAP;
    let (mut hovered, mut focused) = (None, None);
    for (at, chart) in of.charts.iter().enumerate() {
        let left = rect.min.x + at as f32 * (width + theme::GAP);
        let place = Rect::from_x_y_ranges(left..=left + width, rect.y_range());
        let outcome = chart::show(ui, place, chart, &shared, at);
        hovered = hovered.or(outcome.hovered);
        focused = focused.or(outcome.focused);
        commands.extend(outcome.command);
    }
    memory.focused_chart = focused;
    if memory.hovered != hovered {
        memory.hovered = hovered;
        ui.ctx().request_repaint();
    }
}
