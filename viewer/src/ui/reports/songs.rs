//! The songs with most streams, as a table with bars.

use super::{
    parts::grid,
    tiles::{self, Tile},
};
use crate::{
    calendar::{format, quantity},
    data::reports::songs::Songs,
    page::reports::{listening::Figure, songs::Contents},
    ui::{grid::width, memory::Memory, text, theme, widgets},
};
use egui::{Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2};

/// Shows the report over the whole of `rect`.
pub(super) fn show(ui: &mut Ui, rect: Rect, contents: &Contents, memory: &mut Memory) {
    let tokens = theme::tokens(ui);
    let mut top = rect.min.y;
    if rect.height() > 360.0 {
        let above = Rect::from_x_y_ranges(rect.x_range(), top..=top + tiles::HEIGHT);
        tiles::show(ui, above, &tiles(&contents.songs));
        top += tiles::HEIGHT + theme::GAP;
    }
    let line = Rect::from_x_y_ranges(rect.x_range(), top..=top + 18.0);
    let notes = text::songs_note(&contents.songs);
    let fits = |words: &&String| width(ui, words, theme::font(12.0)) <= line.width();
    let note = notes.iter().find(fits).or(notes.last()).cloned();
    let note = note.unwrap_or_default();
    let galley = widgets::elided(ui, &note, theme::font(12.0), tokens.weak, line.width());
    ui.painter().galley(line.min, galley, tokens.weak);
    let response = ui.interact(line, ui.scope_id().with("songs note"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &note));
    let below = Rect::from_min_max(pos2(rect.min.x, line.max.y + 4.0), rect.max);
    grid(ui, below, &contents.sheet, memory);
}

fn tiles(songs: &Songs) -> Vec<Tile> {
    let (all, shown) = (songs.all, songs.shown());
    let part = quantity::rate(shown.streams, all.streams);
    let count = songs.songs.len();
    [
        (
            text::songs_tile(),
            format::grouped(songs.count),
            text::of_these_songs(count),
        ),
        (
            text::figure(Figure::Streams),
            format::grouped(all.streams),
            text::of_named_songs(),
        ),
        (
            text::figure(Figure::Hours),
            quantity::hours(all.listened_us),
            text::of_named_songs(),
        ),
        (
            text::share_tile(),
            part.map_or("–".into(), quantity::percentage),
            text::share_of_streams(count),
        ),
    ]
    .into_iter()
    .map(|(title, value, note)| Tile {
        title: title.into(),
        value,
        change: None,
        notes: vec![note, String::new()],
        warn: false,
        tip: String::new(),
    })
    .collect()
}
