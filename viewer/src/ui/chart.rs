//! One line chart over days: grid, gaps, the incomplete day, labels at the line's ends, hover and zoom.

#[cfg(test)]
mod agreement;
mod heat;
mod labels;
mod lines;
mod readout;

use super::{
    text,
    theme::{self, Tokens},
    widgets,
};
use crate::{
    model::{
        data::{DayState, Measure},
        day::Day,
        format,
        grain::Grain,
        palette::{self, Palette},
        panel::{Line, Panel},
        span::Span,
        ticks,
    },
    state::Command,
};
use egui::{
    Align2, Color32, CursorIcon, EventFilter, Painter, Pos2, Rect, Response, Sense, Stroke, Ui,
    WidgetInfo, accesskit::Role, pos2, vec2,
};

/// Room for the numbers at the left.
const AXIS: f32 = 34.0;

/// What all charts of a view share.
pub(crate) struct Frame<'a> {
    /// What a day is.
    pub(crate) grain: Grain,
    /// What is counted.
    pub(crate) measure: Measure,
    /// The days on screen.
    pub(crate) span: Span,
    /// What can be said about each of them.
    pub(crate) states: &'a [DayState],
    /// The first day with any row: before it, nothing is missing.
    pub(crate) begin: Day,
    /// The source's clock, as the zone reads it.
    pub(crate) now: i64,
    /// The day, or minute, of that clock.
    pub(crate) today: Day,
    /// Colours of names.
    pub(crate) palette: &'a Palette,
    /// The day that is read: under the pointer, or the keyboard's.
    pub(crate) day: Option<Day>,
    /// By how many days to go back for the days to compare with, if they are drawn.
    pub(crate) compared: Option<i32>,
    /// The series to stand out.
    pub(crate) highlight: Option<&'a str>,
}

pub(crate) use heat::show as heatmap;

/// What came of showing a chart.
#[derive(Default)]
pub(crate) struct Outcome {
    /// The day under the pointer.
    pub(crate) hovered: Option<Day>,
    /// What the user asked for.
    pub(crate) command: Option<Command>,
    /// The series under the pointer, by its full name.
    pub(crate) highlight: Option<String>,
    /// The chart, if it has the keyboard.
    pub(crate) focused: Option<egui::Id>,
}

/// Where things are.
#[derive(Clone, Copy)]
struct Layout {
    plot: Rect,
    days: usize,
    top: f64,
}

impl Layout {
    /// The middle of a day.
    fn x(&self, index: usize) -> f32 {
        self.edge(index) + self.plot.width() / self.days as f32 / 2.0
    }

    /// The start of a day.
    fn edge(&self, index: usize) -> f32 {
        self.plot.min.x + self.plot.width() * index as f32 / self.days as f32
    }

    fn y(&self, value: f64) -> f32 {
        self.plot.max.y - self.plot.height() * (value / self.top) as f32
    }

    fn index(&self, x: f32) -> usize {
        let share = (x - self.plot.min.x) / self.plot.width();
        ((share * self.days as f32).floor().max(0.0) as usize).min(self.days - 1)
    }
}

