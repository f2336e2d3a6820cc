//! Hours, streams, skip rate and sessions: figures, a line for each region, and the rows.

use super::{
    parts::{Charts, areas, charts, grid},
    tiles::{self, Tile},
};
use crate::{
    page::{
        Command,
        reports::listening::{Contents, Figure},
    },
    ui::{inputs::Inputs, memory::Memory, text},
};
use egui::{Rect, Ui};
use std::slice;

/// Shows the report over the whole of `rect`.
pub(super) fn show(
    ui: &mut Ui,
    rect: Rect,
    inputs: &Inputs<'_>,
    contents: &Contents,
    memory: &mut Memory,
    commands: &mut Vec<Command>,
) {
    let (above, upper, lower) = areas(rect, true);
    if let Some(above) = above {
        tiles::show(ui, above, &tiles(contents));
    }
    let of = Charts {
        charts: slice::from_ref(&contents.chart),
        measure: contents.figure.measure(),
        states: &contents.states,
        colors: None,
        begin: None,
        window: 1,
        stacked: false,
    };
    charts(ui, upper, inputs, &of, memory, commands);
    grid(ui, lower, &contents.sheet, memory);
}

fn tiles(contents: &Contents) -> Vec<Tile> {
    Figure::ALL
        .into_iter()
        .map(|figure| {
            let compared = contents.compared.as_ref();
            let (change, notes) = text::listening_change(figure, compared);
            Tile {
                title: text::figure(figure).into(),
                value: text::cell(&figure.value(&contents.sum)),
                change,
                notes,
                warn: false,
                tip: text::figure_tip(figure, contents.waiting_hours),
            }
        })
        .collect()
}
