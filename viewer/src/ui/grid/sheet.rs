//! The table of a report: as wide as its words, sorted by a click, read by keyboard and by screen reader.

use super::{
    HEADER, ROW, asks_to_copy, builder, cell_text, has_keyboard, is_in_sight, selected_by_key,
    width,
};
use crate::{
    page::reports::sheet::{Cell, Place, Sheet, Sort, Swatch, Tone, Value},
    ui::{
        icon::{self, Icon},
        text,
        theme::{self, Tokens},
        widgets,
    },
};
use egui::{
    Align2, Rect, Response, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, accesskit::Role,
    pos2, vec2,
};
use egui_extras::TableRow;

/// Left and right of the words of a cell.
const PADDING: f32 = 8.0;
/// Before the first column: its words stand below the title.
const LEFT: f32 = theme::PAD - PADDING;
/// Room for the arrow of the column that sorts.
const ARROW: f32 = 16.0;
/// Before words that have a dot.
const DOT: f32 = 16.0;
/// The narrowest column with bars.
const BARS: f32 = 90.0;
/// Columns of this rank and above go before words are cut.
const MINOR: u8 = 3;
/// A column of long words may be cut to this.
const LONG: f32 = 130.0;
/// The same while there are minor columns, which go first.
const LONGEST: f32 = 585.0;
/// The width of a column is a multiple of this.
const STEP: f32 = 8.0;
/// At least as many rows are measured, or all; at most twice as many.
const MEASURED: usize = 40;

/// What came of showing it.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Another order.
    pub(crate) sort: Option<Sort>,
    /// The row that was selected, by its place on screen.
    pub(crate) selected: Option<usize>,
    /// The row was copied.
    pub(crate) copied: bool,
}

/// Room for the title of a table, where it has one.
const TITLE: f32 = 29.0;

/// How high a sheet is that shows all of its rows.
pub(crate) fn height(sheet: &Sheet) -> f32 {
    title_height(sheet) + HEADER + ROW * sheet.len() as f32 + foot_height(sheet)
}

fn title_height(sheet: &Sheet) -> f32 {
    text::sheet_title(sheet.name).map_or(0.0, |_| TITLE)
}

fn foot_height(sheet: &Sheet) -> f32 {
    if sheet.total.is_some() { HEADER } else { 4.0 }
}

/// Shows a sheet over the whole of `rect`.
pub(crate) fn show(ui: &mut Ui, rect: Rect, sheet: &Sheet, selected: Option<usize>) -> Outcome {
    let tokens = theme::tokens(ui);
    widgets::paint_card(ui, rect, tokens);
    if let Some(title) = text::sheet_title(sheet.name) {
        // Where the titles of charts stand.
        let at = rect.min + vec2(theme::PAD, theme::PAD);
        let font = theme::bold(14.0);
        widgets::text(ui, at, Align2::LEFT_TOP, title, font, tokens.text);
    }
    let top = rect.min.y + title_height(sheet);
    let id = ui.scope_id().with(("grid", sheet.name));
    let response = ui.interact(rect, id, Sense::click());
    let name = text::sheet(sheet.name, sheet.len());
    response.widget_info(|| WidgetInfo::labeled(Role::Table, true, &name));
    let mut outcome = Outcome::default();
    let jump = keyboard(ui, &response, sheet, selected, &mut outcome);
    let columns = Columns::fit(ui, sheet, rect.width() - LEFT - theme::PAD);
    let body = Rect::from_min_max(
        pos2(rect.min.x + LEFT, top),
        pos2(rect.max.x - 2.0, rect.max.y - foot_height(sheet)),
    );
    let mut child = ui.new_child(UiBuilder::new().max_rect(body).id_salt(sheet.name));
    child.set_clip_rect(child.clip_rect().intersect(rect.shrink(1.0)));
    let mut is_first = true;
    let mut table = builder(&mut child, sheet.name, &columns.widths, Sense::CLICK);
    if let Some(row) = jump {
        table = table.scroll_to_row(row, None);
    }
    table
        .header(HEADER, |mut row| {
            for &column in &columns.places {
                row.col(|ui| header(ui, sheet, column, &mut outcome));
            }
        })
        .body(|body| {
            body.rows(ROW, sheet.len(), |mut row| {
                let at = row.index();
                row.set_selected(selected == Some(at));
                let begins = sheet.begins_slot(at);
                row.set_overline(sheet.has_groups() && begins && at > 0);
                cells(&mut row, sheet, &columns, at, begins, &mut is_first);
                let response = row.response();
                if is_in_sight(&response) {
                    let spoken = spoken(sheet, at);
                    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &spoken));
                }
                if response.clicked() {
                    outcome.selected = Some(at);
                }
            });
        });
    let line = top + HEADER - 0.5;
    ui.painter()
        .hline(rect.x_range(), line, Stroke::new(1.0, tokens.border));
    if outcome.selected.is_some() {
        response.request_focus();
    }
    if let Some(total) = &sheet.total {
        footer(ui, rect, sheet, total, &columns, tokens);
    }
    widgets::focus_ring(ui, rect, &response);
    outcome
}

