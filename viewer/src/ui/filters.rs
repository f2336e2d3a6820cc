//! The column on the left: which event types and regions are looked at.

use super::{
    icon::{self, Icon},
    inputs::Inputs,
    memory::Memory,
    text, theme, widgets,
};
use crate::{
    calendar::format,
    data::{Measure, filter},
    page::{Command, Line, List, Page, Section, State, View},
};
use egui::{RichText, ScrollArea, TextEdit, Ui, vec2};

/// Whether the view is of anything that can be filtered.
pub(super) fn are_needed(state: &State) -> bool {
    !state.lists().is_empty()
}

pub(super) fn show(
    ui: &mut Ui,
    inputs: &Inputs<'_>,
    memory: &mut Memory,
    commands: &mut Vec<Command>,
) {
    search(ui, memory);
    ui.add_space(6.0);
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| {
            // Room for the focus ring, and for the scroll bar at the right.
            egui::Frame::new()
                .inner_margin(egui::Margin::symmetric(4, 2))
                .show(ui, |ui| {
                    for &list in inputs.state.lists() {
                        ui.scope(|ui| section(ui, inputs, memory, list, commands));
                        ui.add_space(8.0);
                    }
                });
        });
}

fn search(ui: &mut Ui, memory: &mut Memory) {
    let tokens = theme::tokens(ui);
    let edit = TextEdit::singleline(&mut memory.search)
        .hint_text(RichText::new(text::search()[0]).color(tokens.weak))
        .margin(egui::Margin {
            left: 28,
            right: 8,
            top: 5,
            bottom: 5,
        })
        .desired_width(f32::INFINITY);
    let response = ui.add(edit).accessible_name(text::search()[1]);
    let at = egui::Rect::from_center_size(
        response.rect.left_center() + vec2(15.0, 0.0),
        vec2(16.0, 16.0),
    );
    icon::paint(ui.painter(), at, Icon::Search, tokens.weak);
    if std::mem::take(&mut memory.focus_search) {
        response.request_focus();
    }
}

fn section(
    ui: &mut Ui,
    inputs: &Inputs<'_>,
    memory: &mut Memory,
    list: List,
    commands: &mut Vec<Command>,
) {
    let tokens = theme::tokens(ui);
    let title = text::list(list);
    let (names, chosen) = match list {
        List::EventTypes => (&inputs.data.event_types, &inputs.state.event_types),
        List::Regions => (&inputs.data.regions, &inputs.state.regions),
    };
    let on = names.iter().filter(|name| chosen.is_on(name)).count();
    ui.spacing_mut().interact_size.y = 18.0;
    ui.horizontal(|ui| {
        ui.label(RichText::new(title).font(theme::bold(13.0)));
        ui.label(
            RichText::new(text::on_of(on, names.len()))
                .color(tokens.weak)
                .small(),
        );
    });
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 12.0;
        ui.spacing_mut().interact_size = vec2(0.0, 18.0);
        let choices = [
            Command::All(list),
            Command::None(list),
            Command::Invert(list),
        ];
        for (word, command) in text::all_none_invert().into_iter().zip(choices) {
            let name = format!("{title}: {}", word.to_lowercase());
            if widgets::link_button(ui, word, &name, &name).clicked() {
                commands.push(command);
            }
        }
    });
    ui.add_space(2.0);
    let counted = inputs.shown;
    let (sums, places): (&[i64], _) = match (inputs.page, list) {
        (Some(page), List::EventTypes) => (&page.event_type_sums, &counted.event_types),
        (Some(page), List::Regions) => (&page.region_sums, &counted.regions),
        (None, _) => (&[], names),
    };
    let is_known = (inputs.page).is_some_and(|page| counted.has_counts(page.span));
    let colored = inputs.state.view != View::Table && inputs.state.colored() == list;
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut shown = 0;
    for name in names {
        if !filter::matches(name, &memory.search) {
            continue;
        }
        shown += 1;
        let at = places.binary_search(name).ok();
        let sum = at.and_then(|at| sums.get(at)).copied().unwrap_or(0);
        let figure = format::compact(sum as f64);
        let (figure, tip) = match counted.measure {
            // Reports count something else.
            _ if Section::of(inputs.state.view) != Section::Events
                && counted.measure == Measure::Events =>
            {
                (String::new(), String::new())
            }
            // No series has a count on these days, so a zero would be wrong.
            _ if !is_known => ("–".into(), text::no_data().into()),
            // Distinct listeners of several days do not add up.
            Measure::Listeners => (text::a_day(&figure), text::listeners_a_day(name, sum)),
            _ => (figure, text::events_on_screen(name, sum)),
        };
        let shown_name = if name.is_empty() {
            text::empty_name()
        } else {
            name.as_str()
        };
        let row = widgets::CheckRow {
            on: chosen.is_on(name),
            text: shown_name,
            swatch: colored.then(|| match is_joined(inputs.page, name) {
                true => theme::others(tokens.dark),
                false => theme::series(inputs.state.colors(list).slot(name), tokens.dark),
            }),
            figure: &figure,
            name: shown_name.to_owned(),
        };
        let response = row.show(ui);
        let alone = ui.input(|input| input.modifiers.alt);
        if response.clicked() {
            commands.push(if alone {
                Command::Only(list, name.clone())
            } else {
                Command::Toggle(list, name.clone())
            });
        }
        if response.double_clicked() {
            commands.push(Command::Only(list, name.clone()));
        }
        response.on_hover_ui(|ui| {
            if !tip.is_empty() {
                ui.label(tip);
            }
            ui.label(RichText::new(text::alone_tip()).color(tokens.weak).small());
        });
    }
    if shown == 0 {
        ui.label(
            RichText::new(text::no_such_name())
                .color(tokens.weak)
                .small(),
        );
    }
}

/// Whether a name has no line of its own, because several names share one.
fn is_joined(page: Option<&Page>, name: &str) -> bool {
    let lines = || {
        let charts = page.into_iter().flat_map(|page| &page.charts);
        charts.flat_map(|chart| &chart.lines)
    };
    let is_own = |line: &Line| line.others == 0 && line.color_name == name;
    lines().any(|line| line.others > 0) && !lines().any(is_own)
}
