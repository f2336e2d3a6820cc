//! The section of the scale part.

use super::{Figures, Layout, Run};
use crate::document::table;
use crate::stats::median;

pub(crate) fn section(figures: &Figures) -> String {
    let of = |runs: &[Run], value: fn(&Run) -> f64| {
        median(&runs.iter().map(value).collect::<Vec<f64>>())
    };
    let one = figures
        .runs
        .iter()
        .find(|(layout, _)| *layout == Layout::One)
        .map_or(f64::NAN, |(_, runs)| of(runs, |run| run.seconds));
    let million = figures.records / 1e6;
    let rows: Vec<Vec<String>> = figures
        .runs
        .iter()
        .map(|(layout, runs)| {
            let seconds = of(runs, |run| run.seconds);
            let rate = |seconds: f64| format!("{:.0}", figures.records / seconds / 1e3);
            let extreme = |pick: fn(f64, f64) -> f64| {
                rate(
                    runs.iter()
                        .map(|run| run.seconds)
                        .reduce(pick)
                        .unwrap_or(f64::NAN),
                )
            };
            vec![
                layout.title().to_owned(),
                format!("{:.2}", one / seconds),
                rate(seconds),
                format!("{}–{}", extreme(f64::max), extreme(f64::min)),
                format!("{seconds:.2}"),
                format!("{:.2}", of(runs, |run| run.client_cpu) / million),
                format!("{:.2}", of(runs, |run| run.postgres_cpu) / million),
                format!("{:.2}", of(runs, |run| run.verify_seconds)),
            ]
        })
        .collect();
    let mut text = include_str!("introduction.md").to_owned();
    text += &format!(
        "\n{} records over {} days, 1 % duplicates; medians of {} rounds.\n\n",
        figures.records,
        figures.days,
        figures.runs.first().map_or(0, |(_, runs)| runs.len()),
    );
    text += &table(
        &[
            "layout",
            "relative to one Postgres",
            "thousand events/s",
            "lowest–highest",
            "seconds",
            "CPU s per million events: ingestors",
            "Postgres",
            "`musicstream_verify()`, s",
        ],
        &rows,
    );
    for layout in &figures.left_out {
        text += &format!("\nLeft out: {layout}: the server has no extension citus.\n");
    }
    text
}
