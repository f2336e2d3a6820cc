//! The figures above a report.

use crate::ui::{theme, widgets};
use egui::{Align2, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

/// A figure.
pub(super) struct Tile {
    /// What it is.
    pub(super) title: String,
    /// The number.
    pub(super) value: String,
    /// How it changed.
    pub(super) change: Option<String>,
    /// What stands below, the longest form first.
    pub(super) notes: Vec<String>,
    /// It wants attention.
    pub(super) warn: bool,
    /// What more is to be said of it.
    pub(super) tip: String,
}

/// How high a line of them is.
pub(super) const HEIGHT: f32 = 78.0;

/// Shows them side by side over the whole of `rect`.
pub(super) fn show(ui: &mut Ui, rect: Rect, tiles: &[Tile]) {
    let count = tiles.len().max(1) as f32;
    let width = (rect.width() + theme::GAP) / count - theme::GAP;
    for (at, tile) in tiles.iter().enumerate() {
        let left = rect.min.x + at as f32 * (width + theme::GAP);
        let place = Rect::from_min_size(pos2(left, rect.min.y), vec2(width, rect.height()));
        show_one(ui, place, tile);
    }
}

fn show_one(ui: &mut Ui, rect: Rect, tile: &Tile) {
    let tokens = theme::tokens(ui);
    let response = ui.interact(
        rect,
        ui.scope_id().with(("figure", &tile.title)),
        Sense::hover(),
    );
    widgets::paint_card(ui, rect, tokens);
    let inner = rect.shrink2(vec2(theme::PAD + 2.0, theme::PAD - 1.0));
    let painter = ui.painter_at(rect);
    let title = widgets::elided(
        ui,
        &tile.title,
        theme::font(12.5),
        tokens.weak,
        inner.width(),
    );
    painter.galley(inner.min, title, tokens.weak);
    let ink = if tile.warn { tokens.warn } else { tokens.text };
    let size = [21.0, 17.0, 14.0].into_iter().find(|size| {
        let font = theme::bold(*size);
        let galley = painter.layout_no_wrap(tile.value.clone(), font, ink);
        galley.size().x <= inner.width()
    });
    let font = theme::bold(size.unwrap_or(12.0));
    let value = widgets::elided(ui, &tile.value, font, ink, inner.width());
    painter.galley(pos2(inner.min.x, inner.min.y + 17.0), value, ink);
    let bottom = pos2(inner.min.x, inner.max.y + 1.0);
    let mut left = inner.min.x;
    if let Some(change) = &tile.change {
        let font = theme::bold(12.0);
        let anchor = Align2::LEFT_BOTTOM;
        let covered = widgets::text(ui, bottom, anchor, change, font, tokens.text);
        left = covered.max.x + 6.0;
    }
    let galleys = tile
        .notes
        .iter()
        .map(|note| painter.layout_no_wrap(note.clone(), theme::font(11.5), tokens.weak));
    for note in galleys {
        if left + note.size().x <= inner.max.x {
            let at = pos2(left, bottom.y - note.size().y);
            painter.galley(at, note, tokens.weak);
            break;
        }
    }
    let mut spoken = format!("{}: {}", tile.title, tile.value);
    if let Some(change) = &tile.change {
        spoken += &format!(", {change}");
    }
    if let Some(note) = tile.notes.first() {
        spoken += &format!(" {note}");
    }
    response.widget_info(|| WidgetInfo::labeled(Role::GraphicsObject, true, &spoken));
    if !tile.tip.is_empty() {
        response.on_hover_text(&tile.tip);
    }
}
