//! The legend as a table: every line of the charts with its figures. Pointing at one makes it stand out.

use super::{chart, memory::Memory, scene::Scene, table, text, theme};
use crate::{
    calendar::format,
    data::Measure,
    page::{Line, Page, colors},
};
use egui::{
    Rect, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2, vec2,
};

const SHARES: [f32; 7] = [1.75, 1.15, 1.0, 0.95, 0.9, 0.9, 0.95];

/// How many columns there is room for: the last ones go first.
fn shown(width: f32) -> usize {
    match width {
        width if width < 420.0 => 4,
        width if width < 540.0 => 5,
        _ => 7,
    }
}

/// Shows the lines of all charts over the whole of `rect`.
pub(super) fn show(ui: &mut Ui, rect: Rect, scene: &Scene<'_>, page: &Page, memory: &mut Memory) {
    let tokens = theme::tokens(ui);
    table::surface(ui, rect, tokens);
    let header = Rect::from_min_size(rect.min, vec2(rect.width(), table::HEADER));
    let columns = table::Columns::new(rect, &SHARES[..shown(rect.width())]);
    let titles = text::figures(page.grain);
    for (at, (title, tip)) in titles.into_iter().take(columns.count()).enumerate() {
        let cell = columns.rect(header, at);
        table::cell_text(ui, cell, at > 0, title, theme::bold(12.0), tokens.weak);
        let response = ui.interact(
            cell,
            ui.scope_id().with(("figures head", at)),
            Sense::hover(),
        );
        response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, title));
        response.on_hover_text(tip);
    }
    ui.painter().hline(
        header.x_range(),
        header.max.y - 0.5,
        Stroke::new(1.0, tokens.border),
    );
    let body = Rect::from_min_max(header.left_bottom(), rect.max - vec2(0.0, 4.0));
    let lines: Vec<&Line> = page.charts.iter().flat_map(|chart| &chart.lines).collect();
    let mut child = ui.new_child(UiBuilder::new().max_rect(body).id_salt("figures"));
    child.spacing_mut().item_spacing = vec2(0.0, 0.0);
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show_rows(&mut child, table::ROW, lines.len(), |ui, range| {
            for line in lines.get(range).unwrap_or_default() {
                row(ui, &columns, scene, page, line, memory);
            }
        });
}

fn row(
    ui: &mut Ui,
    columns: &table::Columns,
    scene: &Scene<'_>,
    page: &Page,
    line: &Line,
    memory: &mut Memory,
) {
    let tokens = theme::tokens(ui);
    let size = vec2(ui.available_width(), table::ROW);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let response = ui.interact(
        rect,
        ui.scope_id().with(("figures", &line.full_name)),
        Sense::hover(),
    );
    if response.hovered() {
        ui.painter()
            .rect_filled(rect.shrink2(vec2(4.0, 0.0)), 4.0, tokens.hover);
        memory.highlight = Some(line.full_name.clone());
    }
    let figures = line.figures;
    let number = |value: Option<i64>| value.map_or("–".to_owned(), format::grouped);
    let mean = figures.mean.map(|mean| mean.round() as i64);
    let change = text::change(line.change);
    let slot = scene
        .state
        .colors(scene.state.colored())
        .slot(&line.color_name);
    let color = theme::series(slot, tokens.dark);
    let first = columns.rect(rect, 0);
    let dot = pos2(first.min.x + 5.0, rect.center().y);
    match line.marker + colors::cycle(slot) {
        0 => {
            ui.painter().circle_filled(dot, 4.0, color);
        }
        cue => {
            ui.painter()
                .add(chart::symbol(dot, cue, color, tokens.surface));
        }
    }
    let name = Rect::from_min_max(first.min + vec2(16.0, 0.0), first.max);
    table::cell_text(
        ui,
        name,
        false,
        &line.full_name,
        theme::font(12.5),
        tokens.text,
    );
    let sum = match page.measure {
        Measure::Events => format::grouped(figures.sum),
        // One listener may be there on many days.
        Measure::Listeners => "–".into(),
    };
    let texts = [
        (sum, tokens.text),
        (number(figures.last), tokens.text),
        (number(mean), tokens.text),
        (change.clone(), tokens.text),
        (number(figures.min), tokens.weak),
        (number(figures.max), tokens.weak),
    ];
    for (at, (words, color)) in texts.iter().take(columns.count() - 1).enumerate() {
        let cell = columns.rect(rect, at + 1);
        table::cell_text(ui, cell, true, words, theme::font(12.5), *color);
    }
    let [sum, last, mean] = [0, 1, 2].map(|at: usize| texts[at].0.as_str());
    let spoken = text::series_row(&line.full_name, sum, last, mean, &change);
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &spoken));
    if figures.missing > 0 {
        response.on_hover_text(text::missing_days(&line.full_name, figures.missing));
    }
}
