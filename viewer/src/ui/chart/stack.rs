//! Shares of a whole, stacked.

use super::{
    lines::marker,
    shared::{Plot, Shared, color, cue},
};
use crate::{
    page::{Chart, Stack},
    ui::theme::Tokens,
};
use egui::{Mesh, Shape, Stroke, Ui, pos2};

/// Width of a stack, in points.
const POINTS: f32 = 2.5;
/// Markers stand as far apart.
const MARKERS: f32 = 44.0;
/// A band lower than this has no room for one.
const LOWEST_MARKED: f32 = 12.0;

/// The stacks of a chart, in stretches without a gap.
pub(super) fn stacks(chart: &Chart, plot: &Plot, shared: &Shared<'_>) -> Vec<Vec<Stack>> {
    chart.stacks((plot.rect.width() / POINTS) as usize, shared.ended())
}

/// Where the bands of a stack lie, from the base line up.
fn edges(stack: &Stack) -> Vec<f64> {
    let mut edge = 0.0;
    let mut edges = vec![edge];
    for share in &stack.shares {
        edge += share;
        edges.push(edge);
    }
    edges
}

/// Paints all bands, the first line at the base.
pub(super) fn paint(
    ui: &Ui,
    plot: &Plot,
    chart: &Chart,
    stacks: &[Vec<Stack>],
    shared: &Shared<'_>,
    tokens: Tokens,
) {
    let painter = ui.painter().with_clip_rect(plot.rect);
    for stretch in stacks {
        // Each stack with its place; one that is alone is as wide as its slots.
        let places: Vec<(f32, Vec<f64>, bool)> = match stretch.as_slice() {
            [alone] => [alone.slots.start, alone.slots.end]
                .map(|slot| (plot.edge(slot), edges(alone), is_complete(alone, shared)))
                .to_vec(),
            stretch => stretch
                .iter()
                .map(|stack| {
                    let x = (plot.edge(stack.slots.start) + plot.edge(stack.slots.end)) / 2.0;
                    (x, edges(stack), is_complete(stack, shared))
                })
                .collect(),
        };
        for (at, line) in chart.lines.iter().enumerate() {
            let ink = color(shared, line, tokens);
            let mut mesh = Mesh::default();
            for (x, edges, complete) in &places {
                // What is so far may change: pale.
                let fill = match complete {
                    true => ink,
                    false => tokens.surface.lerp_to_gamma(ink, 0.55),
                };
                let first = mesh.vertices.len() as u32;
                mesh.colored_vertex(pos2(*x, plot.y(edges[at])), fill);
                mesh.colored_vertex(pos2(*x, plot.y(edges[at + 1])), fill);
                if first >= 2 {
                    mesh.add_triangle(first - 2, first - 1, first);
                    mesh.add_triangle(first - 1, first, first + 1);
                }
            }
            painter.add(Shape::mesh(mesh));
        }
        // Between the bands, so that neighbours are told apart whatever their colours.
        for at in 1..chart.lines.len() {
            let edge = places
                .iter()
                .map(|(x, edges, _)| pos2(*x, plot.y(edges[at])));
            let stroke = Stroke::new(1.25, tokens.surface);
            painter.add(Shape::line(edge.collect(), stroke));
        }
        for (at, line) in chart.lines.iter().enumerate() {
            let cue = cue(shared, line);
            let mut free_from = plot.rect.min.x + MARKERS / 2.0;
            for (x, edges, _) in places.iter().filter(|_| cue > 0) {
                let (low, high) = (plot.y(edges[at]), plot.y(edges[at + 1]));
                if *x >= free_from && low - high >= LOWEST_MARKED {
                    let center = pos2(*x, (low + high) / 2.0);
                    let ink = color(shared, line, tokens);
                    painter.add(marker(center, 3.4, cue, ink, tokens.surface));
                    free_from = x + MARKERS;
                }
            }
        }
    }
}

fn is_complete(stack: &Stack, shared: &Shared<'_>) -> bool {
    let last = stack.slots.end.saturating_sub(1);
    shared
        .states
        .get(last)
        .is_some_and(|state| state.is_complete())
}

/// The middle of each line's band in the last stack.
pub(super) fn ends(stacks: &[Vec<Stack>], plot: &Plot) -> Vec<f32> {
    let Some(last) = stacks.last().and_then(|stretch| stretch.last()) else {
        return Vec::new();
    };
    let edges = edges(last);
    let middle = |pair: &[f64]| plot.y((pair[0] + pair[1]) / 2.0);
    edges.windows(2).map(middle).collect()
}
