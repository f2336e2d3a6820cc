//! Every command by its name, found by typing; and the zones.

use super::{
    dates::Dates,
    inputs::Inputs,
    memory::{CommandPalette, Memory, Scope},
    naming::Naming,
    text, theme,
};
use crate::{
    calendar::{MOST_DAYS, UTC, format, typed_span},
    page::{
        Bucket, ChartOptions, Command, Hours, List, Range, Section, SeriesOrder, Split, Theme,
        View,
        reports::{Choice, listeners::Part, listening::Figure, songs::Top},
    },
};
use egui::{
    Frame, Id, Key, Margin, Modal, Rect, RichText, ScrollArea, Sense, TextEdit, Ui, WidgetInfo,
    accesskit::Role, vec2,
};

/// What an entry does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    /// A command.
    Run(Command),
    /// Opens the dialog for days.
    TypeDays,
    /// Goes on with zones alone.
    ChooseZone,
    /// Opens the dialog that saves the view.
    NameView,
}

/// A line of the palette.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// What it is called.
    pub(super) title: String,
    /// The keys that do the same.
    pub(super) keys: &'static str,
    /// What it does.
    pub(super) action: Action,
}

/// Entries that are shown at most.
const MOST: usize = 200;
const ROW: f32 = 30.0;

pub(super) fn show(ui: &Ui, inputs: &Inputs<'_>, memory: &mut Memory, commands: &mut Vec<Command>) {
    let Some(mut palette) = memory.palette.take() else {
        return;
    };
    let tokens = theme::tokens(ui);
    let frame = Frame::window(ui.style()).inner_margin(Margin::same(10));
    let mut chosen = None;
    let modal = Modal::new(Id::unique("palette"))
        .frame(frame)
        .show(ui.ctx(), |ui| {
            ui.set_width(480.0);
            let (down, up, enter) = ui.input_mut(|input| {
                let mut key = |key| input.consume_key(egui::Modifiers::NONE, key);
                (key(Key::ArrowDown), key(Key::ArrowUp), key(Key::Enter))
            });
            let hint = match palette.scope {
                Scope::All => text::palette_hint(),
                Scope::Zones => text::zones_hint(),
            };
            let edit = TextEdit::singleline(&mut palette.typed)
                .hint_text(RichText::new(hint).color(tokens.weak))
                .font(theme::font(15.0))
                .margin(Margin::symmetric(10, 8))
                .desired_width(f32::INFINITY);
            let response = ui.add(edit).accessible_name(hint);
            if palette.is_new || !response.has_focus() {
                response.request_focus();
            }
            if response.changed() {
                palette.at = 0;
            }
            let entries = found(inputs, palette.scope, &palette.typed);
            let last = entries.len().saturating_sub(1);
            palette.at = match (down, up) {
                (true, _) => palette.at + 1,
                (_, true) => palette.at.saturating_sub(1),
                _ => palette.at,
            }
            .min(last);
            ui.add_space(4.0);
            let area = ScrollArea::vertical()
                .max_height(ROW * 11.0)
                // Not as low as the few entries that were found before.
                .min_scrolled_height(ROW * 11.0)
                .auto_shrink([false, true]);
            area.show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                for (at, entry) in entries.iter().enumerate() {
                    let on = at == palette.at;
                    let rect = row(ui, entry, on);
                    if on && (down || up) {
                        ui.scroll_to_rect(rect.0, None);
                    }
                    if rect.1 {
                        chosen = Some(entry.action.clone());
                    }
                }
            });
            if entries.is_empty() {
                ui.label(
                    RichText::new(text::nothing_found(
                        palette.scope == Scope::Zones,
                        !inputs.latest.can.zone_names.is_empty(),
                    ))
                    .color(tokens.weak),
                );
            }
            if enter {
                chosen = entries.get(palette.at).map(|entry| entry.action.clone());
            }
        });
    palette.is_new = false;
    match chosen {
        Some(Action::Run(command)) => commands.push(command),
        Some(Action::TypeDays) => memory.dates = Some(Dates::default()),
        Some(Action::NameView) => memory.naming = Some(Naming::default()),
        Some(Action::ChooseZone) => memory.palette = Some(CommandPalette::new(Scope::Zones)),
        None if modal.should_close() => {}
        None => memory.palette = Some(palette),
    }
}

