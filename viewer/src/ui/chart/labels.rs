//! Names at the ends of the lines: a second cue beside the colour.

use super::shared::{Plot, Shared, color, cue, width};
use crate::{
    page::{Chart, Line, Stack},
    ui::{
        text,
        theme::{self, Tokens},
        widgets,
    },
};
use egui::{Align2, Rect, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2};

const LINE_HEIGHT: f32 = 13.0;
const DOT: f32 = 14.0;
/// Leader lines to names that are further away than this cannot be followed.
const LONGEST_LEADER: f32 = 3.0 * LINE_HEIGHT;

/// How much room the names need at the right of a chart.
pub(super) fn room(ui: &Ui, chart: &Chart, chart_width: f32) -> f32 {
    let widest = chart
        .lines
        .iter()
        .map(|line| width(ui, &line.name))
        .fold(0.0, f32::max);
    (widest + DOT + 6.0).min(chart_width * 0.28)
}

/// Paints the names, pushed apart; where there is no room for all, the lowest ones are counted.
/// Every series gets a node for screen readers, whether its name fits or not.
pub(super) fn paint(
    ui: &mut Ui,
    plot: &Plot,
    chart: &Chart,
    stacks: &[Vec<Stack>],
    shared: &Shared<'_>,
    tokens: Tokens,
    right: f32,
) {
    let area = plot.rect;
    let fit = ((area.height() / LINE_HEIGHT) as usize).max(1);
    let ended = shared.ended();
    // Of a stack, the middle of each band.
    let bands = super::stack::ends(stacks, plot);
    let mut ends: Vec<(&Line, usize, f32)> = chart
        .lines
        .iter()
        .enumerate()
        .filter_map(|(at, line)| {
            // By the last day that has ended: the one so far would turn the order round each morning.
            let ended = line.counts.last_of(0..ended);
            let (index, count) = ended.or_else(|| line.counts.last())?;
            let y = bands.get(at).copied();
            Some((
                line,
                index,
                y.unwrap_or_else(|| plot.y(count.events as f64)),
            ))
        })
        .collect();
    ends.sort_by(|a, b| a.2.total_cmp(&b.2));
    let hidden = match ends.len() > fit {
        true => ends.split_off(fit - 1),
        false => Vec::new(),
    };
    let mut places: Vec<f32> = ends.iter().map(|end| end.2).collect();
    places.extend((!hidden.is_empty()).then_some(area.max.y));
    let ys = apart(&places, area.min.y, area.max.y);
    if let (false, Some(y)) = (hidden.is_empty(), ys.last()) {
        let words = text::more_names(hidden.len());
        let at = pos2(area.max.x + 6.0 + DOT - 3.0, *y);
        widgets::text(
            ui,
            at,
            Align2::LEFT_CENTER,
            &words,
            theme::font(11.0),
            tokens.weak,
        );
    }
    for ((line, index, end), y) in ends.into_iter().zip(ys) {
        let left = area.max.x + 6.0;
        let ink = color(shared, line, tokens);
        // Outside of the chart only, and to a line that goes on: inside, it would look like one of the series.
        // Longer ones would cross those of other lines.
        let is_readable = (3.0..LONGEST_LEADER).contains(&(y - end).abs());
        if is_readable && index + 2 >= ended {
            let from = pos2(area.max.x, end);
            let stroke = Stroke::new(0.75, ink.gamma_multiply(0.5));
            ui.painter()
                .line_segment([from, pos2(left + 1.0, y)], stroke);
        }
        let cue = cue(shared, line);
        let dot = pos2(left + 4.0, y);
        if cue > 0 {
            ui.painter()
                .add(super::lines::marker(dot, 3.4, cue, ink, tokens.surface));
        } else {
            ui.painter().circle_filled(dot, 3.0, ink);
        }
        let dimmed = shared.stands_out(line) == Some(false);
        let text_color = if dimmed { tokens.weak } else { tokens.text };
        let at = pos2(left + DOT - 3.0, y);
        let galley = widgets::elided(ui, &line.name, theme::font(11.0), text_color, right - at.x);
        let rect = Rect::from_min_size(at - egui::vec2(0.0, galley.size().y / 2.0), galley.size());
        ui.painter().galley(rect.min, galley, text_color);
        node(ui, rect, line, shared);
    }
    for (line, ..) in hidden {
        node(ui, area, line, shared);
    }
    for line in chart.lines.iter().filter(|line| line.counts.rows() == 0) {
        node(ui, area, line, shared);
    }
}

/// The series for screen readers, where their names stand elsewhere.
pub(super) fn nodes(ui: &mut Ui, plot: &Plot, chart: &Chart, shared: &Shared<'_>) {
    for line in &chart.lines {
        node(ui, plot.rect, line, shared);
    }
}

pub(super) fn node(ui: &mut Ui, rect: Rect, line: &Line, shared: &Shared<'_>) {
    let id = ui.scope_id().with(("series", &line.full_name));
    let response = ui.interact(rect, id, Sense::hover());
    let name = text::series(line, shared.measure, shared.grain);
    response.widget_info(|| WidgetInfo::labeled(Role::GraphicsObject, true, &name));
}

/// Moves sorted positions apart by a line's height, staying between the edges and near their places.
fn apart(ys: &[f32], top: f32, bottom: f32) -> Vec<f32> {
    let mut placed: Vec<f32> = Vec::with_capacity(ys.len());
    for &y in ys {
        let least = placed.last().map_or(top, |last| last + LINE_HEIGHT);
        placed.push(y.max(least));
    }
    let mut most = bottom;
    for y in placed.iter_mut().rev() {
        *y = y.min(most);
        most = *y - LINE_HEIGHT;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_keep_their_distance_and_their_order() {
        let placed = apart(&[50.0, 51.0, 52.0, 99.0, 100.0], 0.0, 100.0);
        assert!((placed[0] - 50.0).abs() < 3.0, "{placed:?}");
        for pair in placed.windows(2) {
            assert!(pair[1] - pair[0] >= LINE_HEIGHT - 0.01, "{placed:?}");
        }
        assert!(placed[4] <= 100.0);
        assert_eq!(
            apart(&[10.0, 60.0], 0.0, 100.0),
            [10.0, 60.0],
            "none moves without need"
        );
    }
}
