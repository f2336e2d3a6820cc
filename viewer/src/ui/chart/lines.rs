//! The lines themselves.

use super::shared::{Plot, Shared, color, cue};
use crate::{
    data::Finality,
    page::{Chart, Line, Stretch},
    series::Counts,
    ui::theme::Tokens,
};
use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, Ui, pos2, vec2};

/// Width of a column of down-sampling, in points; wider with many lines.
const POINTS_PER_PEAK: f32 = 2.5;
const POINTS_PER_PEAK_OF_MANY: f32 = 4.0;
const MANY: usize = 16;
/// Of rings closer than this to one another, some are left out.
const CLOSEST_RINGS: f32 = 9.0;

fn buckets(plot: &Plot, chart: &Chart) -> usize {
    let points = if chart.lines.len() > MANY {
        POINTS_PER_PEAK_OF_MANY
    } else {
        POINTS_PER_PEAK
    };
    (plot.rect.width() / points) as usize
}

pub(super) fn paint(ui: &Ui, plot: &Plot, chart: &Chart, shared: &Shared<'_>, tokens: Tokens) {
    let painter = ui.painter().with_clip_rect(plot.rect.expand(6.0));
    let buckets = buckets(plot, chart);
    let (front, back): (Vec<&Line>, Vec<&Line>) = chart
        .lines
        .iter()
        .partition(|line| shared.stands_out(line) == Some(true));
    if shared.compared.is_some() {
        for line in &chart.lines {
            let pale = tokens
                .surface
                .lerp_to_gamma(color(shared, line, tokens), 0.5);
            match shared.options.mean {
                // Thin are the days that the mean is of.
                true => means(
                    &painter,
                    plot,
                    &line.means_before(buckets),
                    Stroke::new(1.75, pale),
                ),
                false => before(&painter, plot, line, buckets, Stroke::new(1.0, pale)),
            }
        }
    }
    for line in back.into_iter().rev().chain(front) {
        let color = color(shared, line, tokens);
        let wide = shared.stands_out(line) == Some(true);
        let stroke = Stroke::new(if wide { 2.75 } else { 1.75 }, color);
        let cue = cue(shared, line);
        if shared.options.mean {
            // The days step back behind their mean.
            let pale = Stroke::new(1.0, tokens.surface.lerp_to_gamma(color, 0.4));
            for stretch in &*line.stretches(shared.states, buckets) {
                paint_stretch(&painter, plot, line, stretch, shared, pale, tokens);
            }
            means(&painter, plot, &line.means(shared.states, buckets), stroke);
            continue;
        }
        for stretch in &*line.stretches(shared.states, buckets) {
            paint_stretch(&painter, plot, line, stretch, shared, stroke, tokens);
        }
        partial_slots(&painter, plot, line, stroke, tokens);
        if cue > 0 {
            markers(&painter, plot, &line.counts, cue, color, tokens);
        }
    }
}

/// Means of seven days, by runs without a gap.
fn means(painter: &Painter, plot: &Plot, runs: &[Vec<(usize, f64)>], stroke: Stroke) {
    for run in runs {
        let place = |(index, mean): &(usize, f64)| pos2(plot.x(*index), plot.y(*mean));
        let points: Vec<Pos2> = run.iter().map(place).collect();
        match points.as_slice() {
            [] => {}
            [alone] => {
                painter.circle_filled(*alone, 2.5, stroke.color);
            }
            _ => {
                painter.add(Shape::line(points, stroke));
            }
        }
    }
}

/// A ring on each week or month that lacks days: it is over, and yet not whole.
fn partial_slots(painter: &Painter, plot: &Plot, line: &Line, stroke: Stroke, tokens: Tokens) {
    let place = |&index: &usize| {
        let events = line.counts.get(index).map_or(0, |count| count.events);
        pos2(plot.x(index), plot.y(events as f64))
    };
    for center in apart(line.partial.iter().map(place)) {
        painter.circle(center, 2.5, tokens.surface, Stroke::new(1.25, stroke.color));
    }
}

/// Those that have room for a ring, from left to right. The newest always has its own: it may be all that shows a slot
/// that has only just begun.
fn apart(points: impl DoubleEndedIterator<Item = Pos2>) -> Vec<Pos2> {
    let mut kept: Vec<Pos2> = Vec::new();
    for point in points.rev() {
        if kept
            .last()
            .is_none_or(|last| point.x + CLOSEST_RINGS <= last.x)
        {
            kept.push(point);
        }
    }
    kept.reverse();
    kept
}