/// Shows a chart over the whole of `rect`.
pub(crate) fn show(
    ui: &mut Ui,
    rect: Rect,
    panel: &Panel,
    frame: &Frame<'_>,
    at: usize,
) -> Outcome {
    let tokens = theme::tokens(ui);
    ui.painter().rect(
        rect,
        f32::from(theme::CARD_RADIUS),
        tokens.surface,
        Stroke::new(1.0, tokens.border),
        egui::StrokeKind::Inside,
    );
    let inner = rect.shrink(theme::PAD);
    title(ui, inner, panel, frame, tokens);
    let steps = ((inner.height() - 44.0) / 44.0).clamp(2.0, 6.0) as usize;
    let values = ticks::values(panel.max(frame.compared.is_some()), steps);
    let left = values
        .iter()
        .map(|value| width(ui, &format::compact(*value)))
        // As wide for all numbers of up to four figures: a chart stays where it is while its numbers grow.
        .fold(AXIS, f32::max)
        + 8.0;
    let right = labels::room(ui, panel, inner.width());
    let plot = Rect::from_min_max(
        pos2(inner.min.x + left, inner.min.y + 38.0),
        pos2(inner.max.x - right, inner.max.y - 20.0),
    );
    if plot.width() < 40.0 || plot.height() < 24.0 {
        return Outcome::default();
    }
    let top = values.last().copied().unwrap_or(1.0);
    let layout = Layout {
        plot,
        days: frame.span.days(),
        top,
    };
    let id = ui.scope_id().with(("chart", at));
    let response = ui.interact(plot, id, Sense::click_and_drag());
    describe(ui, &response, panel, frame);
    incomplete_days(ui.painter(), &layout, frame, tokens);
    grid(ui.painter(), &layout, &values, frame, tokens);
    missing_days(ui.painter(), &layout, panel, frame, tokens);
    late_days(ui.painter(), &layout, panel, tokens);
    lines::paint(ui, &layout, panel, frame, tokens);
    labels::paint(ui, &layout, panel, frame, tokens, inner.max.x);
    let brush = brush(ui, &response, &layout, frame, tokens);
    let outcome = interact(ui, &response, &layout, frame, brush);
    if let Some(index) = frame.day.and_then(|day| frame.span.index(day)) {
        crosshair(ui, &layout, panel, frame, index, tokens);
        let reads = response.hovered() || (response.has_focus() && outcome.hovered.is_none());
        if reads && !response.dragged() {
            readout::show(ui, &response, &layout, panel, frame, index);
        }
    }
    widgets::focus_ring(ui, plot.expand(3.0), &response);
    outcome
}

fn width(ui: &Ui, label: &str) -> f32 {
    ui.painter()
        .layout_no_wrap(label.into(), theme::font(11.0), Color32::WHITE)
        .size()
        .x
}

fn title(ui: &Ui, inner: Rect, panel: &Panel, frame: &Frame<'_>, tokens: Tokens) {
    let name = widgets::elided(
        ui,
        text::title(&panel.title),
        theme::bold(14.0),
        tokens.text,
        inner.width() * 0.6,
    );
    let after = inner.min.x + name.size().x + 10.0;
    let baseline = inner.min.y + name.size().y;
    ui.painter().galley(inner.min, name, tokens.text);
    let sum = match frame.measure {
        Measure::Events => text::events(panel.sum()),
        Measure::Listeners => text::listeners_note(),
    };
    let sum = widgets::elided(
        ui,
        &sum,
        theme::font(12.0),
        tokens.weak,
        inner.max.x - after,
    );
    ui.painter()
        .galley(pos2(after, baseline - sum.size().y - 1.0), sum, tokens.weak);
}

/// Name and text for screen readers; the keyboard's day is read out as it moves.
fn describe(ui: &Ui, response: &Response, panel: &Panel, frame: &Frame<'_>) {
    let days = frame.grain.between(frame.span.first, frame.span.last);
    let name = text::chart(text::title(&panel.title), &days, panel.lines.len());
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &name));
    let reading = frame
        .day
        .and_then(|day| Some((day, frame.span.index(day)?)))
        .map(|(day, index)| readout::sentence(panel, frame, day, index));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_description(reading.unwrap_or_else(|| text::chart_hint().to_owned()));
    });
    ui.memory_mut(|memory| {
        memory.set_focus_lock_filter(
            response.id,
            EventFilter {
                horizontal_arrows: true,
                vertical_arrows: false,
                tab: false,
                escape: false,
            },
        );
    });
}

fn incomplete_days(painter: &Painter, layout: &Layout, frame: &Frame<'_>, tokens: Tokens) {
    let Some(first) = frame.states.iter().position(|state| !state.is_complete()) else {
        return;
    };
    let band = Rect::from_x_y_ranges(
        layout.edge(first)..=layout.plot.max.x,
        layout.plot.y_range(),
    );
    painter.rect_filled(band, 2.0, tokens.shade);
    let is_today = frame.span.last == frame.today;
    let label = text::incomplete(frame.states[first], is_today.then_some(frame.now));
    painter.text(
        pos2(layout.plot.max.x, layout.plot.min.y - 2.0),
        Align2::RIGHT_BOTTOM,
        label,
        theme::font(10.5),
        tokens.accent,
    );
}

