//! All series of one day, largest first.

use super::{Frame, Layout, color};
use crate::{
    model::{data::Measure, day::Day, format, panel::Panel, stats::Count},
    ui::{text, theme},
};
use egui::{Align, Layout as UiLayout, Response, RichText, Sense, Tooltip, Ui, pos2, vec2};

const MOST: usize = 14;

/// Shows the day's numbers beside the crosshair.
pub(super) fn show(
    ui: &Ui,
    response: &Response,
    layout: &Layout,
    panel: &Panel,
    frame: &Frame<'_>,
    index: usize,
) {
    let tokens = theme::tokens(ui);
    let y = response
        .hover_pos()
        .map_or(layout.plot.min.y + 8.0, |at| at.y);
    let at = pos2(layout.x(index) + 14.0, y + 8.0);
    let id = response.id.with("readout");
    Tooltip::always_open(ui.ctx().clone(), response.layer_id, id, at).show(|ui| {
        ui.spacing_mut().item_spacing = vec2(8.0, 3.0);
        ui.spacing_mut().interact_size.y = 16.0;
        let day = frame.span.day(index);
        let ranking = panel.ranking(index);
        let counts: Vec<Count> = ranking.iter().filter_map(|(_, count)| *count).collect();
        let state = match frame.states[index] {
            state if state.is_complete() && counts.is_empty() => text::no_data(frame.grain),
            state => text::day_state(state),
        };
        ui.horizontal(|ui| {
            ui.label(RichText::new(frame.grain.long(day)).font(theme::bold(13.0)));
            ui.label(RichText::new(state).color(tokens.weak).small());
        });
        ui.label(
            RichText::new(text::title(&panel.title))
                .color(tokens.weak)
                .small(),
        );
        ui.add_space(3.0);
        let total = sum(&counts);
        let adds_up = frame.measure == Measure::Events;
        for (line, count) in ranking.iter().take(MOST) {
            let value = value(*count, frame);
            let share = match (count, line.before.get(index)) {
                (Some(count), Some(before)) if frame.compared.is_some() => {
                    let change =
                        (count.events as f64 - before.events as f64) / before.events as f64;
                    if before.events > 0 {
                        format::percent(change)
                    } else {
                        String::new()
                    }
                }
                (Some(count), _) if frame.compared.is_none() && adds_up && total.events > 0 => {
                    format!("{:.0} %", count.events as f64 / total.events as f64 * 100.0)
                }
                _ => String::new(),
            };
            row(
                ui,
                Some(color(frame, line, tokens)),
                &line.name,
                &value,
                &share,
            );
        }
        if ranking.len() > MOST {
            let more = text::and_more(ranking.len() - MOST);
            ui.label(RichText::new(more).color(tokens.weak).small());
        }
        if counts.len() > 1 && adds_up {
            ui.add_space(2.0);
            row(
                ui,
                None,
                text::all_of_these(),
                &format::grouped(total.events),
                "",
            );
        }
        if let Some(days) = frame.compared {
            let against = frame.grain.long(day.plus(-days));
            let words = text::change_against(&against);
            ui.label(RichText::new(words).color(tokens.weak).small());
        }
        if total.late_events > 0 {
            row(
                ui,
                None,
                text::late_among_them(),
                &format::grouped(total.late_events),
                "",
            );
        }
    });
}

fn row(ui: &mut Ui, color: Option<egui::Color32>, name: &str, value: &str, share: &str) {
    let tokens = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.set_width(264.0);
        let (dot, _) = ui.allocate_exact_size(vec2(9.0, 9.0), Sense::hover());
        if let Some(color) = color {
            ui.painter().circle_filled(dot.center(), 4.0, color);
        }
        ui.add(egui::Label::new(name).truncate());
        ui.with_layout(UiLayout::right_to_left(Align::Center), |ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(46.0, 15.0), Sense::hover());
            ui.painter().text(
                rect.right_center(),
                egui::Align2::RIGHT_CENTER,
                share,
                theme::font(11.5),
                tokens.weak,
            );
            ui.label(RichText::new(value).font(theme::bold(13.0)));
        });
    });
}

/// One series' number of the day: exact, and no zero where there is none.
fn value(count: Option<Count>, frame: &Frame<'_>) -> String {
    count.map_or(text::no_data(frame.grain).into(), |count| {
        format::grouped(count.events)
    })
}

fn sum(counts: &[Count]) -> Count {
    counts
        .iter()
        .fold(Count::default(), |sum, count| sum.plus(*count))
}

/// The same as a sentence, for screen readers.
pub(super) fn sentence(panel: &Panel, frame: &Frame<'_>, day: Day, index: usize) -> String {
    let values: Vec<String> = panel
        .ranking(index)
        .into_iter()
        .map(|(line, count)| match count {
            Some(count) if count.late_events > 0 => {
                let number = value(Some(count), frame);
                let words = text::late_of(&number, count.late_events);
                format!("{} {words}", line.name)
            }
            count => format!("{} {}", line.name, value(count, frame)),
        })
        .collect();
    format!(
        "{}, {}: {}",
        frame.grain.long(day),
        text::day_state(frame.states[index]),
        values.join("; ")
    )
}
