//! The metrics table: only the rows on screen are drawn, whatever their number.

use super::{
    grid::{self, BETWEEN, HEADER, ROW, Wanted},
    icon::{self, Icon},
    inputs::Inputs,
    memory::Memory,
    text, theme, widgets,
};
use crate::{
    calendar::format,
    data::{Cell, Column, Finality, Measure},
    page::{Command, Extra, Page},
};
use egui::{
    Align2, Rect, Response, Sense, Stroke, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2, vec2,
};
use egui_extras::TableRow;

/// Columns that stay, however little room there is: day, event type, region, events.
const LEAST: usize = 4;
/// The least width of the bars behind the numbers.
const BAR: f32 = 46.0;
/// Beside the word of the column that sorts.
const ARROW: f32 = 16.0;

/// The columns on screen, from left to right, and where they are.
struct Columns {
    shown: Vec<Column>,
    widths: Vec<f32>,
}

impl Columns {
    fn new(ui: &Ui, room: f32, inputs: &Inputs<'_>, page: &Page) -> Self {
        let has_late = page.table.total.late_events > 0;
        let is_there = |column: &Column| match column {
            Column::Late => has_late,
            // Listeners have no event type.
            Column::EventType => page.measure == Measure::Events,
            // No rollup keeps the time of a minute's last change.
            // Days of other zones are summed up from minutes, too.
            Column::Updated => {
                let is_stored = !page.grain.is_minute() && inputs.shown.zone.is_utc();
                is_stored && page.measure == Measure::Events
            }
            Column::Mean => page.table.extra.has_means,
            Column::Share => page.table.extra.has_shares(),
            Column::Days => page.grain.sums_days(),
            _ => true,
        };
        let shown: Vec<Column> = Column::ALL.into_iter().filter(is_there).collect();
        let wanted = |column: &Column| wanted(ui, *column, inputs, page);
        let wanted: Vec<Wanted> = shown.iter().map(wanted).collect();
        let mut shown = shown;
        let events = shown.iter().position(|column| *column == Column::Events);
        let widths = grid::fit(&wanted, LEAST.min(shown.len()), room, events.unwrap_or(0));
        shown.truncate(widths.len());
        Self { shown, widths }
    }

    /// The part of a row that belongs to a column.
    fn rect(&self, row: Rect, at: usize) -> Rect {
        let left: f32 = self.widths[..at].iter().sum();
        let min = pos2(row.min.x + left, row.min.y);
        Rect::from_min_size(min, vec2(self.widths[at], row.height()))
    }
}

/// As wide as what stands in it, with room for a bar and for the arrow.
fn wanted(ui: &Ui, column: Column, inputs: &Inputs<'_>, page: &Page) -> Wanted {
    let (font, bold) = (theme::font(12.5), theme::bold(12.5));
    let names = |names: &[String]| grid::widest(ui, names.iter().map(String::as_str), &font);
    let number = |number: i64| grid::width(ui, &format::grouped(number), bold.clone());
    let words = match column {
        Column::Slot => grid::width(ui, &inputs.shown.grain.cell(page.span.last), font),
        Column::EventType if page.measure == Measure::Listeners => {
            grid::width(ui, text::listeners_of_day(), font)
        }
        Column::EventType => names(&inputs.shown.event_types),
        Column::Region => names(&inputs.shown.regions),
        Column::Events => number(page.table.total.events),
        Column::Late => number(page.table.total.late_events),
        Column::State => [Finality::Final, Finality::Open, Finality::SoFar]
            .map(|state| grid::width(ui, text::day_state(state), font.clone()))
            .into_iter()
            .fold(0.0, f32::max),
        Column::Updated => grid::width(ui, &format::stamp_short(inputs.shown.status.now), font),
        Column::Mean => number(page.table.largest),
        Column::Share => grid::width(ui, "100.0 %", font),
        Column::Days => grid::width(ui, &text::covered(30, 31), font),
    };
    let title = text::column(column, inputs.shown);
    let title = grid::width(ui, &title, theme::bold(12.0));
    let bar = if column == Column::Events { BAR } else { 0.0 };
    let all = (words + bar).max(title + ARROW);
    let needed = match page.table.sort.column == column {
        true => words.max(title + ARROW),
        false => words.max(title),
    };
    let wanted = match column {
        Column::EventType | Column::Region => Wanted::name(needed + BETWEEN),
        _ => Wanted::whole(needed + BETWEEN),
    };
    wanted.with_spare(all - needed)
}

