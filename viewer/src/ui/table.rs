//! The metrics table: only the rows on screen are drawn, whatever their number.

use super::{
    icon::{self, Icon},
    memory::Memory,
    scene::Scene,
    text,
    theme::{self, Tokens},
    widgets,
};
use crate::{
    calendar::{Grain, format},
    data::{Cell, Column, Finality, Measure},
    page::{Command, Page},
};
use egui::{
    Align2, Color32, EventFilter, Key, Rect, Response, ScrollArea, Sense, Stroke, Ui, UiBuilder,
    WidgetInfo, accesskit::Role, pos2, vec2,
};

pub(super) const ROW: f32 = 24.0;
pub(super) const HEADER: f32 = 30.0;
const BAR: f32 = 12.0;

/// Shares of the width where there is room for a few columns only.
const NARROW: [f32; 5] = [1.5, 1.1, 0.85, 1.05, 0.72];
/// Shares of the width, in the order of [`Column::ALL`].
const SHARES: [f32; 7] = [1.1, 0.97, 0.86, 1.0, 0.62, 0.85, 1.6];

/// The same where the first column has a time of day too.
const MINUTE_SHARES: [f32; 6] = [1.25, 0.97, 0.9, 0.9, 0.62, 0.85];

/// How many columns there is room for: the last ones go first.
fn shown(width: f32, grain: Grain) -> usize {
    match width {
        // No rollup keeps the time of a minute's last change.
        width if grain.is_minute() && width < 440.0 => 5,
        _ if grain.is_minute() => 6,
        width if width < 440.0 => 5,
        width if width < 560.0 => 6,
        _ => 7,
    }
}

/// Shows the table over the whole of `rect`.
pub(super) fn show(
    ui: &mut Ui,
    rect: Rect,
    scene: &Scene<'_>,
    page: &Page,
    memory: &mut Memory,
    commands: &mut Vec<Command>,
) {
    let tokens = theme::tokens(ui);
    surface(ui, rect, tokens);
    let id = ui.scope_id().with("metrics");
    let response = ui.interact(rect, id, Sense::click());
    let rows = &page.table.rows;
    let name = text::table(&text::rows(rows.len()));
    response.widget_info(|| WidgetInfo::labeled(Role::Table, true, &name));
    let header = Rect::from_min_size(rect.min, vec2(rect.width(), HEADER));
    let footer = Rect::from_min_max(pos2(rect.min.x, rect.max.y - HEADER), rect.max);
    let columns = match (shown(rect.width(), page.grain), page.grain) {
        (5, _) => Columns::new(rect, &NARROW),
        (count, Grain::Day) => Columns::new(rect, &SHARES[..count]),
        (count, Grain::Minute { .. }) => Columns::new(rect, &MINUTE_SHARES[..count]),
    };
    head(ui, header, &columns, scene, commands);
    let body = Rect::from_min_max(header.left_bottom(), footer.right_top());
    let jump = keyboard(ui, &response, scene, page, memory);
    let mut child = ui.new_child(UiBuilder::new().max_rect(body).id_salt("metrics rows"));
    child.spacing_mut().item_spacing = vec2(0.0, 0.0);
    let mut area = ScrollArea::vertical()
        .auto_shrink([false, false])
        .id_salt("rows");
    if let Some(row) = jump {
        let middle = row as f32 * ROW - body.height() / 2.0;
        area = area.vertical_scroll_offset(middle.max(0.0));
    }
    area.show_rows(&mut child, ROW, rows.len(), |ui, range| {
        for at in range {
            let Some(cell) = rows.get(at).map(|row| scene.shown.cell(*row)) else {
                continue;
            };
            row(ui, &columns, scene, &cell, memory, at);
        }
    });
    if rows.is_empty() {
        let words = text::no_rows();
        widgets::text(
            ui,
            body.center(),
            Align2::CENTER_CENTER,
            words,
            theme::font(13.0),
            tokens.weak,
        );
    }
    foot(ui, footer, &columns, page, tokens);
    widgets::focus_ring(ui, rect, &response);
}

/// A card without margins.
pub(super) fn surface(ui: &Ui, rect: Rect, tokens: Tokens) {
    ui.painter().rect(
        rect,
        f32::from(theme::CARD_RADIUS),
        tokens.surface,
        Stroke::new(1.0, tokens.border),
        egui::StrokeKind::Inside,
    );
}

/// Where the columns of a table are.
pub(super) struct Columns {
    edges: Vec<f32>,
}

impl Columns {
    /// Shares the width out, leaving room for the scroll bar.
    pub(super) fn new(rect: Rect, shares: &[f32]) -> Self {
        let width = rect.width() - theme::PAD * 2.0 - BAR + 4.0;
        let all: f32 = shares.iter().sum();
        let mut x = rect.min.x + theme::PAD;
        let mut edges = vec![x];
        for share in shares {
            x += width * share / all;
            edges.push(x);
        }
        Self { edges }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.edges.len() - 1
    }

