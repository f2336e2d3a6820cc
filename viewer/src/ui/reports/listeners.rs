//! Distinct listeners over 7 and 28 days, new and returning ones, and how many come back.

use super::{
    parts::{Charts, areas, charts, grid},
    tiles::{self, Tile},
};
use crate::{
    calendar::{Day, Grain, Span, format, quantity},
    data::{Finality, STANDARD_ERROR, reports::listeners::Together},
    page::{Command, reports::listeners::Contents},
    ui::{grid::width, inputs::Inputs, memory::Memory, text, theme, widgets},
};
use egui::{Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

/// Shows the report over the whole of `rect`.
pub(super) fn show(
    ui: &mut Ui,
    rect: Rect,
    inputs: &Inputs<'_>,
    contents: &Contents,
    memory: &mut Memory,
    commands: &mut Vec<Command>,
) {
    let page = inputs.page.filter(|_| !contents.charts.is_empty());
    let span = page.map(|page| page.span);
    let Some(span) = span else {
        let below = note(ui, rect, inputs, contents.sheet.has_sums());
        grid(ui, below, &contents.sheet, memory);
        return;
    };
    let (above, upper, lower) = areas(rect, contents.together.is_some());
    if let (Some(above), Some(together)) = (above, contents.together) {
        let events = inputs.data.all();
        let counted = |days: Span<Day>| {
            let slots = Grain::Day.slots(days);
            events.between(slots.first, slots.last).len()
        };
        tiles::show(ui, above, &tiles(&together, counted));
    }
    let states: Vec<Finality> = (0..span.count())
        .map(|index| inputs.data.finality(span.at(index)))
        .collect();
    let of = Charts {
        charts: &contents.charts,
        measure: contents.measure,
        states: &states,
        colors: None,
        begin: None,
        window: contents.window,
        stacked: false,
    };
    charts(ui, upper, inputs, &of, memory, commands);
    grid(ui, lower, &contents.sheet, memory);
}

/// A line above the table: up to which first day retention is known, and that sums of regions count some listeners twice.
/// Returns the part of `rect` below it.
fn note(ui: &Ui, rect: Rect, inputs: &Inputs<'_>, has_sums: bool) -> Rect {
    let Some(span) = inputs.page.map(|page| page.span) else {
        return rect;
    };
    let over = inputs.data.status.watermark.map(Day::of);
    let forms = text::retention_known(over, inputs.data.grain.day(span.first), has_sums);
    let font = theme::font(12.5);
    let fits = |words: &&String| width(ui, words, font.clone()) <= rect.width();
    let words = forms.iter().find(fits).or(forms.last());
    let Some(words) = words else { return rect };
    let tokens = theme::tokens(ui);
    let galley = widgets::elided(ui, words, font, tokens.weak, rect.width());
    let line = Rect::from_min_size(rect.min, vec2(rect.width(), galley.size().y));
    ui.painter().galley(line.min, galley, tokens.weak);
    let response = ui.interact(line, ui.scope_id().with("retention note"), Sense::hover());
    let whole = &forms[0];
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, whole));
    response.on_hover_text(whole);
    Rect::from_min_max(pos2(rect.min.x, line.max.y + 8.0), rect.max)
}

/// Of all regions that are on together, with how exact the estimates are.
/// `counted` says on how many of some days there were events: periods with a gap are not compared.
fn tiles(together: &Together, counted: impl Fn(Span<Day>) -> usize) -> Vec<Tile> {
    let mut tiles: Vec<Tile> = (0..3)
        .map(|at| {
            let (now, before) = (together.now[at], together.before[at]);
            let error = (now as f64 * STANDARD_ERROR).round() as i64;
            let (change, notes) = text::active_change(now, before, together.day, &counted, at);
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
        notes: vec![together.day.short(), String::new()],
        warn: false,
        tip: tip.into(),
    });
    tiles
}