/// One line. Returns its place, and whether it was clicked.
fn row(ui: &mut Ui, entry: &Entry, on: bool) -> (Rect, bool) {
    let tokens = theme::tokens(ui);
    let size = vec2(ui.available_width(), ROW);
    // Clickable but not focusable: the text field keeps the keyboard.
    let (rect, response) = ui.allocate_exact_size(size, Sense::CLICK);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, on, &entry.title));
    if on || response.hovered() {
        let fill = if on { tokens.accent_soft } else { tokens.hover };
        ui.painter()
            .rect_filled(rect, f32::from(theme::CONTROL_RADIUS), fill);
    }
    let keys = ui
        .painter()
        .layout_no_wrap(entry.keys.into(), theme::font(12.0), tokens.weak);
    let room = rect.width() - keys.size().x - 28.0;
    let color = if on { tokens.accent } else { tokens.text };
    let title = super::widgets::elided(ui, &entry.title, theme::font(13.5), color, room);
    let y = |height: f32| rect.center().y - height / 2.0;
    ui.painter().galley(
        egui::pos2(rect.min.x + 10.0, y(title.size().y)),
        title,
        color,
    );
    let x = rect.max.x - keys.size().x - 10.0;
    ui.painter()
        .galley(egui::pos2(x, y(keys.size().y)), keys, tokens.weak);
    (rect, response.clicked())
}

/// The entries that match the typed text: every word must be in the title.
fn found(inputs: &Inputs<'_>, scope: Scope, typed: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let span = typed_span(typed, inputs.data.today()).filter(|span| span.count() <= MOST_DAYS);
    if let (Scope::All, Some(span)) = (scope, span) {
        let days = format::days(span);
        entries.push(run(
            text::show_days(&days),
            "",
            Command::Look(Range::Custom(span)),
        ));
    }
    let words: Vec<String> = typed
        .to_lowercase()
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    let answers = |entry: &Entry| {
        let title = entry.title.to_lowercase().replace('_', " ");
        words
            .iter()
            .all(|word| title.contains(&word.replace('_', " ")))
    };
    let mut all = Vec::new();
    if scope == Scope::All {
        all = self::all(inputs);
    }
    // Hundreds of zones would bury the commands.
    if scope == Scope::Zones || !words.is_empty() {
        all.extend(zones(inputs));
    }
    entries.extend(all.into_iter().filter(answers).take(MOST));
    entries
}

fn run(title: impl Into<String>, keys: &'static str, command: Command) -> Entry {
    Entry {
        title: title.into(),
        keys,
        action: Action::Run(command),
    }
}

fn zones(inputs: &Inputs<'_>) -> Vec<Entry> {
    let names = &inputs.latest.can.zone_names;
    let utc = Some(UTC.to_owned()).filter(|_| !names.is_empty());
    let others = names.iter().filter(|name| *name != UTC).cloned();
    utc.into_iter()
        .chain(others)
        .map(|name| run(text::days_of_zone(&name), "", Command::SetZone(name)))
        .collect()
}

/// All commands, those about names too.
fn all(inputs: &Inputs<'_>) -> Vec<Entry> {
    let mut all = Vec::new();
    for name in inputs.saved.names() {
        all.push(run(
            text::show_saved(name),
            "",
            Command::ShowSaved(name.clone()),
        ));
    }
    all.extend(fixed(inputs));
    for name in inputs.saved.names() {
        all.push(run(
            text::forget_saved(name),
            "",
            Command::ForgetView(name.clone()),
        ));
    }
    for (list, names) in [
        (List::EventTypes, &inputs.data.event_types),
        (List::Regions, &inputs.data.regions),
    ] {
        for name in names {
            let only = Command::Only(list, name.clone());
            all.push(run(text::alone(list, name), "", only));
        }
    }
    all
}