/// Shows the table over the whole of `rect`.
pub(super) fn show(
    ui: &mut Ui,
    rect: Rect,
    inputs: &Inputs<'_>,
    page: &Page,
    memory: &mut Memory,
    commands: &mut Vec<Command>,
) {
    let tokens = theme::tokens(ui);
    widgets::paint_card(ui, rect, tokens);
    let response = ui.interact(rect, ui.scope_id().with("metrics"), Sense::click());
    let rows = &page.table.rows;
    let name = text::table(&text::rows(rows.len()));
    response.widget_info(|| WidgetInfo::labeled(Role::Table, true, &name));
    let footer = Rect::from_min_max(pos2(rect.min.x, rect.max.y - HEADER), rect.max);
    let inner = Rect::from_min_max(
        rect.min + vec2(theme::PAD, 0.0),
        pos2(rect.max.x - 4.0, footer.min.y),
    );
    let bar = ui.spacing().scroll.allocated_width();
    let columns = Columns::new(ui, inner.width() - bar - 4.0, inputs, page);
    let jump = keyboard(ui, &response, inputs, page, memory);
    let builder = UiBuilder::new().max_rect(inner).id_salt("metrics rows");
    let mut child = ui.new_child(builder);
    let mut table = grid::builder(&mut child, "rows", &columns.widths, Sense::CLICK);
    if let Some(row) = jump {
        table = table.scroll_to_row(row, None);
    }
    let by_day = page.table.sort.column == Column::Slot;
    let largest = page.table.largest.max(1) as f32;
    let number = format::grouped(page.table.largest);
    let number_width = grid::width(ui, &number, theme::font(12.5));
    let mut is_first = true;
    let mut clicked = None;
    table
        .header(HEADER, |row| head(row, &columns, inputs, page, commands))
        .body(|body| {
            body.rows(ROW, rows.len(), |mut row| {
                let at = row.index();
                let cell = |at: usize| rows.get(at).map(|row| inputs.shown.cell(*row));
                let Some(cell_here) = cell(at) else { return };
                let before = at.checked_sub(1).and_then(cell);
                let begins = !by_day || before.is_none_or(|before| before.slot != cell_here.slot);
                row.set_overline(by_day && begins && at > 0);
                let selected = memory
                    .selected
                    .is_some_and(|other| same_row(&other, &cell_here));
                row.set_selected(selected);
                let shown = Shown {
                    cell: &cell_here,
                    share: cell_here.events as f32 / largest,
                    number_width,
                    extra: &page.table.extra,
                    begins,
                    selected,
                };
                let response = self::row(&mut row, &columns, inputs, &shown, &mut is_first);
                if response.double_clicked() && page.measure == Measure::Events {
                    commands.push(Command::DrillInto(cell_here.slot));
                }
                if response.clicked() {
                    clicked = Some(cell_here);
                }
            });
        });
    if let Some(cell) = clicked {
        memory.selected = Some(cell);
        response.request_focus();
    }
    let y = rect.min.y + HEADER - 0.5;
    ui.painter()
        .hline(rect.x_range(), y, Stroke::new(1.0, tokens.border));
    if rows.is_empty() {
        let words = text::no_rows();
        let font = theme::font(13.0);
        widgets::text(
            ui,
            inner.center(),
            Align2::CENTER_CENTER,
            words,
            font,
            tokens.weak,
        );
    }
    foot(ui, footer, inner, &columns, page);
    widgets::focus_ring(ui, rect, &response);
}

fn is_number(column: Column) -> bool {
    matches!(
        column,
        Column::Events | Column::Late | Column::Mean | Column::Share
    )
}

/// The words of a cell stand off from those of the next one.
fn inside(rect: Rect) -> Rect {
    Rect::from_min_max(rect.min, pos2(rect.max.x - BETWEEN, rect.max.y))
}