/// Days before today on which no series has a row.
fn missing_days(
    painter: &Painter,
    layout: &Layout,
    panel: &Panel,
    frame: &Frame<'_>,
    tokens: Tokens,
) {
    let is_missing = |index: &usize| {
        frame.states[*index] != DayState::SoFar && frame.span.day(*index) >= frame.begin
    };
    for blank in &panel.blank {
        let Some(start) = blank.clone().find(is_missing) else {
            continue;
        };
        let end = start + (start..blank.end).take_while(is_missing).count();
        let band =
            Rect::from_x_y_ranges(layout.edge(start)..=layout.edge(end), layout.plot.y_range());
        hatch(painter, band, tokens);
        if band.width() > 52.0 {
            pill(
                painter,
                band.center(),
                text::no_data(frame.grain),
                tokens.weak,
                tokens.surface,
            );
        }
    }
}

/// A word on its own ground, so that lines do not run through it.
fn pill(painter: &Painter, center: Pos2, words: &str, ink: Color32, ground: Color32) {
    let galley = painter.layout_no_wrap(words.into(), theme::font(11.0), ink);
    let rect = Rect::from_center_size(center, galley.size() + vec2(10.0, 4.0));
    painter.rect_filled(rect, 4.0, ground);
    painter.galley(rect.min + vec2(5.0, 2.0), galley, ink);
}

fn hatch(painter: &Painter, band: Rect, tokens: Tokens) {
    let painter = painter.with_clip_rect(band);
    let stroke = Stroke::new(1.0, tokens.surface.lerp_to_gamma(tokens.weak, 0.3));
    let mut x = band.min.x - band.height();
    while x < band.max.x {
        painter.line_segment(
            [pos2(x, band.max.y), pos2(x + band.height(), band.min.y)],
            stroke,
        );
        x += 7.0;
    }
}

fn grid(painter: &Painter, layout: &Layout, values: &[f64], frame: &Frame<'_>, tokens: Tokens) {
    for &value in values {
        let y = painter.round_to_pixel_center(layout.y(value));
        let color = if value == 0.0 {
            tokens.border
        } else {
            tokens.grid
        };
        painter.hline(layout.plot.x_range(), y, Stroke::new(1.0, color));
        painter.text(
            pos2(layout.plot.min.x - 8.0, y),
            Align2::RIGHT_CENTER,
            format::compact(value),
            theme::font(11.0),
            tokens.weak,
        );
    }
    day_axis(painter, layout, frame, tokens);
}

fn day_axis(painter: &Painter, layout: &Layout, frame: &Frame<'_>, tokens: Tokens) {
    let day_width = layout.plot.width() / layout.days as f32;
    let mut free_from = layout.plot.min.x - 24.0;
    for tick in ticks::pieces(frame.grain, frame.span, 58.0 / day_width) {
        let Some(index) = frame.span.index(tick.day) else {
            continue;
        };
        let x = painter.round_to_pixel_center(layout.x(index));
        painter.vline(
            x,
            layout.plot.max.y..=layout.plot.max.y + 4.0,
            Stroke::new(1.0, tokens.border),
        );
        let galley = painter.layout_no_wrap(tick.label, theme::font(11.0), tokens.weak);
        let half = galley.size().x / 2.0;
        if x - half < free_from || x + half > layout.plot.max.x + 30.0 {
            continue;
        }
        free_from = x + half + 8.0;
        painter.galley(pos2(x - half, layout.plot.max.y + 6.0), galley, tokens.weak);
    }
}

/// A small mark on the base line of each day with late events.
fn late_days(painter: &Painter, layout: &Layout, panel: &Panel, tokens: Tokens) {
    let mut next = panel.late_from(0);
    while let Some(index) = next {
        let tip = pos2(layout.x(index), layout.plot.max.y - 4.5);
        // Not those on top of it, of which there may be thousands.
        next = panel.late_from((index + 1).max(layout.index(tip.x + 2.0)));
        let points = vec![tip, tip + vec2(3.2, 4.5), tip + vec2(-3.2, 4.5)];
        painter.add(egui::Shape::convex_polygon(
            points,
            tokens.warn,
            Stroke::NONE,
        ));
    }
}

fn crosshair(
    ui: &Ui,
    layout: &Layout,
    panel: &Panel,
    frame: &Frame<'_>,
    index: usize,
    tokens: Tokens,
) {
    let x = ui.painter().round_to_pixel_center(layout.x(index));
    ui.painter()
        .vline(x, layout.plot.y_range(), Stroke::new(1.0, tokens.weak));
    for line in &panel.lines {
        if let Some(count) = line.counts.get(index) {
            let center = pos2(layout.x(index), layout.y(count.events as f64));
            let color = color(frame, line, tokens);
            ui.painter()
                .circle(center, 3.5, color, Stroke::new(1.5, tokens.surface));
        }
    }
}