/// The columns that there is room for, and how wide they are.
struct Columns {
    places: Vec<usize>,
    widths: Vec<f32>,
}

impl Columns {
    /// As wide as their words; what is left goes to the bars, or to all.
    fn fit(ui: &Ui, sheet: &Sheet, room: f32) -> Self {
        let measure = |words: String, bold| {
            let font = match bold {
                true => theme::bold(12.5),
                false => theme::font(12.5),
            };
            width(ui, &words, font)
        };
        let has_bar = |column| !sheet.is_empty() && sheet.cell(0, column).bar.is_some();
        let natural: Vec<f32> = (0..sheet.columns.len())
            .map(|column| {
                let is_sorted = sheet.sort.is_some_and(|sort| sort.0 == column);
                let arrow = if is_sorted { ARROW } else { 0.0 };
                let title = text::sheet_head(sheet.columns[column].name, &sheet.zone);
                let title = measure(title, true) + arrow;
                let total = (sheet.total.as_ref())
                    .map_or(0.0, |total| measure(text::cell(&total[column].value), true));
                let step = (sheet.len() / MEASURED).max(1);
                let words = (0..sheet.len())
                    .step_by(step)
                    .map(|row| measure(text::cell(&sheet.cell(row, column).value), false));
                let is_marked = !sheet.is_empty() && has_dot(&sheet.cell(0, column));
                let dot = if is_marked { DOT } else { 0.0 };
                let widest = words.fold(title.max(total), f32::max) + 2.0 * PADDING + dot;
                // Numbers that grow a little move nothing.
                (widest / STEP).ceil() * STEP
            })
            .collect();
        let mut places = sheet.columns_but(Place::File);
        let sum = |places: &[usize]| places.iter().map(|&at| natural[at]).sum::<f32>();
        let bars = |places: &[usize]| {
            let bars = places.iter().filter(|at| has_bar(**at)).count();
            match sheet.has_minor_bars {
                true => 0.0,
                false => bars as f32 * BARS,
            }
        };
        let room = room - ui.spacing().scroll.allocated_width();
        // Minor columns go first, then words that may be cut give way, then the other columns go.
        let needed = |places: &[usize]| {
            let has_minor = places.iter().any(|&at| sheet.columns[at].rank >= MINOR);
            let long = if has_minor { LONGEST } else { LONG };
            let least = |at: &usize| match sheet.columns[*at].is_long {
                true => natural[*at].min(long),
                false => natural[*at],
            };
            places.iter().map(least).sum::<f32>() + bars(places)
        };
        // The least important go first, and bars last.
        while needed(&places) > room && places.len() > 2 {
            let last = places
                .iter()
                .copied()
                .filter(|&at| sheet.columns[at].rank > 0)
                .max_by_key(|&at| (sheet.columns[at].rank, at));
            match last {
                Some(last) => places.retain(|&at| at != last),
                None => break,
            }
        }
        let spare = room - sum(&places);
        let widest = places.iter().copied().find(|&at| has_bar(at));
        let mut widths: Vec<f32> = places.iter().map(|&at| natural[at]).collect();
        if spare < 0.0 {
            // Words of any length, such as names and errors, are cut; numbers never.
            let shrinks = |at: &usize| sheet.columns[*at].is_long;
            let long: Vec<usize> = (0..places.len())
                .filter(|at| shrinks(&places[*at]))
                .collect();
            let least = 64.0;
            let give: f32 = long.iter().map(|&at| (widths[at] - least).max(0.0)).sum();
            for &at in &long {
                let share = (widths[at] - least).max(0.0) / give.max(1.0);
                widths[at] += spare.max(-give) * share;
            }
        } else if let Some(at) =
            widest.and_then(|widest| places.iter().position(|&at| at == widest))
        {
            widths[at] += spare;
        } else if let Some(at) = places.iter().position(|&at| sheet.columns[at].is_long) {
            widths[at] += spare;
        } else {
            // A table of few columns is read more easily when they stand together.
            let each = (spare / places.len() as f32).min(48.0);
            widths.iter_mut().for_each(|width| *width += each);
        }
        Self { places, widths }
    }
}

