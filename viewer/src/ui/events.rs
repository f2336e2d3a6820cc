//! Single events, over the window: the newest of the minutes that were asked for.

use super::{
    grid::{self, BETWEEN, HEADER, ROW, Wanted},
    inputs::Inputs,
    text, theme, welcome, widgets,
};
use crate::{
    calendar::{Grain, Micros, Span, format},
    data::{Event, Events, EventsAsk},
    page::{Command, request_of},
};
use egui::{
    Align, Frame, Id, Layout, Margin, Modal, RichText, Sense, Ui, WidgetInfo, accesskit::Role,
};

/// Shows the dialog while single events are asked for.
pub(super) fn show(ui: &Ui, inputs: &Inputs<'_>, commands: &mut Vec<Command>) {
    let Some(minutes) = inputs.state.events else {
        return;
    };
    let tokens = theme::tokens(ui);
    let window = ui.ctx().content_rect().size();
    let frame = Frame::window(ui.style()).inner_margin(Margin::same(20));
    let modal = Modal::new(Id::unique("events"))
        .frame(frame)
        .show(ui.ctx(), |ui| {
            ui.set_width((window.x - 80.0).min(1000.0));
            ui.horizontal(|ui| {
                let title = RichText::new(text::single_events()).font(theme::bold(16.0));
                ui.label(title);
                ui.label(RichText::new(when(inputs, minutes)).color(tokens.weak));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let [name, tip] = text::close_events();
                    if widgets::icon_button(ui, super::icon::Icon::Close, name, tip).clicked() {
                        commands.push(Command::ShowEvents(None));
                    }
                });
            });
            let offset = inputs.data.zone.offset;
            let wanted = request_of(inputs.state, inputs.data).events;
            let read = inputs.latest.extras.events.as_deref();
            match answer(wanted.as_ref(), read) {
                None => words(ui, text::reading()),
                Some(Events::None) => words(ui, text::no_single_events()),
                Some(Events::TooSlow) => words(ui, text::events_too_slow()),
                Some(Events::NoRight(role)) => {
                    words(ui, text::no_right_to_events());
                    welcome::command(
                        ui,
                        &format!("grant select on raw_events to {};", quoted(role)),
                    );
                }
                Some(Events::Read(events)) if events.is_empty() => {
                    words(ui, text::no_event_stored())
                }
                Some(Events::Read(events)) => {
                    let height = (events.len() as f32 * ROW + HEADER).min(window.y - 180.0);
                    ui.allocate_ui(egui::vec2(ui.available_width(), height), |ui| {
                        table(ui, events, offset);
                    });
                    words(ui, &text::newest_of(events.len()));
                }
            }
        });
    if modal.should_close() {
        commands.push(Command::ShowEvents(None));
    }
}

fn when(inputs: &Inputs<'_>, minutes: Span) -> String {
    let zone = &inputs.data.zone;
    let offset = zone.offset;
    let between = Grain::Minute { offset }.between(minutes);
    format!("{between}  ·  {}", zone.clock())
}

/// The events that were read, if they answer what is asked for now. While the connection is broken, those of an earlier
/// request are still there; they are not shown.
fn answer<'a>(
    wanted: Option<&EventsAsk>,
    read: Option<&'a (EventsAsk, Events)>,
) -> Option<&'a Events> {
    let (ask, events) = read?;
    (Some(ask) == wanted).then_some(events)
}

fn words(ui: &mut Ui, words: &str) {
    ui.label(words);
}

/// A role as it stands in a statement.
fn quoted(role: &str) -> String {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match role.chars().all(is_plain) && role.starts_with(|c: char| !c.is_ascii_digit()) {
        true => role.to_owned(),
        false => format!("\"{}\"", role.replace('"', "\"\"")),
    }
}

fn cells(event: &Event, offset: Micros) -> [String; 7] {
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".into());
    [
        format::clock(event.at + offset),
        event.event_type.clone(),
        event.region.clone(),
        event.user_id.clone(),
        known(&event.song_id),
        known(&event.device),
        event.event_id.clone(),
    ]
}

fn table(ui: &mut Ui, events: &[Event], offset: Micros) {
    let font = theme::font(12.5);
    let titles = text::event_columns();
    let rows: Vec<[String; 7]> = events.iter().map(|event| cells(event, offset)).collect();
    let widths = titles.iter().enumerate().map(|(at, title)| {
        let words = grid::widest(ui, rows.iter().map(|row| row[at].as_str()), &font);
        let width = words.max(grid::width(ui, title, theme::bold(12.0))) + BETWEEN;
        match at {
            0 => Wanted::whole(width),
            _ => Wanted::name(width),
        }
    });
    let room = ui.available_width() - ui.spacing().scroll.allocated_width() - 4.0;
    let widths = grid::fit(&widths.collect::<Vec<_>>(), 4, room, 6);
    grid::builder(ui, "events", &widths, Sense::hover())
        .header(HEADER, |mut head| {
            for title in titles.iter().take(widths.len()) {
                let (_, response) = head.col(|ui| {
                    let weak = theme::tokens(ui).weak;
                    grid::cell_text(ui, ui.max_rect(), false, title, theme::bold(12.0), weak);
                });
                response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, title));
            }
        })
        .body(|body| {
            body.rows(ROW, rows.len(), |mut row| {
                let Some(cells) = rows.get(row.index()) else {
                    return;
                };
                for cell in cells.iter().take(widths.len()) {
                    row.col(|ui| {
                        let text = theme::tokens(ui).text;
                        let mut rect = ui.max_rect();
                        rect.max.x -= BETWEEN;
                        grid::cell_text(ui, rect, false, cell, font.clone(), text);
                    });
                }
                let name = cells.join(" ");
                let response = row.response();
                if grid::is_in_sight(&response) {
                    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &name));
                }
            });
        });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::MINUTE_US;

    #[test]
    fn events_of_another_minute_or_filter_are_not_shown() {
        let ask = |minute: i64, regions: Option<Vec<String>>| EventsAsk {
            from: minute * MINUTE_US,
            until: (minute + 1) * MINUTE_US,
            event_types: None,
            regions,
        };
        let asked = ask(5, None);
        let read = (asked.clone(), Events::Read(Vec::new()));
        assert_eq!(answer(Some(&asked), Some(&read)), Some(&read.1));
        assert_eq!(answer(Some(&asked), None), None);
        for other in [ask(6, None), ask(5, Some(vec!["EU".into()]))] {
            assert_eq!(answer(Some(&other), Some(&read)), None, "{other:?}");
        }
    }

    #[test]
    fn a_role_is_quoted_where_it_must_be() {
        assert_eq!(quoted("reader_2"), "reader_2");
        assert_eq!(quoted("Ana \"B\""), "\"Ana \"\"B\"\"\"");
    }
}
