//! The tabs, and below them the charts and the tables.

use super::{
    chart, empty_state, figures, grid, inputs::Inputs, memory::Memory, options, reports, table,
    text, theme, widgets,
};
use crate::{
    calendar::{Grain, Span},
    data::Measure,
    page::{Chart, Command, Drawing, Page, Section, Split, View},
};
use egui::{Align, Frame, Layout, Margin, Panel, Popup, Rect, RichText, Sense, Ui, vec2};

const LOWEST_CHART: f32 = 140.0;
/// The same where there is no room for tables: lines that are 100 points high, at least.
const LOWEST_CHART_ALONE: f32 = 184.0;
/// Charts and tables share at least this; of less, charts have all.
const LOWEST_WITH_TABLES: f32 = 306.0;
/// Width of the compare button, with room for longer languages.
const COMPARE_WIDTH: f32 = 130.0;
/// What is left beside the compare button where there is room for it.
const SLACK: f32 = 16.0;
/// Room for “Show all” and the gaps between the tabs.
const LINKS: f32 = 90.0;
const LOWEST_TABLES: f32 = 132.0;

pub(super) fn show(
    ui: &mut Ui,
    inputs: &Inputs<'_>,
    page: &Page,
    memory: &mut Memory,
    commands: &mut Vec<Command>,
) {
    if reports::is_shown(inputs.state) {
        reports::show(ui, inputs, memory, commands);
        return;
    }
    if let Some(blank) = empty_state::of(inputs, page) {
        let rect = ui.available_rect_before_wrap();
        empty_state::show(ui, rect, &blank);
        return;
    }
    if inputs.state.view == View::Table {
        let rect = ui.available_rect_before_wrap();
        table::show(ui, rect, inputs, page, memory, commands);
        return;
    }
    let all = ui.available_rect_before_wrap();
    // Of a low window the charts are the page; the rows have a tab of their own.
    if all.height() < LOWEST_WITH_TABLES {
        charts(ui, all, LOWEST_CHART_ALONE, inputs, page, memory, commands);
        ui.allocate_rect(all, Sense::hover());
        return;
    }
    let usual = (all.height() * 0.36).clamp(LOWEST_TABLES, 330.0);
    // Its upper edge can be dragged.
    Panel::bottom("tables")
        .resizable(true)
        .default_size(usual)
        .size_range(LOWEST_TABLES..=(all.height() - LOWEST_CHART).max(LOWEST_TABLES))
        .frame(Frame::new().inner_margin(Margin {
            top: theme::GAP as i8,
            ..Margin::ZERO
        }))
        .show_separator_line(false)
        .show(ui, |ui| {
            let below = ui.available_rect_before_wrap();
            tables(ui, below, inputs, page, memory, commands);
            ui.allocate_rect(below, Sense::hover());
        });
    let above = ui.available_rect_before_wrap();
    charts(ui, above, LOWEST_CHART, inputs, page, memory, commands);
    ui.allocate_rect(above, Sense::hover());
}

/// The legend and the metrics table, beside each other where there is room for both.
fn tables(
    ui: &mut Ui,
    below: Rect,
    inputs: &Inputs<'_>,
    page: &Page,
    memory: &mut Memory,
    commands: &mut Vec<Command>,
) {
    let figures_width = match inputs.state.figures_folded {
        _ if below.width() < 740.0 || page.charts.is_empty() => 0.0,
        true => figures::FOLDED,
        false => ((below.width() - theme::GAP) / 2.0).round(),
    };
    let mut right = below;
    if figures_width > 0.0 {
        let left = Rect::from_min_size(below.min, vec2(figures_width, below.height()));
        figures::show(ui, left, inputs, page, memory, commands);
        right.min.x = left.max.x + theme::GAP;
    }
    table::show(ui, right, inputs, page, memory, commands);
}