    /// The part of a row that belongs to a column.
    pub(super) fn rect(&self, row: Rect, column: usize) -> Rect {
        Rect::from_x_y_ranges(self.edges[column]..=self.edges[column + 1], row.y_range())
    }
}

/// Left-aligned text that follows a column of numbers stands off from them.
fn place(columns: &Columns, row: Rect, at: usize) -> Rect {
    let mut rect = columns.rect(row, at);
    if at > 0 && is_number(Column::ALL[at - 1]) && !is_number(Column::ALL[at]) {
        rect.min.x += 10.0;
    }
    rect
}

/// Text in a cell, at its left or right, cut where it does not fit.
pub(super) fn cell_text(
    ui: &Ui,
    rect: Rect,
    right: bool,
    text: &str,
    font: egui::FontId,
    color: Color32,
) {
    let galley = widgets::elided(ui, text, font, color, rect.width() - 8.0);
    let y = rect.center().y - galley.size().y / 2.0;
    let x = if right {
        rect.max.x - galley.size().x - 8.0
    } else {
        rect.min.x
    };
    ui.painter().galley(pos2(x, y), galley, color);
}

fn is_number(column: Column) -> bool {
    matches!(column, Column::Events | Column::Late)
}

fn head(
    ui: &mut Ui,
    header: Rect,
    columns: &Columns,
    scene: &Scene<'_>,
    commands: &mut Vec<Command>,
) {
    let tokens = theme::tokens(ui);
    let sort = scene.state.sort;
    for (at, column) in Column::ALL.into_iter().take(columns.count()).enumerate() {
        let rect = place(columns, header, at);
        let response = ui.interact(rect, ui.scope_id().with(("header", at)), Sense::click());
        let word = text::column(column, scene.shown);
        let on = sort.column == column;
        let spoken = text::sort_by(&word, on.then_some(sort.descending));
        response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, &spoken));
        let color = if on || response.hovered() {
            tokens.text
        } else {
            tokens.weak
        };
        let font = theme::bold(12.0);
        let right = is_number(column);
        let arrow = if on { 15.0 } else { 0.0 };
        let mut words = rect;
        if right {
            words.max.x -= arrow;
        }
        cell_text(ui, words, right, &word, font.clone(), color);
        if on {
            let width = ui.painter().layout_no_wrap(word, font, color).size().x;
            let x = if right {
                rect.max.x - 14.0
            } else {
                (rect.min.x + width + 9.0).min(rect.max.x - 6.0)
            };
            let icon = if sort.descending {
                Icon::Down
            } else {
                Icon::Up
            };
            let square = Rect::from_center_size(pos2(x, rect.center().y), vec2(16.0, 16.0));
            icon::paint(ui.painter(), square, icon, tokens.accent);
        }
        widgets::focus_ring(
            ui,
            rect.shrink2(vec2(0.0, 3.0)).expand2(vec2(4.0, 0.0)),
            &response,
        );
        if response.clicked() {
            commands.push(Command::SortBy(column));
        }
        response.on_hover_text(text::column_tip(column));
    }
    let y = header.max.y - 0.5;
    ui.painter()
        .hline(header.x_range(), y, Stroke::new(1.0, tokens.border));
}

fn row(
    ui: &mut Ui,
    columns: &Columns,
    scene: &Scene<'_>,
    cell: &Cell,
    memory: &mut Memory,
    at: usize,
) {
    let tokens = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    // Sensing hover only keeps thousands of rows out of the Tab order; the table itself has the keys.
    let response = ui.interact(rect, ui.scope_id().with(("row", at)), Sense::hover());
    let is_listeners = scene.shown.measure == Measure::Listeners;
    let event_type = match is_listeners {
        true => text::listeners_of_day(),
        false => &scene.shown.event_types[usize::from(cell.event_type)],
    };
    let region = &scene.shown.regions[usize::from(cell.region)];
    let state = scene.shown.finality(cell.slot);
    let when = scene.shown.grain.iso(cell.slot);
    let numbers = text::row(cell.events, cell.late_events, is_listeners, state);
    let name = format!("{when} {event_type} {region}: {numbers}");
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &name));
    let selected = memory.selected.is_some_and(|other| same_row(&other, cell));
    let inner = rect.shrink2(vec2(4.0, 0.0));
    if selected {
        ui.painter().rect_filled(inner, 4.0, tokens.accent_soft);
    } else if response.hovered() {
        ui.painter().rect_filled(inner, 4.0, tokens.hover);
    }
    if response.hovered() && ui.input(|input| input.pointer.primary_clicked()) {
        memory.selected = Some(*cell);
    }
    let late_color = if cell.late_events > 0 {
        tokens.warn
    } else {
        tokens.weak
    };
    let state_color = if state == Finality::Final {
        tokens.weak
    } else {
        tokens.accent
    };
    let updated = cell.updated_at.map_or("–".into(), format::stamp_short);
    let texts = [
        (scene.shown.grain.cell(cell.slot), tokens.text),
        (event_type.to_owned(), tokens.text),
        (region.clone(), tokens.text),
        (format::grouped(cell.events), tokens.text),
        (format::grouped(cell.late_events), late_color),
        (text::day_state(state).to_owned(), state_color),
        (updated, tokens.weak),
    ];
    for (at, (column, (words, color))) in Column::ALL
        .into_iter()
        .zip(texts)
        .take(columns.count())
        .enumerate()
    {
        cell_text(
            ui,
            place(columns, rect, at),
            is_number(column),
            &words,
            theme::font(12.5),
            color,
        );
    }
    if columns.count() > 5 && ui.rect_contains_pointer(place(columns, rect, 5)) {
        response.on_hover_text(text::day_state_tip(state));
    }
}

