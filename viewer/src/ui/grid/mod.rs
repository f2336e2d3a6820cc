//! What all tables share: sizes, columns as wide as their words, cells and keys. [`sheet`] is the table of reports.

pub(super) mod sheet;

use super::widgets;
use egui::{Align2, Color32, Event, EventFilter, FontId, Key, Rect, Response, Sense, Ui, pos2};
use egui_extras::{Column, TableBuilder};

pub(super) const ROW: f32 = 24.0;
pub(super) const HEADER: f32 = 30.0;
/// Between the words of one column and those of the next.
pub(super) const BETWEEN: f32 = 18.0;
/// Rows that Page Up and Page Down move.
const PAGE: usize = 12;

/// How wide a line of text is.
pub(super) fn width(ui: &Ui, words: &str, font: FontId) -> f32 {
    let galley = ui
        .painter()
        .layout_no_wrap(words.to_owned(), font, Color32::WHITE);
    galley.size().x
}

/// How wide the widest of many words is: the longest few are measured.
pub(super) fn widest<'a>(ui: &Ui, words: impl Iterator<Item = &'a str>, font: &FontId) -> f32 {
    const MEASURED: usize = 4;
    let mut longest: Vec<(usize, &str)> = Vec::with_capacity(MEASURED + 1);
    for word in words {
        let length = word.chars().count();
        let at = longest.partition_point(|(other, _)| *other >= length);
        longest.insert(at, (length, word));
        longest.truncate(MEASURED);
    }
    longest
        .into_iter()
        .map(|(_, word)| width(ui, word, font.clone()))
        .fold(0.0, f32::max)
}

/// A name is not cut to less than this, with the space to the next column, before numbers are cut as well.
const NAME: f32 = 64.0 + BETWEEN;

/// How wide a column should be, and what it gives up where there is too little room.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    width: f32,
    /// For a bar, or for the arrow of a column that does not sort: given up first.
    spare: f32,
    /// Words without that, as far as they may be cut.
    least: f32,
}

impl Wanted {
    /// A column of numbers or dates, which are not cut: part of one would look like another one.
    pub(super) fn whole(width: f32) -> Self {
        Self {
            width,
            spare: 0.0,
            least: width,
        }
    }

    /// A column of names.
    pub(super) fn name(width: f32) -> Self {
        Self {
            least: width.min(NAME),
            ..Self::whole(width)
        }
    }

    /// The same with room that it can do without.
    pub(super) fn with_spare(self, spare: f32) -> Self {
        Self {
            width: self.width + spare,
            spare,
            ..self
        }
    }
}

/// Drops the last columns for which there is no room, and gives what is left over to one of them. Where even the first
/// `least` columns do not fit, they give up their spare room, then names are cut.
pub(super) fn fit(columns: &[Wanted], least: usize, room: f32, grows: usize) -> Vec<f32> {
    let mut widths: Vec<f32> = columns.iter().map(|column| column.width).collect();
    let sum = |widths: &[f32]| widths.iter().sum::<f32>();
    while widths.len() > least && sum(&widths) > room {
        widths.pop();
    }
    let rest = room - sum(&widths);
    if rest >= 0.0 {
        if let Some(width) = widths.get_mut(grows) {
            *width += rest;
        }
        return widths;
    }
    let spare = |column: &Wanted| column.spare;
    let cut = |column: &Wanted| column.width - column.spare - column.least;
    for give in [&spare as &dyn Fn(&Wanted) -> f32, &cut] {
        let all: f32 = columns.iter().take(widths.len()).map(give).sum();
        let lack = (sum(&widths) - room).clamp(0.0, all);
        for (width, column) in widths.iter_mut().zip(columns) {
            *width -= lack * give(column) / all.max(1.0);
        }
    }
    let share = (room / sum(&widths)).min(1.0);
    widths.iter_mut().for_each(|width| *width *= share);
    widths
}

/// A table over the whole of what is left, with columns of these widths.
///
/// For clickable rows, `sense` is [`Sense::CLICK`], which leaves cells out of the Tab order: a table may have a hundred
/// thousand rows, and arrows move among them.
pub(super) fn builder<'a>(
    ui: &'a mut Ui,
    salt: &'static str,
    widths: &[f32],
    sense: Sense,
) -> TableBuilder<'a> {
    ui.spacing_mut().item_spacing = egui::Vec2::ZERO;
    let height = whole_rows(ui.available_height() - HEADER);
    let mut table = TableBuilder::new(ui)
        .id_salt(salt)
        .sense(sense)
        .auto_shrink([false, false])
        .min_scrolled_height(0.0)
        .max_scroll_height(height)
        .animate_scrolling(false);
    for width in widths {
        table = table.column(Column::exact(*width));
    }
    table
}