fn head(
    mut row: TableRow<'_, '_>,
    columns: &Columns,
    inputs: &Inputs<'_>,
    page: &Page,
    commands: &mut Vec<Command>,
) {
    let sort = page.table.sort;
    for (at, column) in columns.shown.iter().copied().enumerate() {
        row.col(|ui| {
            let tokens = theme::tokens(ui);
            let rect = inside(ui.max_rect());
            let response = ui.interact(rect, ui.scope_id().with(("header", at)), Sense::click());
            let word = text::column(column, inputs.shown);
            let on = sort.column == column;
            let spoken = text::sort_by(&word, on.then_some(sort.descending));
            response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, &spoken));
            let color = match on || response.hovered() {
                true => tokens.text,
                false => tokens.weak,
            };
            let words =
                grid::cell_text(ui, rect, is_number(column), &word, theme::bold(12.0), color);
            if on {
                let icon = if sort.descending {
                    Icon::Down
                } else {
                    Icon::Up
                };
                let x = match is_number(column) {
                    true => words.min.x - ARROW / 2.0,
                    false => words.max.x + ARROW / 2.0,
                };
                let square = Rect::from_center_size(pos2(x, rect.center().y), vec2(ARROW, ARROW));
                icon::paint(ui.painter(), square, icon, tokens.accent);
            }
            let ring = rect.shrink2(vec2(0.0, 3.0)).expand2(vec2(4.0, 0.0));
            widgets::focus_ring(ui, ring, &response);
            if response.clicked() {
                commands.push(Command::SortBy(column));
            }
            response.on_hover_text(text::column_tip(column));
        });
    }
}

/// A row to be shown.
struct Shown<'a> {
    cell: &'a Cell,
    /// Of the largest number.
    share: f32,
    /// Of the largest number, so that no bar runs under its number.
    number_width: f32,
    extra: &'a Extra,
    /// It is the first of its day.
    begins: bool,
    selected: bool,
}

fn row(
    row: &mut TableRow<'_, '_>,
    columns: &Columns,
    inputs: &Inputs<'_>,
    shown: &Shown<'_>,
    is_first: &mut bool,
) -> Response {
    let (cell, extra) = (shown.cell, shown.extra);
    let is_listeners = inputs.shown.measure == Measure::Listeners;
    let event_type = match is_listeners {
        true => text::listeners_of_day(),
        false => &inputs.shown.event_types[usize::from(cell.event_type)],
    };
    let region = &inputs.shown.regions[usize::from(cell.region)];
    let state = inputs.shown.finality(cell.slot);
    for column in columns.shown.iter().copied() {
        let (_, response) = row.col(|ui| {
            let tokens = theme::tokens(ui);
            let all = ui.max_rect();
            let rect = inside(all);
            // A day is said once, and at the top of what is in view.
            let says_day = shown.begins || *is_first && all.center().y > ui.clip_rect().min.y;
            let (words, color) = match column {
                Column::Slot if says_day => {
                    *is_first = false;
                    (inputs.shown.grain.cell(cell.slot), tokens.text)
                }
                Column::Slot => return,
                Column::EventType => (event_type.to_owned(), tokens.text),
                Column::Region => (region.clone(), tokens.text),
                Column::Events => {
                    let room = rect.width() - shown.number_width - 8.0;
                    bar(ui, rect, room.max(0.0) * shown.share, state);
                    (format::grouped(cell.events), tokens.text)
                }
                Column::Late if cell.late_events > 0 => {
                    (format::grouped(cell.late_events), tokens.warn)
                }
                Column::Late => ("0".into(), tokens.weak),
                Column::State if state == Finality::Final => {
                    (text::day_state(state).to_owned(), tokens.weak)
                }
                Column::State => (text::day_state(state).to_owned(), tokens.accent),
                Column::Mean => {
                    let mean = extra.mean(inputs.shown, cell);
                    let words = mean.map_or("–".into(), |mean| format::mean(mean.value()));
                    (words, tokens.text)
                }
                Column::Share => {
                    let share = extra.share(inputs.shown, cell);
                    (share.map_or("–".into(), text::share_of), tokens.text)
                }
                Column::Days => {
                    let (days, of) = (
                        cell.days.unwrap_or(0),
                        inputs.shown.grain.day_count(cell.slot),
                    );
                    let color = match lacks_days(days, of, state) {
                        true => tokens.warn,
                        false => tokens.weak,
                    };
                    (text::covered(days, of), color)
                }
                Column::Updated => (
                    cell.updated_at.map_or("–".into(), format::stamp_short),
                    tokens.weak,
                ),
            };
            grid::cell_text(
                ui,
                rect,
                is_number(column),
                &words,
                theme::font(12.5),
                color,
            );
        });
        if column == Column::State {
            response.on_hover_text(text::state_tip(inputs.shown.grain, state));
        }
    }
    let response = row.response();
    let when = inputs.shown.grain.iso(cell.slot);
    let numbers = text::row(cell.events, cell.late_events, is_listeners, state);
    let name = format!("{when} {event_type} {region}: {numbers}");
    if grid::is_in_sight(&response) {
        response.widget_info(|| WidgetInfo::selected(Role::Row, true, shown.selected, &name));
    }
    response
}