/// Sections, views and choices: in one line, or in two.
pub(super) fn tabs(
    ui: &mut Ui,
    inputs: &Inputs<'_>,
    page: &Page,
    memory: &mut Memory,
    commands: &mut Vec<Command>,
) {
    let view = inputs.state.view;
    let section = Section::of(view);
    let width = ui.available_width();
    let is_wide = width > 1000.0;
    let is_report = reports::is_shown(inputs.state);
    let has_choices = !matches!(view, View::Pipeline | View::Rejects);
    // Where the choices do not fit beside the tabs, they get a line of their own.
    let sections = widgets::segments_width(ui, Section::ALL.map(text::section));
    let views = widgets::segments_width(ui, section.views().iter().map(|&view| text::view(view)));
    let choices_width = options::width(ui, inputs) + compare_width(ui, page) + LINKS;
    let needed = sections + views + choices_width;
    let beside = section == Section::Events && width > needed;
    // Events have a menu of options, too, while there is nothing to compare.
    let has_more = section == Section::Events || inputs.state.no_effect(Drawing::Compare).is_none();
    let has_before = has_before(inputs, page, memory);
    let mut has_place = false;
    let mut second = |ui: &mut Ui, commands: &mut Vec<Command>| {
        let views = section.views();
        if views.len() > 1 {
            let words = || views.iter().map(|&view| text::view(view));
            let needed = widgets::segments_width(ui, words()) + options::width(ui, inputs);
            if !is_wide && needed > ui.available_width() {
                view_menu(ui, views, view, commands);
            } else {
                let options = views.iter().zip(words());
                let options = options.map(|(&view, word)| (view, word, word.to_owned()));
                // As wide in one line as in two: tabs stay where they are.
                let room = widgets::segments_width(ui, words()).min(ui.available_width());
                if let Some(view) = widgets::segments_within(ui, room, view, options) {
                    commands.push(Command::Show(view));
                }
            }
        }
        reports::tabs::choices(ui, inputs, commands);
        has_place = match section {
            Section::Events => beside || !is_wide,
            _ => {
                let buckets = match inputs.state.no_effect(Drawing::Bucket) {
                    None => options::buckets_width(ui),
                    Some(_) => 0.0,
                };
                ui.available_width() > compare_width(ui, page) + buckets - SLACK
            }
        };
        if has_place {
            choices(ui, inputs, page, has_before, commands);
        }
    };
    ui.horizontal(|ui| {
        let room = sections.min(ui.available_width());
        reports::tabs::sections(ui, room, inputs.state, memory, commands);
        if is_wide {
            ui.add_space(8.0);
            second(ui, commands);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if !is_report {
                drill(ui, inputs, page, commands);
            }
            // The way to a day has its own way back, on the line of the dates.
            let is_drilled = inputs.state.drilled.is_some();
            if page.span != page.full && view != View::Pipeline && !is_drilled {
                let tip = text::show_all_tip();
                if widgets::link_button(ui, text::show_all(), text::show_all(), tip).clicked() {
                    commands.push(Command::ResetZoom);
                }
            }
        });
    });
    if !is_wide && has_choices {
        ui.horizontal(|ui| second(ui, commands));
    }
    if !has_place && has_choices && has_more {
        ui.horizontal(|ui| choices(ui, inputs, page, has_before, commands));
    }
}

/// The views of a section as a menu, where there is no room for them side by side.
fn view_menu(ui: &mut Ui, views: &[View], current: View, commands: &mut Vec<Command>) {
    let [name, tip] = text::view_menu(current);
    let button = widgets::menu_button(ui, text::view(current), &name, &tip);
    Popup::menu(&button).width(200.0).show(|ui| {
        for &view in views {
            let key = View::ALL.iter().position(|other| *other == view);
            let key = key.and_then(|at| text::VIEW_KEYS.get(at));
            if widgets::menu_item(ui, text::view(view), key.copied().unwrap_or_default()).clicked()
            {
                commands.push(Command::Show(view));
                ui.close();
            }
        }
    });
}

/// What a line stands for as a menu, where there is no room for the choices side by side.
fn split_menu(ui: &mut Ui, current: Split, commands: &mut Vec<Command>) {
    let name = text::split_title(current);
    let button = widgets::menu_button(ui, text::split(current), &name, &name);
    Popup::menu(&button).width(160.0).show(|ui| {
        for split in Split::ALL {
            if widgets::menu_item(ui, text::split(split), "").clicked() {
                commands.push(Command::SplitBy(split));
                ui.close();
            }
        }
    });
}

/// How wide the button that compares is.
fn compare_width(ui: &Ui, page: &Page) -> f32 {
    let before = page.grain.between(before(page));
    let [word, ..] = text::compare_with(&before, false);
    grid::width(ui, &word, theme::bold(12.5)) + 40.0
}

