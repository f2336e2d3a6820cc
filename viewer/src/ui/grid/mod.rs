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

/// Drops the last columns for which there is no room, and gives what is left over to one of them.
pub(super) fn fit(mut widths: Vec<f32>, least: usize, room: f32, grows: usize) -> Vec<f32> {
    let sum = |widths: &[f32]| widths.iter().sum::<f32>();
    while widths.len() > least && sum(&widths) > room {
        widths.pop();
    }
    let rest = room - sum(&widths);
    if rest >= 0.0 {
        if let Some(width) = widths.get_mut(grows) {
            *width += rest;
        }
    } else {
        // Words are cut where even the least do not fit.
        let share = room / sum(&widths);
        widths.iter_mut().for_each(|width| *width *= share);
    }
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
    let height = (ui.available_height() - HEADER).max(0.0);
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
    use super::fit;

    #[test]
    fn columns_go_from_the_end_and_what_is_left_goes_to_one() {
        assert_eq!(fit(vec![10.0, 20.0, 30.0], 1, 100.0, 1), [10.0, 60.0, 30.0]);
        assert_eq!(fit(vec![10.0, 20.0, 30.0], 1, 40.0, 1), [10.0, 30.0]);
        assert_eq!(fit(vec![10.0, 30.0], 2, 20.0, 1), [5.0, 15.0]);
    }
}
