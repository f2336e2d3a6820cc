//! Pointer and keyboard input of a chart, and its texts for screen readers.

use super::{
    marks::pill,
    readout,
    shared::{Outcome, Plot, Shared},
};
use crate::{
    calendar::{Slot, Span},
    page::{Chart, Command},
    ui::{text, theme::Tokens},
};
use egui::{
    CursorIcon, EventFilter, Pos2, Rect, Response, Stroke, Ui, WidgetInfo, accesskit::Role, pos2,
};

/// Name and text for screen readers; the keyboard's slot is read out as it moves.
pub(super) fn describe(ui: &Ui, response: &Response, chart: &Chart, shared: &Shared<'_>) {
    let days = shared.grain.between(shared.span);
    let name = text::chart(text::title(&chart.title), &days, chart.lines.len());
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &name));
    let reading = shared
        .read
        .and_then(|slot| shared.span.index(slot))
        .map(|index| readout::sentence(chart, shared, index));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_description(reading.unwrap_or_else(|| text::chart_hint().to_owned()));
    });
    ui.memory_mut(|memory| {
        memory.set_focus_lock_filter(
            response.id,
            EventFilter {
                horizontal_arrows: true,
                vertical_arrows: false,
                tab: false,
                escape: false,
            },
        );
    });
}

/// The slots that are being dragged over, painted. They are remembered as slots: numbers that arrive meanwhile,
/// and the end of the drag, at which the toolkit has forgotten its beginning, change nothing about them.
pub(super) fn brush(
    ui: &Ui,
    response: &Response,
    plot: &Plot,
    shared: &Shared<'_>,
    tokens: Tokens,
) -> Option<Span> {
    let span = shared.span;
    let id = response.id.with("brush");
    let slot_at = |at: Pos2| span.at(plot.index(at.x)).0;
    let origin = ui.input(|input| input.pointer.press_origin());
    let known: Option<(i32, i32)> = match origin.filter(|_| response.drag_started()) {
        Some(at) => Some((slot_at(at), slot_at(at))),
        None => ui.data(|data| data.get_temp(id)),
    };
    let (start, last) = known?;
    if !(response.dragged() || response.drag_stopped()) {
        ui.data_mut(|data| data.remove_temp::<(i32, i32)>(id));
        return None;
    }
    let end = response.interact_pointer_pos().map_or(last, slot_at);
    ui.data_mut(|data| data.insert_temp(id, (start, end)));
    let dragged = Span::new(Slot(start), Slot(end)).intersect(span)?;
    let (a, b) = (span.index(dragged.first)?, span.index(dragged.last)?);
    if a == b {
        return None;
    }
    let area = Rect::from_x_y_ranges(plot.edge(a)..=plot.edge(b + 1), plot.rect.y_range());
    ui.painter().rect(
        area,
        2.0,
        tokens.accent.gamma_multiply(0.15),
        Stroke::new(1.0, tokens.accent),
        egui::StrokeKind::Inside,
    );
    let words = text::days_meant(shared.grain, dragged);
    let half = words.len() as f32 * 3.2;
    // In a narrow chart the words are wider than the plot: `clamp` panics if the minimum is above the maximum.
    let (left, right) = (plot.rect.min.x + half, plot.rect.max.x - half);
    let x = match left <= right {
        true => area.center().x.clamp(left, right),
        false => plot.rect.center().x,
    };
    let at = pos2(x, area.min.y + 12.0);
    pill(ui.painter(), at, &words, tokens.text, tokens.surface);
    Some(dragged)
}

/// What pointer and wheel ask for.
pub(super) fn interact(
    ui: &Ui,
    response: &Response,
    plot: &Plot,
    shared: &Shared<'_>,
    brush: Option<Span>,
) -> Outcome {
    let slot_at = |at: Pos2| shared.span.at(plot.index(at.x));
    let mut outcome = Outcome {
        hovered: response.hover_pos().map(slot_at),
        command: None,
        highlight: None,
        focused: response.has_focus().then_some(response.id),
    };
    if response.clicked() {
        response.request_focus();
        outcome.command = response
            .interact_pointer_pos()
            .map(|at| Command::SetCursor(Some(slot_at(at))));
    }
    if response.double_clicked() {
        outcome.command = Some(Command::ResetZoom);
    }
    if let (true, Some(dragged)) = (response.drag_stopped(), brush) {
        outcome.command = Some(Command::Zoom(dragged));
    }
    if let Some(slot) = outcome.hovered {
        ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
        let zoom = ui.input(|input| input.zoom_delta());
        if zoom != 1.0 {
            outcome.command = Some(Command::ZoomAround(slot, f64::from(1.0 / zoom)));
        }
    }
    outcome
}