/// The slots to compare with.
fn before(painter: &Painter, plot: &Plot, line: &Line, buckets: usize, stroke: Stroke) {
    let events = |index: usize| line.before.get(index).map_or(0, |count| count.events);
    for run in line.before.runs() {
        let points: Vec<Pos2> = line
            .before
            .outline(run, buckets)
            .into_iter()
            .map(|index| pos2(plot.x(index), plot.y(events(index) as f64)))
            .collect();
        if let [alone] = points.as_slice() {
            painter.circle_filled(*alone, 1.5, stroke.color);
        } else {
            painter.add(Shape::line(points, stroke));
        }
    }
}

/// Slots that follow one another: solid as far as they are complete, dashed beyond, and to weeks or months that lack days.
/// A slot that has not ended is a ring without a line: a line down to it would look like a fall.
fn paint_stretch(
    painter: &Painter,
    plot: &Plot,
    line: &Line,
    stretch: &Stretch,
    shared: &Shared<'_>,
    stroke: Stroke,
    tokens: Tokens,
) {
    let place = |&index: &usize| {
        let events = line.counts.get(index).map_or(0, |count| count.events);
        pos2(plot.x(index), plot.y(events as f64))
    };
    let solid: Vec<Pos2> = stretch.solid.iter().map(place).collect();
    if let [alone] = solid.as_slice() {
        painter.circle_filled(*alone, 2.5, stroke.color);
    } else if !solid.is_empty() {
        painter.add(Shape::line(solid, stroke));
    }
    let around: Vec<Pos2> = stretch.around.iter().map(place).collect();
    if around.len() > 1 {
        painter.extend(Shape::dashed_line(&around, stroke, 4.0, 3.5));
    }
    let has_ended = |index: &&usize| shared.states[**index] != Finality::SoFar;
    let ended: Vec<Pos2> = stretch.open.iter().filter(has_ended).map(place).collect();
    if ended.len() > 1 {
        painter.extend(Shape::dashed_line(&ended, stroke, 4.0, 3.5));
    }
    let open: Vec<Pos2> = stretch.open.iter().map(place).collect();
    let complete = usize::from(!stretch.solid.is_empty());
    for point in apart(open.into_iter().skip(complete)) {
        painter.circle(point, 3.0, tokens.surface, Stroke::new(1.5, stroke.color));
    }
}

/// The second cue, where a hue is used more than once: a shape every so often.
fn markers(
    painter: &Painter,
    plot: &Plot,
    counts: &Counts,
    shape: usize,
    color: Color32,
    tokens: Tokens,
) {
    let every = (44.0 * plot.slots as f32 / plot.rect.width())
        .ceil()
        .max(1.0) as usize;
    for index in (every / 2..counts.len()).step_by(every) {
        let Some(count) = counts.get(index) else {
            continue;
        };
        let center = pos2(plot.x(index), plot.y(count.events as f64));
        painter.add(marker(center, 3.6, shape, color, tokens.surface));
    }
}

/// Square, triangle, diamond, and so on again.
pub(super) fn marker(
    center: Pos2,
    size: f32,
    shape: usize,
    color: Color32,
    fill: Color32,
) -> Shape {
    let stroke = Stroke::new(1.4, color);
    let points = match shape % 3 {
        1 => {
            let rect = Rect::from_center_size(center, vec2(size, size) * 1.7);
            return Shape::from(egui::epaint::RectShape::new(
                rect,
                0.0,
                fill,
                stroke,
                egui::StrokeKind::Middle,
            ));
        }
        2 => [(0.0, -1.2), (1.15, 0.8), (-1.15, 0.8)].as_slice(),
        _ => [(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)].as_slice(),
    };
    let points = points
        .iter()
        .map(|&(x, y)| center + vec2(x, y) * size)
        .collect();
    Shape::convex_polygon(points, fill, stroke)
}

/// The second cue of a line, as in a chart, for legends.
pub(crate) fn symbol(center: Pos2, cue: usize, color: Color32, fill: Color32) -> Shape {
    marker(center, 3.6, cue, color, fill)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_rings_that_are_close_the_newest_stays() {
        let xs = |xs: &[f32]| -> Vec<f32> {
            let points: Vec<Pos2> = xs.iter().map(|x| pos2(*x, 0.0)).collect();
            apart(points.into_iter()).iter().map(|at| at.x).collect()
        };
        assert_eq!(xs(&[0.0, 5.0]), [5.0]);
        assert_eq!(xs(&[0.0, 5.0, 10.0]), [0.0, 10.0]);
        assert_eq!(xs(&[0.0, 9.0, 18.0]), [0.0, 9.0, 18.0]);
        assert!(xs(&[]).is_empty());
    }
}
