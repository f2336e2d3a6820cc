//! How charts draw their numbers: the bucket, and a menu of the rest.

use super::{inputs::Inputs, text, theme, widgets};
use crate::page::{Bucket, ChartOptions, Command, SeriesOrder, Split, View};
use egui::{Popup, RichText, Ui};

const WIDTH: f32 = 250.0;

/// Shows what the view can choose.
pub(super) fn show(ui: &mut Ui, inputs: &Inputs<'_>, commands: &mut Vec<Command>) {
    let state = inputs.state;
    let sums_days = matches!(
        state.view,
        View::ByEventType | View::ByRegion | View::Overlay | View::Heatmap | View::Table
    );
    if sums_days {
        let buckets = Bucket::ALL.map(|bucket| {
            let [word, name] = text::bucket(bucket);
            (bucket, word, name.to_owned())
        });
        if let Some(bucket) = widgets::segments(ui, state.bucket, buckets) {
            commands.push(Command::SetBucket(bucket));
        }
    } else if state.view == View::Listeners && state.bucket != Bucket::Day {
        let tokens = theme::tokens(ui);
        let words = RichText::new(text::listeners_by_day()).color(tokens.weak);
        ui.label(words.small())
            .on_hover_text(text::listeners_by_day_tip());
    }
    if sums_days || state.view == View::Live {
        menu(ui, inputs, sums_days, commands);
    }
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

fn menu(ui: &mut Ui, inputs: &Inputs<'_>, sums_days: bool, commands: &mut Vec<Command>) {
    let (view, options) = (inputs.state.view, inputs.state.options);
    let draws_lines = !matches!(view, View::Heatmap | View::Table);
    let changed = ChartOptions::default() != options;
    let [word, name, tip] = text::options_button();
    let button = widgets::toggle(ui, changed, word, name, tip);
    Popup::menu(&button)
        .width(WIDTH)
        .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| {
            ui.spacing_mut().item_spacing.y = 6.0;
            let means = sums_days && view != View::Heatmap;
            for (is_there, is_on, words, command) in [
                (
                    means,
                    options.mean,
                    text::mean_option(),
                    Command::ToggleMean,
                ),
                (
                    view != View::Heatmap,
                    options.share,
                    text::share_option(),
                    Command::ToggleShare,
                ),
                (
                    draws_lines,
                    options.log,
                    text::log_option(),
                    Command::ToggleLog,
                ),
                (
                    matches!(view, View::ByEventType | View::ByRegion),
                    options.same_scale,
                    text::same_scale_option(),
                    Command::ToggleSameScale,
                ),
            ] {
                let [word, tip] = words;
                let mut is_on = is_on;
                if is_there && ui.checkbox(&mut is_on, word).on_hover_text(tip).clicked() {
                    commands.push(command);
                }
            }
            if matches!(view, View::Table) {
                return;
            }
            let mut compares = inputs.state.compare;
            if view != View::Heatmap && ui.checkbox(&mut compares, text::compare()).clicked() {
                commands.push(Command::ToggleCompare);
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
