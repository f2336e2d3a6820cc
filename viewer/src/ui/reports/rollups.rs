//! How long rollups took, over the time that the report was shown.

use crate::{
    calendar::{quantity, ticks},
    data::reports::pipeline::Pipeline,
    ui::{
        grid::width,
        text,
        theme::{self, Tokens},
        widgets,
    },
};
use egui::{
    Align2, CornerRadius, Rect, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2,
};

/// Room for the numbers at the left.
const AXIS: f32 = 52.0;
const WIDEST: f32 = 16.0;

/// Shows a bar for each rollup at the time that it ended.
pub(super) fn show(ui: &mut Ui, rect: Rect, pipeline: &Pipeline) {
    let tokens = theme::tokens(ui);
    widgets::paint_card(ui, rect, tokens);
    let inner = rect.shrink(theme::PAD);
    let id = ui.scope_id().with("rollup time");
    let response = ui.interact(rect, id, Sense::focusable_noninteractive());
    widgets::focus_ring(ui, rect, &response);
    let title = text::rollup_time();
    let after = widgets::text(
        ui,
        inner.min,
        Align2::LEFT_TOP,
        title,
        theme::bold(14.0),
        tokens.text,
    );
    let rollups = &pipeline.rollups;
    let (Some(last), Some(first)) = (rollups.first(), rollups.last()) else {
        response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, title));
        return;
    };
    let between = text::rollups_between(rollups.len(), first.at, last.at);
    let room = inner.max.x - after.max.x - 10.0;
    if width(ui, &between, theme::font(12.0)) <= room {
        let at = after.right_bottom() + vec2(10.0, -1.0);
        let font = theme::font(12.0);
        widgets::text(ui, at, Align2::LEFT_BOTTOM, &between, font, tokens.weak);
    }
    let longest = rollups.iter().fold(0.0_f64, |most, of| most.max(of.ms));
    let spoken = {
        let [last, longest] = [last.ms, longest].map(quantity::milliseconds);
        text::rollups_spoken(&between, &last, &longest)
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &spoken));
    let plot = Rect::from_min_max(
        pos2(inner.min.x + AXIS, inner.min.y + 34.0),
        pos2(inner.max.x, inner.max.y - 4.0),
    );
    if plot.height() < 30.0 {
        return;
    }
    let steps = ticks::values(longest.ceil() as i64, (plot.height() / 44.0) as usize);
    let top = steps.last().copied().unwrap_or(1.0).max(1.0);
    let y = |ms: f64| plot.max.y - plot.height() * (ms / top) as f32;
    grid(ui, plot, &steps, y, tokens);
    let time = (last.at - first.at).max(1) as f64;
    let bar = (plot.width() / rollups.len() as f32 * 0.6).clamp(1.0, WIDEST);
    let places = plot.x_range().shrink(bar / 2.0);
    for rollup in rollups {
        let share = (rollup.at - first.at) as f64 / time;
        let x = places.min + places.span() * share as f32;
        let high = y(rollup.ms).min(plot.max.y - 1.0);
        let part = Rect::from_x_y_ranges(x - bar / 2.0..=x + bar / 2.0, high..=plot.max.y);
        ui.painter()
            .rect_filled(part, CornerRadius::ZERO, tokens.accent.gamma_multiply(0.7));
    }
}

fn grid(ui: &Ui, plot: Rect, steps: &[f64], y: impl Fn(f64) -> f32, tokens: Tokens) {
    for &step in steps {
        let stroke = Stroke::new(1.0, tokens.border);
        ui.painter().hline(plot.x_range(), y(step), stroke);
        let label = match step > 0.0 {
            true => quantity::milliseconds(step),
            false => "0".to_owned(),
        };
        let at = pos2(plot.min.x - 6.0, y(step));
        let font = theme::font(11.0);
        widgets::text(ui, at, Align2::RIGHT_CENTER, &label, font, tokens.weak);
    }
}
