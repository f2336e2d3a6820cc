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
/// Between what is said.
const BETWEEN: &str = "  ·  ";

pub(super) fn show(
    ui: &mut Ui,
    inputs: &Inputs<'_>,
    memory: &mut Memory,
    commands: &mut Vec<Command>,
) {
    let tokens = theme::tokens(ui);
    let warnings = warnings(inputs, memory);
    let mut facts = Vec::new();
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
            None => {
                let warnings = warnings.iter().map(|[long, _]| long.clone());
                let all: Vec<String> = warnings.chain(facts.iter().cloned()).collect();
                all.join(", ")
            }
        };
        let (words, color) = match &memory.notice {
            Some(notice) => (notice.clone(), tokens.text),
            None => {
                let fits = |line: &str| grid::width(ui, line, theme::font(11.5)) <= room;
                (as_many_as_fit(&warnings, &facts, fits), tokens.weak)
            }
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

/// What is not as it seems, each with a short form.
fn warnings(inputs: &Inputs<'_>, memory: &Memory) -> Vec<[String; 2]> {
    let zone = zone_not_shown(inputs).map(|words| [words.clone(), words]);
    let is_cut = is_cut(inputs.state, inputs.data);
    let cut = is_cut.then(|| text::zone_is_cut(MOST_ZONE_DAYS));
    let warnings = [zone, cut, text::no_font(&memory.unknown.1)];
    warnings.into_iter().flatten().collect()
}

/// All warnings, in their short forms where there is little room, and then the first facts, as many as fit as a whole.
fn as_many_as_fit(
    warnings: &[[String; 2]],
    facts: &[String],
    fits: impl Fn(&str) -> bool,
) -> String {
    let line = |form: usize| {
        let words: Vec<&str> = warnings.iter().map(|forms| forms[form].as_str()).collect();
        words.join(BETWEEN)
    };
    let mut line = Some(line(0))
        .filter(|long| fits(long))
        .unwrap_or_else(|| line(1));
    for fact in facts {
        let longer = match line.is_empty() {
            true => fact.clone(),
            false => format!("{line}{BETWEEN}{fact}"),
        };
        if !fits(&longer) {
            break;
        }
        line = longer;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_give_way_to_warnings() {
        let warnings = [["the long form", "short"], ["another long form", "brief"]];
        let warnings = warnings.map(|forms| forms.map(str::to_owned));
        let facts = ["fact", "other fact"].map(str::to_owned);
        let line =
            |most: usize| as_many_as_fit(&warnings, &facts, |line| line.chars().count() <= most);
        assert_eq!(
            line(60),
            "the long form  ·  another long form  ·  fact  ·  other fact"
        );
        assert_eq!(line(45), "the long form  ·  another long form  ·  fact");
        assert_eq!(line(30), "short  ·  brief  ·  fact");
        assert_eq!(line(5), "short  ·  brief", "cut where it is shown");
    }
}
