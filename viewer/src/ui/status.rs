//! The line at the bottom: what was read, how fast, and what just happened.

use super::{
    grid,
    inputs::Inputs,
    memory::{CommandPalette, Memory, Scope},
    text, theme, widgets,
};
use crate::page::{Command, Drawing, MOST_ZONE_DAYS, View, is_cut};
use egui::{Align, Layout, RichText, Ui, WidgetInfo, accesskit::Role};

/// Between the buttons.
const LINK_GAP: f32 = 14.0;

pub(super) fn show(
    ui: &mut Ui,
    inputs: &Inputs<'_>,
    memory: &mut Memory,
    commands: &mut Vec<Command>,
) {
    let tokens = theme::tokens(ui);
    let mut facts = Vec::new();
    facts.extend(zone_not_shown(inputs));
    if inputs.page.is_some() {
        facts.push(text::rows_loaded(inputs.data.row_count()));
        if !inputs.latest.query_time.is_zero() {
            facts.push(text::read_in(inputs.latest.query_time.as_millis().max(1)));
        }
        facts.push(text::numbers_of(inputs.data.status.now));
        let rejected = inputs.data.status.rejected;
        if rejected > 0 {
            facts.push(text::rejected(rejected));
        }
        if inputs.data.status.staged > 0 {
            facts.push(text::in_the_inbox(inputs.data.status.staged));
        }
    }
    if is_cut(inputs.state, inputs.data) {
        facts.push(text::zone_is_cut(MOST_ZONE_DAYS));
    }
    if let Some(words) = text::no_font(&memory.unknown.1) {
        facts.push(words);
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 18.0;
        let zone = text::days_of_zone(&inputs.data.zone.name);
        let links = [text::help(), &zone, text::commands()].map(|words| {
            let font = theme::font(12.0);
            let words = widgets::elided(ui, words, font, tokens.weak, f32::INFINITY);
            words.size().x + 2.0 + LINK_GAP
        });
        let room = ui.available_width() - links.iter().sum::<f32>();
        let all = match &memory.notice {
            // It goes with the next command.
            Some(notice) => notice.clone(),
            None => facts.join(", "),
        };
        let (words, color) = match &memory.notice {
            Some(notice) => (notice.clone(), tokens.text),
            None => (as_many_as_fit(ui, &facts, room), tokens.weak),
        };
        let label = ui.scope(|ui| {
            ui.set_max_width(room);
            let words = RichText::new(words).small().color(color);
            ui.add(egui::Label::new(words).truncate())
        });
        let label = label.inner;
        label.widget_info(|| WidgetInfo::labeled(Role::Label, true, &all));
        label.on_hover_text(&all);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = LINK_GAP;
            if widgets::link_button(ui, text::help(), text::keys_button(), text::keys_tip())
                .clicked()
            {
                commands.push(Command::ToggleHelp);
            }
            if widgets::link_button(ui, &zone, text::choose_zone(), text::zone_tip()).clicked() {
                memory.palette = Some(CommandPalette::new(Scope::Zones));
            }
            if widgets::link_button(ui, text::commands(), text::commands(), text::palette_tip())
                .clicked()
            {
                memory.palette = Some(CommandPalette::new(Scope::All));
            }
        });
    });
}

/// That days are those of UTC though another zone was chosen: the source does not have it. A choice of the last run, or
/// of a saved view, may be older than the source.
fn zone_not_shown(inputs: &Inputs<'_>) -> Option<String> {
    let chosen = &inputs.state.zone;
    if inputs.state.shown_zone() != chosen && inputs.state.view != View::Pipeline {
        return inputs.state.no_effect(Drawing::Zone).map(text::utc_days);
    }
    let is_answered = inputs.latest.answered.zone == *chosen;
    (is_answered && inputs.data.zone.name != *chosen)
        .then(|| text::zone_not_shown(chosen, inputs.latest.can.zones))
}

/// The first facts, as many as fit as a whole.
fn as_many_as_fit(ui: &Ui, facts: &[String], room: f32) -> String {
    let mut line = String::new();
    for fact in facts {
        let longer = match line.is_empty() {
            true => fact.clone(),
            false => format!("{line}  ·  {fact}"),
        };
        if grid::width(ui, &longer, theme::font(11.5)) > room {
            break;
        }
        line = longer;
    }
    line
}