/// Whether a dot stands before the words.
fn has_dot(cell: &Cell) -> bool {
    cell.swatch.is_some() && cell.bar.is_none()
}

fn header(ui: &mut Ui, sheet: &Sheet, column: usize, outcome: &mut Outcome) {
    let tokens = theme::tokens(ui);
    let rect = ui.max_rect();
    let of = sheet.columns[column];
    let id = ui.scope_id().with(("head", sheet.name, column));
    let response = ui.interact(rect, id, Sense::click());
    let on = sheet.sort.filter(|sort| sort.0 == column);
    let word = text::sheet_head(of.name, &sheet.zone);
    let spoken = text::sort_by(&word, on.map(|sort| sort.1));
    response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, &spoken));
    let color = match on.is_some() || response.hovered() {
        true => tokens.text,
        false => tokens.weak,
    };
    let arrow = if on.is_some() { ARROW - 2.0 } else { 0.0 };
    let mut words = rect;
    if of.right {
        words.max.x -= arrow;
    }
    let words = words.shrink2(vec2(PADDING, 0.0));
    let end = cell_text(ui, words, of.right, &word, theme::bold(12.0), color)
        .max
        .x;
    if let Some((_, descending)) = on {
        let icon = if descending { Icon::Down } else { Icon::Up };
        let x = if of.right {
            rect.max.x - ARROW / 2.0 - 4.0
        } else {
            end + ARROW / 2.0
        };
        let square = Rect::from_center_size(pos2(x, rect.center().y), vec2(16.0, 16.0));
        icon::paint(ui.painter(), square, icon, tokens.accent);
    }
    widgets::focus_ring(ui, rect.shrink2(vec2(0.0, 3.0)), &response);
    if response.clicked() {
        // Numbers are looked at from the largest on.
        let descending = on.map_or(of.right, |sort| !sort.1);
        outcome.sort = Some((column, descending));
    }
    let tip = text::sheet_column_tip(of.name);
    if !tip.is_empty() {
        response.on_hover_text(tip);
    }
}

fn cells(
    row: &mut TableRow<'_, '_>,
    sheet: &Sheet,
    columns: &Columns,
    at: usize,
    begins: bool,
    is_first: &mut bool,
) {
    for &column in &columns.places {
        row.col(|ui| {
            if column == 0 {
                // A day is said once, and at the top of what is in view.
                let is_in_view = ui.max_rect().center().y > ui.clip_rect().min.y;
                let says_day = begins || *is_first && is_in_view;
                *is_first &= !is_in_view;
                if !says_day {
                    return;
                }
            }
            cell(ui, &sheet.cell(at, column), sheet.columns[column].right);
        });
    }
}

fn cell(ui: &Ui, cell: &Cell, right: bool) {
    let tokens = theme::tokens(ui);
    let rect = ui.max_rect();
    let color = match cell.tone {
        Tone::Plain => tokens.text,
        Tone::Weak => tokens.weak,
        Tone::Accent => tokens.accent,
        Tone::Warn => tokens.warn,
    };
    let words = text::cell(&cell.value);
    let font = theme::font(12.5);
    let swatch = cell.swatch.map(|swatch| match swatch {
        Swatch::Hue(slot) => theme::series(slot, tokens.dark),
        Swatch::Others => theme::others(tokens.dark),
    });
    if let Some(share) = cell.heat {
        // As strong as text on it can still be read.
        let fill = tokens
            .surface
            .lerp_to_gamma(tokens.accent, 0.06 + 0.34 * share);
        ui.painter()
            .rect_filled(rect.shrink2(vec2(2.0, 1.5)), 3.0, fill);
    }
    if let Some(share) = cell.bar {
        let from = rect.min.x + PADDING;
        let room = rect.width() - 3.0 * PADDING - width(ui, &words, font.clone());
        if let Some(length) = bar_length(share, room) {
            let size = vec2(length, 10.0);
            let bar = Rect::from_min_size(pos2(from, rect.center().y - 5.0), size);
            let fill = swatch.unwrap_or(tokens.accent.gamma_multiply(0.55));
            match cell.is_open {
                true => {
                    let stroke = Stroke::new(1.0, fill);
                    ui.painter()
                        .rect_stroke(bar, 2.0, stroke, StrokeKind::Inside);
                }
                false => {
                    ui.painter().rect_filled(bar, 2.0, fill);
                }
            }
        }
    }
    let mut place = rect.shrink2(vec2(PADDING, 0.0));
    if let (Some(ink), true) = (swatch, has_dot(cell)) {
        let center = pos2(place.min.x + DOT / 2.0 - 3.0, rect.center().y);
        ui.painter().circle_filled(center, 4.0, ink);
        place.min.x += DOT;
    }
    cell_text(ui, place, right, &words, font, color);
}

