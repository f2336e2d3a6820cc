//! The bar on top: how the source is, how far to look back, and what can be done.

use super::{
    dates::Dates,
    icon::Icon,
    inputs::Inputs,
    memory::Memory,
    menus, text,
    theme::{self, Tokens},
    widgets,
};
use crate::{
    calendar::format,
    page::{Command, Hours, Range, View},
    source::Health,
};
use egui::{
    Align, Color32, Layout, Rect, RichText, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, vec2,
};

pub(super) fn show(
    ui: &mut Ui,
    inputs: &Inputs<'_>,
    memory: &mut Memory,
    commands: &mut Vec<Command>,
) {
    let tokens = theme::tokens(ui);
    ui.horizontal(|ui| {
        logo(ui, tokens);
        ui.label(RichText::new(text::app()).font(theme::bold(15.0)));
        ui.add_space(6.0);
        health(ui, inputs, tokens);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            let [name, tip] = text::help_button();
            if widgets::icon_button(ui, Icon::Help, name, tip).clicked() {
                commands.push(Command::ToggleHelp);
            }
            let dark = tokens.dark;
            let icon = if dark { Icon::Sun } else { Icon::Moon };
            let [name, tip] = text::theme_button(dark);
            if widgets::icon_button(ui, icon, name, tip).clicked() {
                commands.push(Command::FlipTheme { dark });
            }
            menus::export(ui, commands);
            menus::views(ui, inputs, memory, commands);
            ui.add_space(2.0);
            let [name, tip] = text::refresh_button();
            if widgets::icon_button(ui, Icon::Refresh, name, tip).clicked() {
                commands.push(Command::Refresh);
            }
            let icon = if inputs.state.paused {
                Icon::Play
            } else {
                Icon::Pause
            };
            let [name, tip] = text::pause_button(inputs.state.paused);
            if widgets::labelled_button(ui, icon, name, tip).clicked() {
                commands.push(Command::TogglePause);
            }
            ui.add_space(6.0);
            ranges(ui, inputs, memory, commands);
        });
    });
}

fn ranges(ui: &mut Ui, inputs: &Inputs<'_>, memory: &mut Memory, commands: &mut Vec<Command>) {
    if inputs.state.view == View::Pipeline {
        // The pipeline report shows the current state, whatever the range is.
        return;
    }
    if inputs.state.view == View::Live {
        let options = Hours::ALL.map(|hours| {
            let (short, long) = text::hours(hours);
            (Some(hours), short, long.to_owned())
        });
        // The minutes of a day are none of these.
        let is_day = inputs.state.drilled.is_some();
        let current = (!is_day).then_some(inputs.state.hours);
        if let Some(Some(hours)) = widgets::segments(ui, current, options) {
            commands.push(Command::LookLive(hours));
        }
        return;
    }
    let current = inputs.state.range;
    let own = match current {
        Range::Custom(_) => Some(current),
        _ => {
            let full = inputs.state.full_span(inputs.data);
            full.map(|full| Range::Custom(inputs.data.grain.days(full)))
        }
    };
    let options = Range::ALL.into_iter().chain(own).map(|range| {
        let (short, long) = text::range(range);
        (range, short, long.to_owned())
    });
    match widgets::segments(ui, current, options) {
        Some(Range::Custom(_)) => memory.dates = Some(Dates::default()),
        Some(range) => commands.push(Command::Look(range)),
        None => {}
    }
}

/// Four bars of a chart.
fn logo(ui: &mut Ui, tokens: Tokens) {
    let (rect, _) = ui.allocate_exact_size(vec2(22.0, 22.0), Sense::hover());
    ui.painter().rect_filled(rect, 5.0, tokens.accent);
    for (at, height) in [0.35, 0.8, 0.55, 0.95].into_iter().enumerate() {
        let x = rect.min.x + 5.0 + at as f32 * 4.0;
        let y = rect.center().y;
        let half = height * 6.5;
        ui.painter()
            .vline(x, y - half..=y + half, Stroke::new(2.0, tokens.surface));
    }
}