/// As much of a height as whole rows fill: numbers of a row that is cut could be misread. At least one row.
fn whole_rows(height: f32) -> f32 {
    ((height + 0.5) / ROW).floor().max(1.0) * ROW
}

/// Whether a row can be seen and clicked: one row more is made than there is room for.
pub(super) fn is_in_sight(row: &Response) -> bool {
    row.interact_rect.height() > ROW / 2.0
}

/// Whether the table has the keyboard, which a click on it gives it. Arrows then belong to it.
pub(super) fn has_keyboard(ui: &Ui, response: &Response) -> bool {
    if response.clicked() {
        response.request_focus();
    }
    if !response.has_focus() {
        return false;
    }
    let filter = EventFilter {
        vertical_arrows: true,
        horizontal_arrows: true,
        tab: false,
        escape: false,
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    true
}

/// Whether this frame asks to copy.
pub(super) fn asks_to_copy(ui: &Ui) -> bool {
    ui.input(|input| input.events.contains(&Event::Copy))
}

/// The row that the keys of this frame select, out of `count`.
pub(super) fn selected_by_key(ui: &Ui, current: Option<usize>, count: usize) -> Option<usize> {
    let last = count.checked_sub(1)?;
    let keys = [
        (Key::ArrowDown, current.map_or(0, |at| at + 1)),
        (Key::ArrowUp, current.map_or(0, |at| at.saturating_sub(1))),
        (Key::PageDown, current.map_or(0, |at| at + PAGE)),
        (Key::PageUp, current.map_or(0, |at| at.saturating_sub(PAGE))),
        (Key::Home, 0),
        (Key::End, last),
    ];
    let mut pressed = keys
        .into_iter()
        .filter(|(key, _)| ui.input(|input| input.key_pressed(*key)));
    pressed.next().map(|(_, at)| at.min(last))
}

/// Text in a cell, at its left or right, cut where it does not fit.
pub(super) fn cell_text(
    ui: &Ui,
    rect: Rect,
    right: bool,
    text: &str,
    font: FontId,
    color: Color32,
) -> Rect {
    let galley = widgets::elided(ui, text, font, color, rect.width());
    let anchor = match right {
        true => Align2::RIGHT_CENTER,
        false => Align2::LEFT_CENTER,
    };
    let x = if right { rect.max.x } else { rect.min.x };
    let place = anchor.anchor_size(pos2(x, rect.center().y), galley.size());
    ui.painter().galley(place.min, galley, color);
    place
}

#[cfg(test)]
mod tests {
    use super::{NAME, ROW, Wanted, fit, whole_rows};

    #[test]
    fn columns_go_from_the_end_and_what_is_left_goes_to_one() {
        let columns = [10.0, 20.0, 30.0].map(Wanted::whole);
        assert_eq!(fit(&columns, 1, 100.0, 1), [10.0, 60.0, 30.0]);
        assert_eq!(fit(&columns, 1, 40.0, 1), [10.0, 30.0]);
        assert_eq!(fit(&columns[1..], 2, 25.0, 1), [10.0, 15.0]);
    }

    #[test]
    fn no_row_is_cut() {
        assert_eq!(whole_rows(3.0 * ROW), 3.0 * ROW);
        assert_eq!(whole_rows(3.0 * ROW - 0.01), 3.0 * ROW, "a sum of parts");
        assert_eq!(whole_rows(3.9 * ROW), 3.0 * ROW);
        assert_eq!(whole_rows(-5.0), ROW);
    }

    #[test]
    fn numbers_and_dates_are_whole_while_names_are_cut() {
        let columns = [
            Wanted::whole(70.0).with_spare(16.0),
            Wanted::name(NAME + 100.0),
            Wanted::name(NAME),
            Wanted::whole(60.0).with_spare(48.0),
        ];
        let words = 70.0 + 2.0 * NAME + 60.0;
        assert_eq!(
            fit(&columns, 4, words + 132.0, 1),
            [78.0, NAME + 100.0, NAME, 84.0],
            "half of what is spare"
        );
        assert_eq!(
            fit(&columns, 4, words + 50.0, 1),
            [70.0, NAME + 50.0, NAME, 60.0]
        );
        assert_eq!(fit(&columns, 4, words, 1), [70.0, NAME, NAME, 60.0]);
    }
}
