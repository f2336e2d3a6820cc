//! The line at the bottom: what was read, how fast, and what just happened.

use super::{
    app::{Memory, Scene},
    theme,
};
use crate::model::format;
use egui::{Align, Layout, RichText, Ui, WidgetInfo, accesskit::Role};

pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, memory: &Memory) {
    let tokens = theme::tokens(ui);
    let mut facts = Vec::new();
    if scene.board.is_some() {
        facts.push(format::count(scene.data.cells.len() as i64, "row", "rows"));
        if !scene.latest.query_time.is_zero() {
            facts.push(format!(
                "read in {} ms",
                scene.latest.query_time.as_millis().max(1)
            ));
        }
        facts.push(format!(
            "numbers of {} UTC",
            format::clock(scene.data.status.now)
        ));
        let rejected = scene.data.status.rejected;
        if rejected > 0 {
            facts.push(format!(
                "{} refused",
                format::count(rejected, "event", "events")
            ));
        }
        if scene.data.status.staged > 0 {
            facts.push(format!(
                "{} waiting in the inbox",
                format::grouped(scene.data.status.staged)
            ));
        }
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 18.0;
        let label = ui.label(
            RichText::new(facts.join("  ·  "))
                .small()
                .color(tokens.weak),
        );
        label.widget_info(|| WidgetInfo::labeled(Role::Label, true, facts.join(", ")));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            match &memory.notice {
                Some(notice) => {
                    ui.label(RichText::new(notice).small().color(tokens.text));
                }
                None => {
                    let words = "Days are UTC days  ·  F1 for help";
                    ui.label(RichText::new(words).small().color(tokens.weak));
                }
            }
        });
    });
}