/// How long a bar is, if there is one: of zero there is none, and of the smallest number one that can be seen.
fn bar_length(share: f32, room: f32) -> Option<f32> {
    (share > 0.0 && room > 8.0).then(|| (room * share).max(1.5))
}

/// A row for screen readers.
fn spoken(sheet: &Sheet, at: usize) -> String {
    let cells = sheet
        .columns_but(Place::File)
        .into_iter()
        .filter_map(|column| {
            let cell = sheet.cell(at, column);
            let words = text::cell(&cell.value);
            match cell.value {
                Value::Slot(..) | Value::Text(_) | Value::Word(_) | Value::Days(..) => Some(words),
                Value::Nothing => None,
                _ => Some(format!(
                    "{} {words}",
                    text::sheet_column(sheet.columns[column].name)
                )),
            }
        });
    cells.collect::<Vec<_>>().join(", ")
}

fn footer(
    ui: &mut Ui,
    rect: Rect,
    sheet: &Sheet,
    total: &[Cell],
    columns: &Columns,
    tokens: Tokens,
) {
    let footer = Rect::from_min_max(pos2(rect.min.x, rect.max.y - HEADER), rect.max);
    let line = footer.min.y + 0.5;
    ui.painter()
        .hline(footer.x_range(), line, Stroke::new(1.0, tokens.border));
    let response = ui.interact(
        footer,
        ui.scope_id().with(("total", sheet.name)),
        Sense::hover(),
    );
    let pointer = response.hover_pos();
    let mut tip = "";
    let mut x = rect.min.x + LEFT;
    let mut spoken = Vec::new();
    for (&column, &width) in columns.places.iter().zip(&columns.widths) {
        let cell = Rect::from_x_y_ranges(x..=x + width, footer.y_range());
        x += width;
        let words = text::cell(&total[column].value);
        if !words.is_empty() && pointer.is_some_and(|at| cell.contains(at)) {
            tip = text::sheet_column_tip(sheet.columns[column].name);
        }
        let right = sheet.columns[column].right;
        let cell = cell.shrink2(vec2(PADDING, 0.0));
        cell_text(ui, cell, right, &words, theme::bold(12.5), tokens.text);
        if !words.is_empty() && column > 0 {
            let title = text::sheet_column(sheet.columns[column].name);
            spoken.push(format!("{title} {words}"));
        }
    }
    let spoken = text::sheet_total(sheet.len(), &spoken.join(", "));
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &spoken));
    if !tip.is_empty() {
        response.on_hover_text(tip);
    }
}

/// Keys while the table has the keyboard. Returns the row to bring into view.
fn keyboard(
    ui: &Ui,
    response: &Response,
    sheet: &Sheet,
    selected: Option<usize>,
    outcome: &mut Outcome,
) -> Option<usize> {
    if !has_keyboard(ui, response) {
        return None;
    }
    if let (Some(at), true) = (selected, asks_to_copy(ui)) {
        ui.ctx().copy_text(sheet.copied(at));
        outcome.copied = true;
    }
    let target = selected_by_key(ui, selected, sheet.len())?;
    outcome.selected = Some(target);
    outcome.selected
}

#[cfg(test)]
mod tests {
    use super::bar_length;

    #[test]
    fn zero_has_no_bar() {
        assert_eq!(bar_length(0.0, 100.0), None);
        assert_eq!(bar_length(0.001, 100.0), Some(1.5));
        assert_eq!(bar_length(0.5, 100.0), Some(50.0));
        assert_eq!(bar_length(0.5, 8.0), None, "no room beside the number");
    }
}
