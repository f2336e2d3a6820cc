//! How charts draw their numbers: the bucket, and a menu of the rest.

use super::{inputs::Inputs, text, widgets};
use crate::page::{
    Bucket, ChartOptions, Command, Drawing, Section, SeriesOrder, Split, State, View,
};
use egui::{Checkbox, Popup, Sense, Ui, WidgetInfo, accesskit::Role};

const WIDTH: f32 = 250.0;

/// Shows what the view can choose. `reserved` is the width that what follows needs.
pub(super) fn show(ui: &mut Ui, inputs: &Inputs<'_>, reserved: f32, commands: &mut Vec<Command>) {
    let state = inputs.state;
    if !matches!(state.view, View::Live | View::Pipeline) {
        buckets(ui, state, reserved, commands);
    }
    if Section::of(state.view) == Section::Events {
        menu(ui, inputs, commands);
    }
}

/// Day, week or month. Where these have no effect they are off, and say why.
fn buckets(ui: &mut Ui, state: &State, reserved: f32, commands: &mut Vec<Command>) {
    let options = || {
        Bucket::ALL.map(|bucket| {
            let [word, name] = text::bucket(bucket);
            (bucket, word, name.to_owned())
        })
    };
    match state.no_effect(Drawing::Bucket) {
        None => {
            let room = ui.available_width() - reserved;
            if let Some(bucket) = widgets::segments_within(ui, room, state.bucket, options()) {
                commands.push(Command::SetBucket(bucket));
            }
        }
        Some(reason) if buckets_width(ui) + reserved <= ui.available_width() => {
            let shown = ui.scope(|ui| {
                ui.disable();
                widgets::segments(ui, Bucket::Day, options());
            });
            let id = ui.scope_id().with("no buckets");
            let response = ui.interact(shown.response.rect, id, Sense::hover());
            let words = text::no_effect(reason);
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
            response.on_hover_text(words);
        }
        Some(_) => {}
    }
}

/// How wide the buttons of the buckets are.
pub(super) fn buckets_width(ui: &Ui) -> f32 {
    widgets::segments_width(ui, Bucket::ALL.map(|bucket| text::bucket(bucket)[0]))
        + ui.spacing().item_spacing.x
}

/// How wide the choices are that [`show`] has for daily events.
pub(super) fn width(ui: &Ui, inputs: &Inputs<'_>) -> f32 {
    let mut words = Vec::from_iter(Bucket::ALL.map(|bucket| text::bucket(bucket)[0]));
    words.push(text::options_button()[0]);
    let widest = |words: [&'static str; 3]| {
        let widths = words.map(|word| widgets::segments_width(ui, [word]));
        widths.into_iter().fold(0.0, f32::max)
    };
    // What a line stands for is a menu where there is little room.
    let split = match inputs.state.view {
        View::Overlay | View::Live => widest(Split::ALL.map(text::split)) + 24.0,
        _ => 0.0,
    };
    widgets::segments_width(ui, words) + split + 3.0 * ui.spacing().item_spacing.x + 24.0
}

fn menu(ui: &mut Ui, inputs: &Inputs<'_>, commands: &mut Vec<Command>) {
    let (state, view, options) = (inputs.state, inputs.state.view, inputs.state.options);
    let changed = ChartOptions::default() != state.drawn();
    let [word, name, tip] = text::options_button();
    let button = widgets::toggle(ui, changed, word, name, tip);
    Popup::menu(&button)
        .width(WIDTH)
        .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| {
            ui.spacing_mut().item_spacing.y = 6.0;
            for (drawing, is_on, words, command) in [
                (
                    Drawing::Mean,
                    options.mean,
                    text::mean_option(),
                    Command::ToggleMean,
                ),
                (
                    Drawing::Share,
                    options.share,
                    text::share_option(),
                    Command::ToggleShare,
                ),
                (
                    Drawing::Log,
                    options.log,
                    text::log_option(),
                    Command::ToggleLog,
                ),
                (
                    Drawing::SameScale,
                    options.same_scale,
                    text::same_scale_option(),
                    Command::ToggleSameScale,
                ),
                (
                    Drawing::Compare,
                    state.compare,
                    text::compare_option(),
                    Command::ToggleCompare,
                ),
            ] {
                let [word, tip] = words;
                let reason = state.no_effect(drawing);
                let mut is_on = is_on && reason.is_none();
                let check = ui.add_enabled(reason.is_none(), Checkbox::new(&mut is_on, word));
                let check = match reason {
                    Some(reason) => check.on_disabled_hover_text(text::no_effect(reason)),
                    None => check.on_hover_text(tip),
                };
                if check.clicked() {
                    commands.push(command);
                }
            }
            if matches!(view, View::Table) {
                return;
            }
            ui.label(text::top_title());
            let tops = ChartOptions::TOPS.map(|top| {
                let [word, name] = text::top(top);
                (top, word, name.to_owned())
            });
            if let Some(top) = widgets::segments(ui, options.top, tops) {
                commands.push(Command::SetTop(top));
            }
            ui.label(text::order_title());
            let orders = SeriesOrder::ALL.map(|order| {
                let [word, name] = text::order(order);
                (order, word, name.to_owned())
            });
            if let Some(order) = widgets::segments(ui, options.order, orders) {
                commands.push(Command::OrderBy(order));
            }
        });
}