/// Whether days of a week or a month are missing that could be there. The one that has not ended lacks none: its other
/// days have yet to come.
fn lacks_days(days: usize, of: usize, state: Finality) -> bool {
    days < of && state != Finality::SoFar
}

/// A number as a bar, from the left; hollow where the day is not complete.
fn bar(ui: &Ui, rect: Rect, width: f32, state: Finality) {
    let tokens = theme::tokens(ui);
    let bar = Rect::from_min_size(rect.min + vec2(0.0, 4.0), vec2(width, rect.height() - 8.0));
    match state.is_complete() {
        true => ui.painter().rect_filled(bar, 2.0, tokens.accent_soft),
        false => ui.painter().rect_stroke(
            bar,
            2.0,
            Stroke::new(1.0, tokens.accent.gamma_multiply(0.4)),
            egui::StrokeKind::Inside,
        ),
    };
}

fn same_row(a: &Cell, b: &Cell) -> bool {
    (a.slot, a.event_type, a.region) == (b.slot, b.event_type, b.region)
}

fn foot(ui: &mut Ui, footer: Rect, inner: Rect, columns: &Columns, page: &Page) {
    let tokens = theme::tokens(ui);
    let stroke = Stroke::new(1.0, tokens.border);
    ui.painter()
        .hline(footer.x_range(), footer.min.y + 0.5, stroke);
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
    let row = Rect::from_x_y_ranges(inner.x_range(), footer.y_range());
    let place = |column: Column| {
        let at = columns.shown.iter().position(|shown| *shown == column)?;
        Some(inside(columns.rect(row, at)))
    };
    if let (true, Some(rect)) = (adds_up, place(Column::Slot)) {
        grid::cell_text(ui, rect, false, text::total(), bold.clone(), tokens.text);
    }
    let at = if adds_up {
        Column::EventType
    } else {
        Column::Slot
    };
    if let Some(rect) = place(at) {
        let rect = Rect::from_min_max(rect.min, pos2(rect.max.x + 80.0, rect.max.y));
        grid::cell_text(ui, rect, false, &rows, theme::font(12.0), tokens.weak);
    }
    for (column, number) in [
        (Column::Events, total.events),
        (Column::Late, total.late_events),
    ] {
        if let (true, Some(rect)) = (adds_up, place(column)) {
            let number = format::grouped(number);
            grid::cell_text(ui, rect, true, &number, bold.clone(), tokens.text);
        }
    }
}

/// Up, down, page, home, end and copy while the table has the keyboard. Returns the row to bring into view.
fn keyboard(
    ui: &Ui,
    response: &Response,
    inputs: &Inputs<'_>,
    page: &Page,
    memory: &mut Memory,
) -> Option<usize> {
    if !grid::has_keyboard(ui, response) {
        return None;
    }
    let rows = &page.table.rows;
    let cell = |at: usize| Some(inputs.shown.cell(*rows.get(at)?));
    let current = memory.selected.and_then(|selected| {
        (0..rows.len()).find(|&at| cell(at).is_some_and(|cell| same_row(&cell, &selected)))
    });
    // Read again from what is shown: the numbers and name indices of the selected cell may be of an earlier load.
    if let (Some(selected), true) = (current.and_then(&cell), grid::asks_to_copy(ui)) {
        let words = [
            inputs.shown.grain.iso(selected.slot),
            inputs.shown.event_types[usize::from(selected.event_type)].clone(),
            inputs.shown.regions[usize::from(selected.region)].clone(),
            selected.events.to_string(),
            selected.late_events.to_string(),
        ];
        ui.ctx().copy_text(words.join("\t"));
        memory.notice = Some(text::row_copied().into());
    }
    let target = grid::selected_by_key(ui, current, rows.len())?;
    memory.selected = cell(target);
    ui.ctx().request_repaint();
    Some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_week_that_has_ended_lacks_days() {
        assert!(lacks_days(6, 7, Finality::Final) && lacks_days(6, 7, Finality::Open));
        assert!(!lacks_days(3, 7, Finality::SoFar), "four days are to come");
        assert!(!lacks_days(7, 7, Finality::Final));
    }
}