/// One step closer to what the cursor is on.
fn drill(ui: &mut Ui, inputs: &Inputs<'_>, page: &Page, commands: &mut Vec<Command>) {
    let state = inputs.state;
    let listeners = page.measure == Measure::Listeners;
    if let Some(slot) = state
        .cursor
        .filter(|slot| page.span.contains(*slot) && !listeners)
    {
        let words = match page.grain {
            Grain::Minute { .. } if page.span.count() > 60 => {
                text::hour_of(&page.grain.short(slot))
            }
            Grain::Minute { .. } => text::events_of(&page.grain.short(slot)),
            days => text::minutes_of(&days.short(slot)),
        };
        if widgets::link_button(ui, &words, &words, text::drill_tip()).clicked() {
            commands.push(Command::DrillInto(slot));
        }
    }
}

/// What a line stands for, and whether the days before are drawn.
fn choices(
    ui: &mut Ui,
    inputs: &Inputs<'_>,
    page: &Page,
    has_before: bool,
    commands: &mut Vec<Command>,
) {
    let tokens = theme::tokens(ui);
    let compares = inputs.state.no_effect(Drawing::Compare).is_none();
    let reserved = if compares {
        compare_width(ui, page)
    } else {
        0.0
    };
    options::show(ui, inputs, reserved, commands);
    if matches!(inputs.state.view, View::Overlay | View::Live) {
        if ui.available_width() > 640.0 {
            ui.add_space(8.0);
            ui.label(RichText::new(text::line_for_each()).color(tokens.weak));
        }
        let options = Split::ALL.map(|split| {
            let word = text::split(split);
            (split, word, text::split_title(split))
        });
        if widgets::segments_width(ui, Split::ALL.map(text::split)) <= ui.available_width() {
            if let Some(split) = widgets::segments(ui, inputs.state.split, options) {
                commands.push(Command::SplitBy(split));
            }
        } else {
            split_menu(ui, inputs.state.split, commands);
        }
    }
    if !compares {
        return;
    }
    // Where there is no room for it, the menu of options has it. Reports have no such menu, and a line for it.
    let has_menu = Section::of(inputs.state.view) == Section::Events;
    if has_menu && ui.available_width() < reserved.min(COMPARE_WIDTH + SLACK) - SLACK {
        return;
    }
    let before = page.grain.between(before(page));
    let means = inputs.state.drawn().mean;
    let [word, name, tip, pale] = text::compare_with(&before, means);
    if widgets::toggle(ui, inputs.state.compare, &word, &name, &tip).clicked() {
        commands.push(Command::ToggleCompare);
    }
    if inputs.state.compare && ui.available_width() > 460.0 {
        let words = match has_before {
            true => pale,
            false => text::no_data_in(&before),
        };
        ui.label(RichText::new(words).small().color(tokens.weak));
    }
}

/// The slots that are compared with.
fn before(page: &Page) -> Span {
    page.span.plus(-page.comparison.shift)
}

/// Whether there is anything in the slots that are compared with. While they are read, it is assumed.
fn has_before(inputs: &Inputs<'_>, page: &Page, memory: &Memory) -> bool {
    match reports::is_shown(inputs.state) {
        true => memory
            .reports
            .has_before(page.grain.days(before(page)).first),
        false => page.charts.iter().any(Chart::has_before),
    }
}

