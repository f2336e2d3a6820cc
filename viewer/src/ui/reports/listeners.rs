//! Distinct listeners over 7 and 28 days, new and returning ones, and how many come back.

use super::{
    parts::{Charts, areas, charts, grid},
    tiles::{self, Tile},
};
use crate::{
    calendar::{Day, format, quantity},
    data::{Finality, STANDARD_ERROR, reports::listeners::Together},
    page::{Command, reports::listeners::Contents},
    ui::{memory::Memory, scene::Scene, text},
};
use egui::{Rect, Ui};

/// Shows the report over the whole of `rect`.
pub(super) fn show(
    ui: &mut Ui,
    rect: Rect,
    scene: &Scene<'_>,
    contents: &Contents,
    memory: &mut Memory,
    commands: &mut Vec<Command>,
) {
    let span = scene
        .state
        .span(scene.data)
        .filter(|_| !contents.charts.is_empty());
    let Some(span) = span else {
        grid(ui, rect, &contents.sheet, memory);
        return;
    };
    let (above, upper, lower) = areas(rect, contents.together.is_some());
    if let (Some(above), Some(together)) = (above, contents.together) {
        let begin = scene
            .data
            .bounds()
            .map(|bounds| scene.data.grain.day(bounds.first));
        tiles::show(ui, above, &tiles(&together, begin));
    }
    let states: Vec<Finality> = (0..span.count())
        .map(|index| scene.data.finality(span.at(index)))
        .collect();
    let of = Charts {
        charts: &contents.charts,
        measure: contents.measure,
        states: &states,
        colors: None,
    };
    charts(ui, upper, scene, &of, memory, commands);
    grid(ui, lower, &contents.sheet, memory);
}

/// Of all regions that are on together, with how exact the estimates are.
/// `begin` is the first day with data: a period that reaches back beyond it is not compared with.
fn tiles(together: &Together, begin: Option<Day>) -> Vec<Tile> {
    let mut tiles: Vec<Tile> = (0..3)
        .map(|at| {
            let (now, before) = (together.now[at], together.before[at]);
            let error = (now as f64 * STANDARD_ERROR).round() as i64;
            let (change, notes) = text::active_change(now, before, together.day, begin, at);
            Tile {
                title: text::active_title(at).into(),
                value: text::estimate(&format::grouped(now), &format::grouped(error)),
                change,
                notes,
                warn: false,
                tip: text::active_tip(now, error, together.day, at),
            }
        })
        .collect();
    let part = quantity::rate(together.now[0], together.now[2]);
    let [title, tip] = text::part_of_listeners();
    tiles.push(Tile {
        title: title.into(),
        value: part.map_or("–".into(), quantity::percentage),
        change: None,
        notes: vec![together.day.long(), together.day.short(), String::new()],
        warn: false,
        tip: tip.into(),
    });
    tiles
}