fn health(ui: &mut Ui, inputs: &Inputs<'_>, tokens: Tokens) {
    let (color, word) = match &inputs.latest.health {
        Health::Connecting => (tokens.weak, text::connecting()),
        Health::Live if is_quiet(inputs) => (tokens.warn, text::quiet()),
        Health::Live => (tokens.good, text::live_now()),
        Health::Paused => (tokens.warn, text::paused()),
        Health::Trouble { .. } if inputs.latest.data.is_some() => (tokens.error, text::stale()),
        Health::Trouble { problem, .. } if problem.is_of_connection() => {
            (tokens.error, text::no_connection())
        }
        Health::Trouble { .. } => (tokens.error, text::no_numbers()),
    };
    let details = details(inputs);
    let response = ui
        .scope(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            let (dot, _) = ui.allocate_exact_size(vec2(9.0, 9.0), Sense::hover());
            paint_dot(ui, dot, color);
            ui.label(RichText::new(word).font(theme::bold(13.0)));
            // What does not fit between the name and the buttons is left to the tip.
            let room = ui.available_width() - 556.0;
            let source = &inputs.latest.source;
            let with_details = details
                .iter()
                .map(|details| format!("{source}  ·  {details}"));
            let forms = with_details.chain([source.clone()]);
            let font = theme::font(12.5);
            let mut galleys = forms
                .filter(|_| room > 60.0)
                .map(|form| (ui.painter()).layout_no_wrap(form, font.clone(), tokens.weak));
            let whole = galleys.find(|galley| galley.size().x <= room);
            let galley = whole.or_else(|| {
                let cut = || widgets::elided(ui, source, font, tokens.weak, room);
                (room > 60.0).then(cut)
            });
            if let Some(galley) = galley {
                let (rect, _) = ui.allocate_exact_size(galley.size(), Sense::hover());
                ui.painter().galley(rect.min, galley, tokens.weak);
            }
        })
        .response
        .interact(Sense::hover());
    let details = details.first().map(|details| format!(", {details}"));
    let details = details.unwrap_or_default();
    let name = format!("{word}: {}{details}", inputs.latest.source);
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &name));
    response.on_hover_ui(|ui| {
        ui.label(RichText::new(&inputs.latest.source).font(theme::bold(13.0)));
        for line in freshness(inputs) {
            ui.label(line);
        }
    });
}

fn paint_dot(ui: &Ui, rect: Rect, color: Color32) {
    ui.painter().circle_filled(rect.center(), 4.5, color);
}

/// Whether no event has come for longer than usual.
fn is_quiet(inputs: &Inputs<'_>) -> bool {
    (inputs.data.status.quiet_from()).is_some_and(|from| inputs.now >= from)
}

/// How far the events go, in the forms to choose from by the room there is, the longest first.
fn details(inputs: &Inputs<'_>) -> Vec<String> {
    let status = &inputs.data.status;
    let today = inputs.data.today();
    let newest = status.newest_event.map(|at| text::newest_event(at, today));
    let mark = status.watermark.map(|at| text::watermark(at, today));
    let both = newest.clone().zip(mark.clone());
    let both = both.map(|(newest, mark)| format!("{newest}  ·  {mark}"));
    match inputs.page {
        Some(_) => both.into_iter().chain(newest.or(mark)).collect(),
        None => Vec::new(),
    }
}

fn freshness(inputs: &Inputs<'_>) -> Vec<String> {
    let status = &inputs.data.status;
    let mut lines = Vec::new();
    lines.extend(inputs.latest.checked_at.map(text::current_at));
    lines.extend(status.newest_event.map(|at| {
        let age = is_quiet(inputs).then(|| format::age(inputs.now - at));
        text::newest_event_at(at, age.as_deref())
    }));
    lines.push(match status.watermark {
        Some(mark) => text::watermark_tip(mark),
        None => text::no_watermark().into(),
    });
    lines.extend(status.last_rollup_at.map(text::rollup_at));
    lines.push(text::pending(status.pending_deltas));
    lines.push(text::in_rejected_events(status.rejected));
    lines
}