/// What can be chosen on reports.
fn choices() -> Vec<Entry> {
    let figures = Figure::ALL.map(|figure| (text::choose_figure(figure), Choice::Figure(figure)));
    let tops = Top::ALL.map(|top| (text::choose_top(top), Choice::Top(top)));
    let parts = Part::ALL.map(|part| (text::choose_part(part), Choice::Listeners(part)));
    (figures.into_iter().chain(tops).chain(parts))
        .map(|(title, choice)| run(title, "", Command::Choose(choice)))
        .collect()
}

/// The commands that are there whatever the numbers are of.
pub(super) fn fixed(inputs: &Inputs<'_>) -> Vec<Entry> {
    let mut all = Vec::new();
    for (view, keys) in View::ALL.into_iter().zip(text::VIEW_KEYS) {
        all.push(run(text::show_view(view), keys, Command::Show(view)));
    }
    for (section, keys) in Section::ALL.into_iter().zip(text::SECTION_KEYS) {
        let view = section.views()[0];
        // The others have keys of their own above.
        if View::ALL.iter().position(|other| *other == view) >= Some(text::VIEW_KEYS.len()) {
            all.push(run(text::show_view(view), keys, Command::Show(view)));
        }
    }
    all.extend(choices());
    for (range, keys) in Range::ALL.into_iter().zip(text::RANGE_KEYS) {
        all.push(run(text::range(range).1, keys, Command::Look(range)));
    }
    for (title, keys, action) in [
        (text::dates(), "D", Action::TypeDays),
        (text::choose_zone(), "Z", Action::ChooseZone),
        (text::name_view(), "", Action::NameView),
    ] {
        let title = title.to_owned();
        all.push(Entry {
            title,
            keys,
            action,
        });
    }
    for hours in Hours::ALL {
        all.push(run(text::live(hours), "", Command::LookLive(hours)));
    }
    for split in Split::ALL {
        let title = text::split_title(split);
        all.push(run(title, "", Command::SplitBy(split)));
    }
    for bucket in Bucket::ALL {
        all.push(run(text::bucket(bucket)[1], "", Command::SetBucket(bucket)));
    }
    for top in ChartOptions::TOPS {
        all.push(run(text::top(top)[1], "", Command::SetTop(top)));
    }
    for order in SeriesOrder::ALL {
        all.push(run(text::order(order)[1], "", Command::OrderBy(order)));
    }
    all.extend([
        run(text::mean_option()[0], "M", Command::ToggleMean),
        run(text::share_option()[0], "S", Command::ToggleShare),
        run(text::log_option()[0], "L", Command::ToggleLog),
        run(text::same_scale_option()[0], "Y", Command::ToggleSameScale),
        run(text::compare(), "C", Command::ToggleCompare),
        run(text::show_all(), "Esc", Command::ResetZoom),
        run(text::zoom_in(), "+", Command::ZoomBy(0.6)),
        run(text::zoom_out(), "−", Command::ZoomBy(1.0 / 0.6)),
        run(text::refresh(), "R", Command::Refresh),
        run(text::pause(), "Space", Command::TogglePause),
        run(text::save_csv(), "Ctrl E", Command::SaveCsv),
        run(text::copy_csv(), "Ctrl Shift C", Command::CopyCsv),
        run(text::save_picture(), "Ctrl Shift S", Command::SavePicture),
        run(text::copy_command(), "", Command::CopyCommandLine),
        run(text::fold_figures(), "", Command::FoldFigures),
        run(
            text::flip_theme(),
            "T",
            Command::FlipTheme { dark: inputs.dark },
        ),
        run(text::system_theme(), "", Command::SetTheme(Theme::System)),
        run(text::help(), "F1", Command::ToggleHelp),
    ]);
    for list in [List::EventTypes, List::Regions] {
        all.push(run(text::all_of(list), "", Command::All(list)));
        all.push(run(text::inverted(list), "", Command::Invert(list)));
    }
    all
}
