//! All series of one slot, largest first.

use super::shared::{Plot, Shared, color};
use crate::{
    calendar::format,
    data::{Count, Measure},
    page::{Chart, Line},
    ui::{text, theme},
};
use egui::{Align, Layout, Response, RichText, Sense, Tooltip, Ui, pos2, vec2};

const MOST: usize = 14;

/// Shows the day's numbers beside the crosshair.
pub(super) fn show(
    ui: &Ui,
    response: &Response,
    plot: &Plot,
    chart: &Chart,
    shared: &Shared<'_>,
    index: usize,
    pointed: Option<&str>,
) {
    let tokens = theme::tokens(ui);
    let y = response
        .hover_pos()
        .map_or(plot.rect.min.y + 8.0, |at| at.y);
    let at = pos2(plot.x(index) + 14.0, y + 8.0);
    let id = response.id.with("readout");
    Tooltip::always_open(ui.ctx().clone(), response.layer_id, id, at).show(|ui| {
        ui.spacing_mut().item_spacing = vec2(8.0, 3.0);
        ui.spacing_mut().interact_size.y = 16.0;
        let slot = shared.span.at(index);
        let ranking = chart.ranking(index);
        let counts: Vec<Count> = ranking.iter().filter_map(|(_, count)| *count).collect();
        let state = match shared.states[index] {
            state if state.is_complete() && counts.is_empty() => text::no_data(),
            state => text::state_of(shared.measure, state),
        };
        ui.horizontal(|ui| {
            ui.label(RichText::new(shared.grain.long(slot)).font(theme::bold(13.0)));
            ui.label(RichText::new(state).color(tokens.weak).small());
        });
        ui.label(
            RichText::new(text::title(&chart.title))
                .color(tokens.weak)
                .small(),
        );
        ui.add_space(3.0);
        let total = sum(&counts);
        let adds_up = shared.measure.adds_up();
        let mut read: Vec<_> = ranking.iter().take(MOST).collect();
        let is_pointed = |line: &Line| pointed == Some(line.full_name.as_str());
        let beyond = ranking.iter().skip(MOST).find(|(line, _)| is_pointed(line));
        if let Some(beyond) = beyond {
            // What is pointed at is read out, however many are larger.
            read.pop();
            read.push(beyond);
        }
        for (line, count) in read {
            let value = value(*count, shared);
            let share = beside(chart, line, *count, shared, index, total);
            let name = match covered(line.counts.days(index), shared, index) {
                Some(days) => format!("{} · {days}", line.name),
                None => line.name.clone(),
            };
            row(ui, Some(color(shared, line, tokens)), &name, &value, &share);
        }
        if ranking.len() > MOST {
            let more = text::and_more(ranking.len() - MOST);
            ui.label(RichText::new(more).color(tokens.weak).small());
        }
        // A rate of several is that of their sums, which is not theirs.
        let together = match shared.measure {
            Measure::SkipRate => chart.together(index),
            _ => adds_up.then_some(total),
        };
        if let Some(together) = together.filter(|_| counts.len() > 1) {
            ui.add_space(2.0);
            let together = shared.measure.exact(together.events);
            row(ui, None, text::all_of_these(), &together, "");
        }
        if let Some(slots) = shared.compared {
            let against = shared.grain.long(slot.plus(-slots));
            let words = text::change_against(&against);
            ui.label(RichText::new(words).color(tokens.weak).small());
        }
        if total.late_events > 0 {
            row(
                ui,
                None,
                text::late_among_them(),
                &format::grouped(total.late_events),
                "",
            );
        }
    });
}

fn row(ui: &mut Ui, color: Option<egui::Color32>, name: &str, value: &str, share: &str) {
    let tokens = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.set_width(290.0);
        let (dot, _) = ui.allocate_exact_size(vec2(9.0, 9.0), Sense::hover());
        if let Some(color) = color {
            ui.painter().circle_filled(dot.center(), 4.0, color);
        }
        ui.add(egui::Label::new(name).truncate());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(62.0, 15.0), Sense::hover());
            ui.painter().text(
                rect.right_center(),
                egui::Align2::RIGHT_CENTER,
                share,
                theme::font(11.5),
                tokens.weak,
            );
            ui.label(RichText::new(value).font(theme::bold(13.0)));
        });
    });
}

/// What stands beside a number: its share, the mean of seven days, or its change.
fn beside(
    chart: &Chart,
    line: &Line,
    count: Option<Count>,
    shared: &Shared<'_>,
    index: usize,
    total: Count,
) -> String {
    let share = chart.share(line, index);
    if let Some(share) = share.filter(|_| shared.options.share) {
        return text::share_of(share);
    }
    let mean = line.mean(index, shared.states);
    if let Some(mean) = mean.filter(|_| shared.options.mean) {
        return format!("⌀ {}", format::mean(mean.value()));
    }
    let Some(count) = count else {
        return String::new();
    };
    match (shared.compared, line.before.get(index)) {
        (Some(_), Some(before)) if shared.measure == Measure::SkipRate => {
            text::points(count.events - before.events)
        }
        (Some(_), Some(before)) if before.events > 0 => {
            let difference = count.events as f64 - before.events as f64;
            format::percent(difference / before.events as f64)
        }
        (None, _) if shared.measure.adds_up() && total.events > 0 => {
            let part = count.events as f64 / total.events as f64;
            format!("{:.0} %", part * 100.0)
        }
        _ => String::new(),
    }
}

/// One series' number of the day: exact, and no zero where there is none.
fn value(count: Option<Count>, shared: &Shared<'_>) -> String {
    count.map_or(text::no_data().into(), |count| {
        shared.measure.exact(count.events)
    })
}

fn sum(counts: &[Count]) -> Count {
    counts
        .iter()
        .fold(Count::default(), |sum, count| sum.plus(*count))
}

/// On how many of its days a week, a month or a window has rows, where those are not all.
fn covered(days: Option<usize>, shared: &Shared<'_>, index: usize) -> Option<String> {
    let of = shared
        .grain
        .day_count(shared.span.at(index))
        .max(shared.window);
    days.filter(|days| *days < of)
        .map(|days| text::covered(days, of))
}

/// The same as a sentence, for screen readers.
pub(super) fn sentence(chart: &Chart, shared: &Shared<'_>, index: usize) -> String {
    let values: Vec<String> = chart
        .ranking(index)
        .into_iter()
        .map(|(line, count)| {
            let said = match count {
                Some(count) if count.late_events > 0 => {
                    let number = value(Some(count), shared);
                    text::late_of(&number, count.late_events)
                }
                count => value(count, shared),
            };
            let mean = line
                .mean(index, shared.states)
                .filter(|_| shared.options.mean);
            let share = chart.share(line, index).filter(|_| shared.options.share);
            let more = [
                covered(line.counts.days(index), shared, index),
                mean.map(text::mean_of_days),
                share.map(text::share_of),
            ];
            let said: Vec<String> = [said]
                .into_iter()
                .chain(more.into_iter().flatten())
                .collect();
            format!("{} {}", line.name, said.join(", "))
        })
        .collect();
    format!(
        "{}, {}: {}",
        shared.grain.long(shared.span.at(index)),
        text::state_of(shared.measure, shared.states[index]),
        values.join("; ")
    )
}
