//! What charts have in common: what they show, where it is, and in which colour.

use super::scale::Scale;
use crate::{
    calendar::{Grain, Slot, Span},
    data::{Finality, Measure},
    page::{ChartOptions, ColorSlots, Command, Line, colors},
    ui::theme::{self, Tokens},
};
use egui::{Color32, Rect, Ui};

/// What all charts of a view share.
pub(crate) struct Shared<'a> {
    /// What a slot is.
    pub(crate) grain: Grain,
    /// What is counted.
    pub(crate) measure: Measure,
    /// The slots on screen.
    pub(crate) span: Span,
    /// What can be said about each of them.
    pub(crate) states: &'a [Finality],
    /// How many days up to a slot a number is of, where slots are days.
    pub(crate) window: usize,
    /// The first slot with any row of all: what lies before it is no gap of the numbers.
    pub(crate) begin: Slot,
    /// Colours of names.
    pub(crate) colors: &'a ColorSlots,
    /// The slot that is read: under the pointer, or the keyboard's.
    pub(crate) read: Option<Slot>,
    /// Whether what is read is shown beside the chart that has the keyboard: not while the pointer reads in one, and not
    /// under a dialog.
    pub(crate) reads_by_key: bool,
    /// By how many slots to go back for those to compare with, if they are drawn.
    pub(crate) compared: Option<i32>,
    /// How numbers are drawn.
    pub(crate) options: ChartOptions,
    /// A bar for each slot instead of lines.
    pub(crate) stacked: bool,
    /// The largest value of all charts, where they have one axis.
    pub(crate) top: Option<i64>,
    /// The smallest value above zero of all charts, where they have one axis.
    pub(crate) least: Option<i64>,
    /// The series to stand out.
    pub(crate) highlight: Option<&'a str>,
}

impl Shared<'_> {
    /// Number of slots that lie before the first row of all.
    pub(super) fn before_begin(&self) -> usize {
        let slots = self.begin.0.saturating_sub(self.span.first.0);
        usize::try_from(slots).unwrap_or(0).min(self.span.count())
    }

    /// Whether a line is the one to stand out; `None` where none is.
    pub(super) fn stands_out(&self, line: &Line) -> Option<bool> {
        let name = self.highlight?;
        Some(name == line.full_name || name == line.name)
    }

    /// Number of slots that have ended.
    pub(super) fn ended(&self) -> usize {
        self.states
            .partition_point(|state| *state != Finality::SoFar)
    }
}

/// See [`Shared::reads_by_key`]; `hovered` is the slot under the pointer.
pub(crate) fn reads_by_key(ui: &Ui, hovered: Option<Slot>) -> bool {
    let dialog = ui.memory(|memory| memory.top_modal_layer());
    hovered.is_none() && dialog.is_none()
}

/// What came of showing a chart.
#[derive(Default)]
pub(crate) struct Outcome {
    /// The slot under the pointer.
    pub(crate) hovered: Option<Slot>,
    /// What the user asked for.
    pub(crate) command: Option<Command>,
    /// The series under the pointer, by its full name.
    pub(crate) highlight: Option<String>,
    /// The chart, if it has the keyboard.
    pub(crate) focused: Option<egui::Id>,
}

/// Where things are.
#[derive(Clone, Copy)]
pub(super) struct Plot {
    pub(super) rect: Rect,
    pub(super) slots: usize,
    pub(super) scale: Scale,
}

impl Plot {
    /// The middle of a slot.
    pub(super) fn x(&self, index: usize) -> f32 {
        self.edge(index) + self.rect.width() / self.slots as f32 / 2.0
    }

    /// The start of a slot.
    pub(super) fn edge(&self, index: usize) -> f32 {
        self.rect.min.x + self.rect.width() * index as f32 / self.slots as f32
    }

    /// The height of a value.
    pub(super) fn y(&self, value: f64) -> f32 {
        self.rect.max.y - self.rect.height() * self.scale.height(value) as f32
    }

    /// The slot at a place.
    pub(super) fn index(&self, x: f32) -> usize {
        let share = (x - self.rect.min.x) / self.rect.width();
        ((share * self.slots as f32).floor().max(0.0) as usize).min(self.slots - 1)
    }
}

/// How wide a label is.
pub(super) fn width(ui: &Ui, label: &str) -> f32 {
    ui.painter()
        .layout_no_wrap(label.into(), theme::font(11.0), Color32::WHITE)
        .size()
        .x
}

/// The colour of a line; pale while another one is to stand out.
pub(super) fn color(shared: &Shared<'_>, line: &Line, tokens: Tokens) -> Color32 {
    let color = hue(shared.colors, line, tokens);
    if shared.stands_out(line) == Some(false) {
        tokens.surface.lerp_to_gamma(color, 0.25)
    } else {
        color
    }
}

/// The second cue where a hue stands for more than one line: 0 is none.
pub(super) fn cue(shared: &Shared<'_>, line: &Line) -> usize {
    second_cue(shared.colors, line)
}

/// The second cue of a line, for legends outside a chart.
pub(crate) fn second_cue(slots: &ColorSlots, line: &Line) -> usize {
    match line.others {
        0 => line.marker + colors::cycle(slots.slot(&line.color_name)),
        _ => line.marker,
    }
}

/// The colour of a line, whatever stands out.
pub(crate) fn hue(colors: &ColorSlots, line: &Line, tokens: Tokens) -> Color32 {
    match line.others {
        0 => theme::series(colors.slot(&line.color_name), tokens.dark),
        _ => theme::others(tokens.dark),
    }
}
