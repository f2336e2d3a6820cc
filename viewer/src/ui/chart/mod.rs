//! One line chart over days: grid, gaps, the incomplete day, labels at the line's ends, hover and zoom.

#[cfg(test)]
mod agreement;
mod axis;
mod bars;
mod heat;
mod labels;
mod lines;
mod marks;
mod readout;
mod scale;
mod shared;
mod stack;
mod touch;

pub(crate) use heat::show as heatmap;
pub(crate) use lines::symbol;
pub(crate) use shared::{Outcome, Shared, hue, reads_by_key, second_cue};

use super::{
    grid, text,
    theme::{self, Tokens},
    widgets,
};
use crate::page::Chart;
use egui::{Rect, Sense, Stroke, Ui, pos2};
use scale::Scale;
use shared::Plot;

/// Room for the numbers at the left.
const AXIS: f32 = 34.0;

/// Shows a chart over the whole of `rect`.
pub(crate) fn show(
    ui: &mut Ui,
    rect: Rect,
    chart: &Chart,
    shared: &Shared<'_>,
    at: usize,
) -> Outcome {
    let tokens = theme::tokens(ui);
    widgets::paint_card(ui, rect, tokens);
    let inner = rect.shrink(theme::PAD);
    title(ui, inner, chart, shared, tokens);
    let steps = ((inner.height() - 44.0) / 44.0).clamp(3.0, 6.0) as usize;
    let scale = scale_of(chart, shared);
    let values = scale.ticks(steps);
    let left = values
        .iter()
        .map(|value| shared::width(ui, &scale.label(*value)))
        // As wide for all numbers of up to four figures: a chart stays where it is while its numbers grow.
        .fold(AXIS, f32::max)
        + 8.0;
    let right = match shared.stacked {
        true => theme::PAD,
        false => labels::room(ui, chart, inner.width()),
    };
    let area = Rect::from_min_max(
        pos2(inner.min.x + left, inner.min.y + 38.0),
        pos2(inner.max.x - right, inner.max.y - 20.0),
    );
    if area.width() < 40.0 || area.height() < 24.0 {
        return Outcome::default();
    }
    let plot = Plot {
        rect: area,
        slots: shared.span.count(),
        scale,
    };
    let id = ui.scope_id().with(("chart", at));
    let response = ui.interact(area, id, Sense::click_and_drag());
    touch::describe(ui, &response, chart, shared);
    marks::incomplete_slots(ui.painter(), &plot, shared, tokens);
    axis::grid(ui.painter(), &plot, &values, shared, tokens);
    marks::missing_slots(ui.painter(), &plot, chart, shared, tokens);
    if scale != Scale::Share {
        // What they stand for is said of numbers, not of shares.
        marks::late_slots(ui.painter(), &plot, chart, tokens);
    }
    let stacks = match scale {
        Scale::Share => stack::stacks(chart, &plot, shared),
        _ => Vec::new(),
    };
    match scale {
        Scale::Share => {
            stack::paint(ui, &plot, chart, &stacks, shared, tokens);
            marks::lacking_slots(ui.painter(), &plot, chart, shared, tokens);
        }
        _ if shared.stacked => bars::paint(ui, &plot, chart, shared, tokens),
        _ => lines::paint(ui, &plot, chart, shared, tokens),
    }
    match shared.stacked {
        true => labels::nodes(ui, &plot, chart, shared),
        false => labels::paint(ui, &plot, chart, &stacks, shared, tokens, inner.max.x),
    }
    let brush = touch::brush(ui, &response, &plot, shared, tokens);
    let outcome = touch::interact(ui, &response, &plot, shared, brush);
    if let Some(index) = shared.read.and_then(|slot| shared.span.index(slot)) {
        crosshair(ui, &plot, chart, shared, index, tokens);
        let reads = response.hovered() || (response.has_focus() && shared.reads_by_key);
        if reads && !response.dragged() {
            readout::show(ui, &response, &plot, chart, shared, index, None);
        }
    }
    widgets::focus_ring(ui, area.expand(3.0), &response);
    outcome
}

/// The axis of a chart's values.
fn scale_of(chart: &Chart, shared: &Shared<'_>) -> Scale {
    let own = || match shared.stacked {
        true => chart.highest(),
        false => chart.max(shared.compared.is_some(), shared.options.mean),
    };
    let max = shared.top.unwrap_or_else(own);
    match shared.options {
        options if options.share => Scale::Share,
        options if options.log => Scale::log(shared.least.unwrap_or_else(|| chart.least()), max),
        _ => Scale::linear(max, shared.measure),
    }
}

fn title(ui: &Ui, inner: Rect, chart: &Chart, shared: &Shared<'_>, tokens: Tokens) {
    let name = widgets::elided(
        ui,
        text::title(&chart.title),
        theme::bold(14.0),
        tokens.text,
        inner.width() * 0.6,
    );
    let after = inner.min.x + name.size().x + 10.0;
    let baseline = inner.min.y + name.size().y;
    ui.painter().galley(inner.min, name, tokens.text);
    let room = inner.max.x - after;
    let forms = match chart.is_blank() && shared.measure.adds_up() {
        // A sum of nothing that is known would be a false zero.
        true if shared.ended() == 0 => vec![text::no_events_yet_word().to_owned()],
        true => vec![text::no_data().to_owned()],
        false => text::under_title(shared.measure, chart.sum()),
    };
    let same_scale = shared.top.is_some();
    let drawn = text::drawn(shared.grain, shared.options, same_scale, shared.compared);
    let forms = with_options(forms, drawn);
    let fits = |words: &&String| grid::width(ui, words, theme::font(12.0)) <= room;
    let sum = forms.iter().find(fits).or(forms.last());
    let sum = sum.map_or("", String::as_str);
    let sum = widgets::elided(ui, sum, theme::font(12.0), tokens.weak, room);
    ui.painter()
        .galley(pos2(after, baseline - sum.size().y - 1.0), sum, tokens.weak);
}

/// What is below the line, and how it is drawn, which a saved picture has to say, too. Where there is little room, the
/// sum gives way: the figures have it.
fn with_options(forms: Vec<String>, drawn: Option<[String; 2]>) -> Vec<String> {
    let Some([long, short]) = drawn else {
        return forms;
    };
    let mut with: Vec<String> = forms
        .iter()
        .map(|form| format!("{form} · {long}"))
        .collect();
    with.extend(forms.last().map(|form| format!("{form} · {short}")));
    with.extend([long, short]);
    with
}

fn crosshair(
    ui: &Ui,
    plot: &Plot,
    chart: &Chart,
    shared: &Shared<'_>,
    index: usize,
    tokens: Tokens,
) {
    let x = ui.painter().round_to_pixel_center(plot.x(index));
    ui.painter()
        .vline(x, plot.rect.y_range(), Stroke::new(1.0, tokens.weak));
    if plot.scale == Scale::Share || shared.stacked {
        return;
    }
    for line in &chart.lines {
        if let Some(count) = line.counts.get(index) {
            let center = pos2(plot.x(index), plot.y(count.events as f64));
            let color = shared::color(shared, line, tokens);
            ui.painter()
                .circle(center, 3.5, color, Stroke::new(1.5, tokens.surface));
        }
    }
}