fn same_row(a: &Cell, b: &Cell) -> bool {
    (a.slot, a.event_type, a.region) == (b.slot, b.event_type, b.region)
}

fn foot(ui: &mut Ui, footer: Rect, columns: &Columns, page: &Page, tokens: Tokens) {
    ui.painter().hline(
        footer.x_range(),
        footer.min.y + 0.5,
        Stroke::new(1.0, tokens.border),
    );
    let total = page.table.total;
    let adds_up = page.measure == Measure::Events;
    let rows = text::rows(page.table.rows.len());
    let bold = theme::bold(12.5);
    let response = ui.interact(footer, ui.scope_id().with("totals"), Sense::hover());
    let name = match adds_up {
        true => text::total_of(&rows, total.events, total.late_events),
        false => rows.clone(),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &name));
    cell_text(
        ui,
        columns.rect(footer, 0),
        false,
        if adds_up { text::total() } else { "" },
        bold.clone(),
        tokens.text,
    );
    cell_text(
        ui,
        columns.rect(footer, 1),
        false,
        &rows,
        theme::font(12.0),
        tokens.weak,
    );
    if !adds_up {
        return;
    }
    let events = format::grouped(total.events);
    let wide = columns.rect(footer, 2).union(columns.rect(footer, 3));
    cell_text(ui, wide, true, &events, bold.clone(), tokens.text);
    let late = format::grouped(total.late_events);
    cell_text(ui, columns.rect(footer, 4), true, &late, bold, tokens.text);
}

/// Up, down, page, home, end and copy while the table has the keyboard. Returns the row to bring into view.
fn keyboard(
    ui: &Ui,
    response: &Response,
    scene: &Scene<'_>,
    page: &Page,
    memory: &mut Memory,
) -> Option<usize> {
    if response.clicked() {
        response.request_focus();
    }
    if !response.has_focus() {
        return None;
    }
    ui.memory_mut(|memory| {
        memory.set_focus_lock_filter(
            response.id,
            EventFilter {
                vertical_arrows: true,
                horizontal_arrows: true,
                tab: false,
                escape: false,
            },
        );
    });
    let rows = &page.table.rows;
    let cell = |at: usize| Some(scene.shown.cell(*rows.get(at)?));
    let current = memory.selected.and_then(|selected| {
        (0..rows.len()).find(|&at| cell(at).is_some_and(|cell| same_row(&cell, &selected)))
    });
    let last = rows.len().checked_sub(1)?;
    let page = 12;
    let keys: [(Key, usize); 6] = [
        (Key::ArrowDown, current.map_or(0, |at| at + 1)),
        (Key::ArrowUp, current.map_or(0, |at| at.saturating_sub(1))),
        (Key::PageDown, current.map_or(0, |at| at + page)),
        (Key::PageUp, current.map_or(0, |at| at.saturating_sub(page))),
        (Key::Home, 0),
        (Key::End, last),
    ];
    if let (Some(selected), true) = (
        memory.selected,
        ui.input(|input| input.events.contains(&egui::Event::Copy)),
    ) {
        let words = [
            scene.shown.grain.iso(selected.slot),
            scene.shown.event_types[usize::from(selected.event_type)].clone(),
            scene.shown.regions[usize::from(selected.region)].clone(),
            selected.events.to_string(),
            selected.late_events.to_string(),
        ];
        ui.ctx().copy_text(words.join("\t"));
        memory.notice = Some(text::row_copied().into());
    }
    let target = keys
        .into_iter()
        .find(|(key, _)| ui.input(|input| input.key_pressed(*key)))
        .map(|(_, at)| at.min(last))?;
    memory.selected = cell(target);
    ui.ctx().request_repaint();
    Some(target)
}
