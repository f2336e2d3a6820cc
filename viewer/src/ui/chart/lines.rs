//! The lines themselves.

use super::{Frame, Layout, color, cue};
use crate::model::{
    data::DayState,
    decimate,
    series::{Line, Panel, runs},
    stats::Count,
};
use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, Ui, pos2, vec2};

use super::super::theme::Tokens;

/// A peak and a trough in so many points of width are as many as can be told apart.
const POINTS_PER_PEAK: f32 = 2.5;

pub(super) fn paint(ui: &Ui, layout: &Layout, panel: &Panel, frame: &Frame<'_>, tokens: Tokens) {
    let painter = ui.painter().with_clip_rect(layout.plot.expand(6.0));
    let (front, back): (Vec<&Line>, Vec<&Line>) = panel.lines.iter().partition(|line| {
        frame
            .highlight
            .is_some_and(|name| name == line.full_name || name == line.name)
    });
    if frame.compared.is_some() {
        for line in &panel.lines {
            before(&painter, layout, line, color(frame, line, tokens), tokens);
        }
    }
    for line in back.into_iter().rev().chain(front) {
        let color = color(frame, line, tokens);
        let wide = frame
            .highlight
            .is_some_and(|name| name == line.full_name || name == line.name);
        let stroke = Stroke::new(if wide { 2.75 } else { 1.75 }, color);
        let cue = cue(frame, line);
        for run in runs(&line.counts) {
            paint_run(&painter, layout, line, run, frame.states, stroke, tokens);
        }
        if cue > 0 {
            markers(&painter, layout, &line.counts, cue, color, tokens);
        }
    }
}

/// The days to compare with: thin and pale.
fn before(painter: &Painter, layout: &Layout, line: &Line, color: Color32, tokens: Tokens) {
    let stroke = Stroke::new(1.0, tokens.surface.lerp_to_gamma(color, 0.5));
    for run in runs(&line.before) {
        let points: Vec<Pos2> = run
            .filter_map(|index| {
                let count = line.before[index]?;
                Some(pos2(layout.x(index), layout.y(count.events as f64)))
            })
            .collect();
        if let [alone] = points.as_slice() {
            painter.circle_filled(*alone, 1.5, stroke.color);
        } else {
            painter.add(Shape::line(points, stroke));
        }
    }
}

/// Days that follow one another: solid as far as they are complete, dashed beyond.
fn paint_run(
    painter: &Painter,
    layout: &Layout,
    line: &Line,
    run: std::ops::Range<usize>,
    states: &[DayState],
    stroke: Stroke,
    tokens: Tokens,
) {
    let points: Vec<Pos2> = run
        .clone()
        .filter_map(|index| {
            let count = line.counts[index]?;
            Some(pos2(layout.x(index), layout.y(count.events as f64)))
        })
        .collect();
    let complete = run
        .clone()
        .take_while(|&index| states[index].is_complete())
        .count();
    let (solid, open) = (&points[..complete], &points[complete..]);
    match solid {
        [] => {}
        [alone] => {
            painter.circle_filled(*alone, 2.5, stroke.color);
        }
        many => {
            let raw: Vec<[f32; 2]> = many.iter().map(|point| [point.x, point.y]).collect();
            let kept = decimate::min_max(&raw, (layout.plot.width() / POINTS_PER_PEAK) as usize);
            painter.add(Shape::line(
                kept.into_iter().map(Pos2::from).collect(),
                stroke,
            ));
        }
    }
    let from = complete.saturating_sub(1);
    if !open.is_empty() && points.len() > from + 1 {
        painter.extend(Shape::dashed_line(&points[from..], stroke, 4.0, 3.5));
    }
    for point in open {
        painter.circle(*point, 3.0, tokens.surface, Stroke::new(1.5, stroke.color));
    }
}

/// The second cue, where a hue is used more than once: a shape every so often.
fn markers(
    painter: &Painter,
    layout: &Layout,
    counts: &[Option<Count>],
    shape: usize,
    color: Color32,
    tokens: Tokens,
) {
    let every = (44.0 * layout.days as f32 / layout.plot.width())
        .ceil()
        .max(1.0) as usize;
    for (index, count) in counts.iter().enumerate().skip(every / 2).step_by(every) {
        let Some(count) = count else { continue };
        let center = pos2(layout.x(index), layout.y(count.events as f64));
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
