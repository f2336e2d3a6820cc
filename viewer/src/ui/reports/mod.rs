//! The reports beside daily events.

mod listeners;
mod listening;
mod nothing;
mod parts;
mod pipeline;
mod rejects;
mod rollups;
mod songs;
pub(crate) mod tabs;
mod tiles;

use super::{
    inputs::Inputs,
    memory::Memory,
    report_memory::{Built, BuiltFrom, ReportMemory},
    text,
};
use crate::{
    data::{
        Dataset, Finality,
        reports::{Answer, Ask},
    },
    page::{
        Command, Page, State, View,
        reports::{self, Contents, Nothing, listeners::Part},
    },
};
use egui::{Sense, Ui};

use std::{rc::Rc, sync::Arc};

/// Whether a report is shown, and not the daily events.
pub(super) fn is_shown(state: &State) -> bool {
    match state.view {
        View::Listening | View::Songs | View::Pipeline | View::Rejects => true,
        View::Listeners => state.reports.listeners != Part::Day,
        _ => false,
    }
}

/// Whether the answer to this is what is shown. While another range is read, the answer of the last one stays; days of
/// another zone would be wrong.
fn is_for(ask: &Ask, state: &State, data: &Dataset) -> bool {
    match ask {
        Ask::Listening(ask) => state.view == View::Listening && ask.zone == data.zone.name,
        Ask::Songs(_) => state.view == View::Songs,
        Ask::Pipeline => state.view == View::Pipeline,
        Ask::Rejects(_) => state.view == View::Rejects,
        Ask::Listeners(ask) => {
            state.view == View::Listeners && state.reports.listeners.kind() == Some(ask.kind)
        }
    }
}

/// Shows the report over all that is left.
pub(super) fn show(
    ui: &mut Ui,
    inputs: &Inputs<'_>,
    memory: &mut Memory,
    commands: &mut Vec<Command>,
) {
    let rect = ui.available_rect_before_wrap();
    ui.allocate_rect(rect, Sense::hover());
    let report = inputs.latest.extras.report.as_ref();
    let page = inputs.page;
    work_out(inputs.state, inputs.data, page, report, &mut memory.reports);
    let contents = match &memory.reports.built {
        None => return nothing::show(ui, rect, &(text::reading().into(), String::new(), None)),
        Some(built) => match &built.contents {
            Err(nothing) => return nothing::show(ui, rect, &text::nothing(nothing)),
            Ok(contents) => Rc::clone(contents),
        },
    };
    match &*contents {
        Contents::Listening(contents) => {
            listening::show(ui, rect, inputs, contents, memory, commands);
        }
        Contents::Songs(contents) => songs::show(ui, rect, contents, memory),
        Contents::Pipeline(contents) => pipeline::show(ui, rect, contents, memory),
        Contents::Rejects(contents) => {
            rejects::show(ui, rect, inputs, contents, memory, commands);
        }
        Contents::Listeners(contents) => {
            listeners::show(ui, rect, inputs, contents, memory, commands);
        }
    }
}

/// Rebuilds the report if its data or a choice has changed.
pub(super) fn work_out(
    state: &State,
    data: &Dataset,
    page: Option<&Page>,
    answer: Option<&Arc<Answer>>,
    memory: &mut ReportMemory,
) {
    let Some(answer) = answer.filter(|answer| is_for(&answer.ask, state, data)) else {
        memory.built = None;
        return;
    };
    let from = BuiltFrom {
        view: state.view,
        choices: state.reports.clone(),
        slots: page.map(|page| (page.grain, page.span)),
        regions: state.regions.clone(),
        sorts: memory.sorts.clone(),
    };
    let is_same = |built: &Built| Arc::ptr_eq(&built.answer, answer) && built.from == from;
    if memory.built.as_ref().is_some_and(is_same) {
        return;
    }
    let Some((grain, slots)) = from.slots else {
        return;
    };
    let span = grain.days(slots);
    let states: Vec<Finality> = (0..span.count())
        .map(|index| data.finality(data.grain.slot(span.at(index))))
        .collect();
    let events = data.all();
    let view = reports::View {
        events: Some(&events),
        span,
        zone: &data.zone.name,
        grain,
        shift: grain.comparison_shift(slots.count()),
        regions: &from.regions,
        begin: data.day_bounds().map(|bounds| bounds.first),
        today: data.today(),
        name_others: text::others,
        states: &states,
    };
    let contents = match &answer.content {
        Err(obstacle) => Err(Nothing::Obstacle(obstacle.clone())),
        Ok(content) => Contents::new(content, &from.choices, &view, &from.sorts).map(Rc::new),
    };
    memory.built = Some(Built {
        answer: Arc::clone(answer),
        from,
        contents,
    });
}