fn charts(
    ui: &mut Ui,
    area: Rect,
    lowest: f32,
    inputs: &Inputs<'_>,
    page: &Page,
    memory: &mut Memory,
    commands: &mut Vec<Command>,
) {
    if page.charts.is_empty() {
        nothing_chosen(ui, area);
        return;
    }
    let cursor = inputs.state.cursor.filter(|slot| page.span.contains(*slot));
    let highlight = memory.highlight.take();
    let same_scale = inputs.state.drawn().same_scale && page.charts.len() > 1;
    let compare = inputs.state.compares() && page.charts.iter().any(Chart::has_before);
    let means = inputs.state.drawn().mean;
    let largest = page
        .charts
        .iter()
        .map(|chart| chart.max(compare, means))
        .max();
    let least = page.charts.iter().map(|chart| chart.least()).min();
    let shared = chart::Shared {
        span: page.span,
        states: &page.states,
        grain: page.grain,
        measure: page.measure,
        window: 1,
        begin: match inputs.data.day_bounds() {
            Some(bounds) if !page.grain.is_minute() => page.grain.slot(bounds.first),
            _ => page.span.first,
        },
        options: inputs.state.drawn(),
        stacked: false,
        top: largest.filter(|_| same_scale),
        least: least.filter(|_| same_scale),
        colors: inputs.state.colors(inputs.state.colored()),
        read: memory
            .hovered
            .filter(|slot| page.span.contains(*slot))
            .or(cursor),
        reads_by_key: chart::reads_by_key(ui, memory.hovered),
        compared: compare.then_some(page.comparison.shift),
        highlight: highlight.as_deref(),
    };
    if inputs.state.view == View::Heatmap {
        let outcome = chart::heatmap(ui, area, &page.charts[0], &shared);
        memory.focused_chart = outcome.focused;
        memory.highlight = outcome.highlight;
        commands.extend(outcome.command);
        if memory.hovered != outcome.hovered {
            memory.hovered = outcome.hovered;
            ui.ctx().request_repaint();
        }
        return;
    }
    let count = page.charts.len();
    let columns = columns(count, area.width(), area.height(), lowest);
    let rows = count.div_ceil(columns);
    let room = (area.height() + theme::GAP) / rows as f32 - theme::GAP;
    let size = vec2(
        (area.width() + theme::GAP) / columns as f32 - theme::GAP,
        room.max(lowest.min(area.height())),
    );
    let (mut hovered, mut focused) = (None, None);
    let scrolls = room < size.y;
    let mut place = |ui: &mut Ui, origin: egui::Pos2| {
        for (at, chart) in page.charts.iter().enumerate() {
            let column = (at % columns) as f32 * (size.x + theme::GAP);
            let row = (at / columns) as f32 * (size.y + theme::GAP);
            let rect = Rect::from_min_size(origin + vec2(column, row), size);
            if !ui.is_rect_visible(rect) {
                continue;
            }
            let outcome = chart::show(ui, rect, chart, &shared, at);
            hovered = hovered.or(outcome.hovered);
            focused = focused.or(outcome.focused);
            commands.extend(outcome.command);
        }
    };
    if scrolls {
        let mut child = ui.new_child(egui::UiBuilder::new().max_rect(area));
        egui::ScrollArea::vertical()
            .auto_shrink([false, false])
            .show(&mut child, |ui| {
                let height = rows as f32 * (size.y + theme::GAP) - theme::GAP;
                let (rect, _) =
                    ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
                place(ui, rect.min);
            });
    } else {
        place(ui, area.min);
    }
    memory.focused_chart = focused;
    if memory.hovered != hovered {
        memory.hovered = hovered;
        ui.ctx().request_repaint();
    }
}

/// As many columns as make charts that are somewhat wider than high, all of them in view if that can be.
fn columns(count: usize, width: f32, height: f32, lowest: f32) -> usize {
    let distance = |columns: usize| {
        let rows = count.div_ceil(columns);
        let empty = (rows * columns - count) as f32;
        let room = height / rows as f32;
        let aspect = (width / columns as f32) / room.max(lowest);
        let hidden = if room < lowest && rows > 1 { 1.5 } else { 0.0 };
        (aspect / 1.8).ln().abs() + empty * 0.5 + hidden
    };
    (1..=count.clamp(1, 6))
        .filter(|&columns| columns == 1 || width / columns as f32 > 230.0)
        .min_by(|&a, &b| distance(a).total_cmp(&distance(b)))
        .unwrap_or(1)
}

fn nothing_chosen(ui: &mut Ui, area: Rect) {
    let tokens = theme::tokens(ui);
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(area));
    widgets::card(tokens).show(&mut child, |ui| {
        ui.set_min_size(ui.available_size());
        ui.vertical_centered(|ui| {
            ui.add_space(ui.available_height() * 0.4);
            ui.label(RichText::new(text::nothing_on()).font(theme::bold(15.0)));
            ui.label(RichText::new(text::switch_on()).color(tokens.weak));
        });
    });
}

#[cfg(test)]
mod tests {
    use super::{LOWEST_CHART, columns};

    #[test]
    fn charts_keep_a_good_shape() {
        let columns = |count, width, height| columns(count, width, height, LOWEST_CHART);
        assert_eq!(columns(1, 1200.0, 500.0), 1);
        assert_eq!(columns(3, 1300.0, 420.0), 3);
        assert_eq!(columns(6, 1300.0, 520.0), 3);
        assert_eq!(columns(3, 500.0, 800.0), 1);
    }
}
