//! Days from one to another, typed.

use super::{inputs::Inputs, text, theme, widgets};
use crate::{
    calendar::{Grain, MOST_DAYS, Span, typed_day},
    page::{Command, Range},
};
use egui::{Align, Frame, Id, Key, Layout, Margin, Modal, RichText, TextEdit, Ui, vec2};

/// What is typed.
#[derive(Clone, Debug, Default)]
pub(super) struct Dates {
    /// First and last day; `None` until the dialog was shown.
    typed: Option<[String; 2]>,
}

/// Shows the dialog while there is one.
pub(super) fn show(
    ui: &Ui,
    inputs: &Inputs<'_>,
    dialog: &mut Option<Dates>,
    commands: &mut Vec<Command>,
) {
    let Some(dates) = dialog else {
        return;
    };
    let tokens = theme::tokens(ui);
    let is_new = dates.typed.is_none();
    let grain = inputs.data.grain;
    let shown = inputs.state.span(inputs.data).map(|span| grain.days(span));
    let typed = dates.typed.get_or_insert_with(|| {
        shown.map_or_else(Default::default, |span| [span.first.iso(), span.last.iso()])
    });
    let mut close = false;
    let frame = Frame::window(ui.style()).inner_margin(Margin::same(20));
    let modal = Modal::new(Id::unique("dates"))
        .frame(frame)
        .show(ui.ctx(), |ui| {
            ui.set_width(336.0);
            ui.spacing_mut().item_spacing.x = 8.0;
            ui.label(RichText::new(text::dates()).font(theme::bold(16.0)));
            ui.add_space(6.0);
            ui.horizontal(|ui| {
                for (at, (name, day)) in text::from_to()
                    .into_iter()
                    .zip(typed.iter_mut())
                    .enumerate()
                {
                    ui.vertical(|ui| {
                        let label = ui.label(RichText::new(name).color(tokens.weak).small());
                        let edit = TextEdit::singleline(day)
                            .desired_width(148.0)
                            .margin(Margin::symmetric(8, 6));
                        let response = ui.add(edit).labelled_by(label.id);
                        if is_new && at == 0 {
                            response.request_focus();
                        }
                    });
                }
            });
            let today = inputs.data.today();
            let days = [0, 1].map(|at| typed_day(&typed[at], today));
            let span = match days {
                [Some(first), Some(last)] => Ok(Span::new(first, last)),
                [None, _] => Err(text::not_a_day(&typed[0])),
                [_, None] => Err(text::not_a_day(&typed[1])),
            };
            let span = span.and_then(|span| match span.count() <= MOST_DAYS {
                true => Ok(span),
                false => Err(text::too_long().to_owned()),
            });
            let (words, color) = match &span {
                Ok(span) => (
                    text::days_meant(Grain::Day, Grain::Day.slots(*span)),
                    tokens.weak,
                ),
                Err(words) => (words.clone(), tokens.error),
            };
            ui.label(RichText::new(words).color(color));
            ui.label(RichText::new(text::dates_hint()).color(tokens.weak).small());
            ui.add_space(6.0);
            let row = vec2(ui.available_width(), widgets::PRIMARY_HEIGHT);
            let layout = Layout::right_to_left(Align::Center);
            ui.allocate_ui_with_layout(row, layout, |ui| {
                let enter = ui.input(|input| input.key_pressed(Key::Enter));
                let clicked = widgets::primary_button(ui, text::show(), span.is_ok()).clicked();
                if let (Ok(span), true) = (&span, enter || clicked) {
                    commands.push(Command::Look(Range::Custom(*span)));
                    close = true;
                }
                if widgets::link_button(ui, text::cancel(), text::cancel(), "Esc").clicked() {
                    close = true;
                }
            });
        });
    if close || modal.should_close() {
        *dialog = None;
    }
}
