//! Rejected input: reasons, a chart of them by day, examples, and the statement that retries it.

use super::parts::{Charts, charts, grid};
use crate::{
    data::{Finality, Measure},
    page::{
        Command,
        reports::{
            Choice,
            rejects::{Contents, retry},
        },
    },
    ui::{inputs::Inputs, memory::Memory, text, theme, welcome, widgets},
};
use egui::{Align, Layout, Rect, RichText, Ui, UiBuilder, pos2};
use std::slice;

const LINE: f32 = 20.0;
const STATEMENT: f32 = 60.0;

/// Shows the report over the whole of `rect`.
pub(super) fn show(
    ui: &mut Ui,
    rect: Rect,
    inputs: &Inputs<'_>,
    contents: &Contents,
    memory: &mut Memory,
    commands: &mut Vec<Command>,
) {
    let asked = inputs.state.reports.reason.as_deref();
    let bottom = rect.max.y - STATEMENT;
    let split = rect.min.y + (bottom - rect.min.y) * 0.46;
    let width = (rect.width() * 0.36).clamp(220.0, 420.0);
    let left = Rect::from_min_max(rect.min, pos2(rect.min.x + width, split));
    // Found by name: the order of the rows changes with their counts.
    let reason = |at: usize| contents.reason(contents.reasons.source(at)?);
    let before =
        asked.and_then(|asked| (0..contents.reasons.len()).find(|&at| reason(at) == Some(asked)));
    let selected = &mut memory.reports.selected;
    match before {
        Some(at) => selected.insert("reasons", at),
        None => selected.remove("reasons"),
    };
    grid(ui, left, &contents.reasons, memory);
    let after = memory.reports.selected.get("reasons").copied();
    // Sorting removes the selection of a table, which chooses no other reason.
    if let Some(at) = after.filter(|_| after != before) {
        let chosen = reason(at).map(str::to_owned);
        commands.push(Command::Choose(Choice::Reason(chosen)));
    }
    let right = Rect::from_min_max(
        pos2(left.max.x + theme::GAP, rect.min.y),
        pos2(rect.max.x, split),
    );
    if let Some(span) = inputs.page.map(|page| page.span) {
        let states: Vec<Finality> = (0..span.count())
            .map(|index| match span.at(index) >= inputs.data.current() {
                true => Finality::SoFar,
                false => Finality::Final,
            })
            .collect();
        let of = Charts {
            charts: slice::from_ref(&contents.chart),
            measure: Measure::Rejected,
            states: &states,
            colors: Some(&contents.colors),
            begin: contents.begin,
            window: 1,
            stacked: true,
        };
        charts(ui, right, inputs, &of, memory, commands);
    }
    let line = Rect::from_min_max(
        pos2(rect.min.x, split + theme::GAP),
        pos2(rect.max.x, split + theme::GAP + LINE),
    );
    caption(ui, line, contents, asked, commands);
    let examples = Rect::from_min_max(
        pos2(rect.min.x, line.max.y + 2.0),
        pos2(rect.max.x, bottom - 4.0),
    );
    grid(ui, examples, &contents.sheet, memory);
    let below = Rect::from_min_max(pos2(rect.min.x, bottom), rect.max);
    let mut child = ui.new_child(UiBuilder::new().max_rect(below));
    child.spacing_mut().item_spacing.y = 3.0;
    let tokens = theme::tokens(ui);
    let words = RichText::new(text::retry(asked)).small().color(tokens.weak);
    child.label(words);
    if welcome::command(&mut child, &retry(asked)) {
        memory.notice = Some(text::statement_copied().into());
        ui.ctx().request_repaint();
    }
}

/// What the examples are of.
fn caption(
    ui: &mut Ui,
    line: Rect,
    contents: &Contents,
    asked: Option<&str>,
    commands: &mut Vec<Command>,
) {
    let tokens = theme::tokens(ui);
    let mut child = ui.new_child(
        UiBuilder::new()
            .max_rect(line)
            .layout(Layout::right_to_left(Align::Center)),
    );
    if asked.is_some() {
        let [word, tip] = text::all_reasons();
        if widgets::link_button(&mut child, word, word, tip).clicked() {
            commands.push(Command::Choose(Choice::Reason(None)));
        }
    }
    if let Some(rows) = contents.rejects.newest_only {
        child.label(
            RichText::new(text::newest_only(rows))
                .small()
                .color(tokens.weak),
        );
    }
    child.with_layout(Layout::left_to_right(Align::Center), |ui| {
        let words = text::examples(asked, contents.rejects.may_see_bytes);
        let words = RichText::new(words).small().color(tokens.weak);
        ui.add(egui::Label::new(words).truncate());
    });
}