/// The colour of a line; pale while another one is to stand out.
fn color(frame: &Frame<'_>, line: &Line, tokens: Tokens) -> Color32 {
    let color = theme::series(frame.palette.slot(&line.color_name), tokens.dark);
    let other = frame
        .highlight
        .is_some_and(|name| name != line.full_name && name != line.name);
    if other {
        tokens.surface.lerp_to_gamma(color, 0.25)
    } else {
        color
    }
}

/// The second cue where a hue stands for more than one line: 0 is none.
fn cue(frame: &Frame<'_>, line: &Line) -> usize {
    line.marker + palette::cycle(frame.palette.slot(&line.color_name))
}

/// The days that are being dragged over, painted. They are remembered as days: numbers that arrive meanwhile,
/// and the end of the drag, at which the toolkit has forgotten its beginning, change nothing about them.
fn brush(
    ui: &Ui,
    response: &Response,
    layout: &Layout,
    frame: &Frame<'_>,
    tokens: Tokens,
) -> Option<Span> {
    let span = frame.span;
    let id = response.id.with("brush");
    let day_at = |at: Pos2| span.day(layout.index(at.x)).0;
    let origin = ui.input(|input| input.pointer.press_origin());
    let known: Option<(i32, i32)> = match origin.filter(|_| response.drag_started()) {
        Some(at) => Some((day_at(at), day_at(at))),
        None => ui.data(|data| data.get_temp(id)),
    };
    let (start, last) = known?;
    if !(response.dragged() || response.drag_stopped()) {
        ui.data_mut(|data| data.remove_temp::<(i32, i32)>(id));
        return None;
    }
    let end = response.interact_pointer_pos().map_or(last, day_at);
    ui.data_mut(|data| data.insert_temp(id, (start, end)));
    let days = Span::new(Day(start), Day(end)).intersect(span)?;
    let (a, b) = (span.index(days.first)?, span.index(days.last)?);
    if a == b {
        return None;
    }
    let area = Rect::from_x_y_ranges(layout.edge(a)..=layout.edge(b + 1), layout.plot.y_range());
    ui.painter().rect(
        area,
        2.0,
        tokens.accent.gamma_multiply(0.15),
        Stroke::new(1.0, tokens.accent),
        egui::StrokeKind::Inside,
    );
    let words = text::days_meant(frame.grain, days);
    let half = words.len() as f32 * 3.2;
    let x = area
        .center()
        .x
        .clamp(layout.plot.min.x + half, layout.plot.max.x - half);
    let at = pos2(x, area.min.y + 12.0);
    pill(ui.painter(), at, &words, tokens.text, tokens.surface);
    Some(days)
}

fn interact(
    ui: &Ui,
    response: &Response,
    layout: &Layout,
    frame: &Frame<'_>,
    brush: Option<Span>,
) -> Outcome {
    let day_at = |at: Pos2| frame.span.day(layout.index(at.x));
    let mut outcome = Outcome {
        hovered: response.hover_pos().map(day_at),
        command: None,
        highlight: None,
        focused: response.has_focus().then_some(response.id),
    };
    if response.clicked() {
        response.request_focus();
        outcome.command = response
            .interact_pointer_pos()
            .map(|at| Command::SetCursor(Some(day_at(at))));
    }
    if response.double_clicked() {
        outcome.command = Some(Command::ResetZoom);
    }
    if let (true, Some(days)) = (response.drag_stopped(), brush) {
        outcome.command = Some(Command::Zoom(days));
    }
    if let Some(day) = outcome.hovered {
        ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
        let zoom = ui.input(|input| input.zoom_delta());
        if zoom != 1.0 {
            outcome.command = Some(Command::ZoomAround(day, f64::from(1.0 / zoom)));
        }
    }
    outcome
}

/// The second cue of a line, as in a chart, for legends.
pub(crate) fn marker(center: Pos2, cue: usize, color: Color32, fill: Color32) -> egui::Shape {
    lines::marker(center, 3.6, cue, color, fill)
}
