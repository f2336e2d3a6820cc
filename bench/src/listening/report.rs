//! The section of the listening part, and its plot.

use std::path::Path;

use anyhow::Result;

use super::{AtSize, Plan, Run};
use crate::document::table;
use crate::plot;
use crate::stats::median;
use crate::stored::ROWS_A_DAY;

/// A kind of run, and its figures.
type Kind = (&'static str, fn(&AtSize) -> &Vec<Run>);

const KINDS: [Kind; 3] = [
    ("one hour", |size| &size.hour),
    ("all hours of a day", |size| &size.day),
    ("none", |size| &size.idle),
];

pub(crate) fn section(
    plan: &Plan,
    sizes: &[AtSize],
    pictures: &Path,
    link: &str,
) -> Result<String> {
    let mut text = include_str!("introduction.md")
        .replace("{rate}", &ROWS_A_DAY.to_string())
        .replace("{rows}", &plan.batch_rows.to_string())
        .replace("{turns}", &plan.turns.to_string());
    text += "\n### A run, by the number of stored events\n\n";
    text += &picture(sizes, pictures, link)?;
    text += &runs(sizes);
    text += "\n### The first count of all stored events\n\n";
    text += &all(sizes);
    Ok(text)
}

fn stored(size: &AtSize) -> String {
    format!("{} M over {} days", size.stored as f64 / 1e6, size.days)
}

fn of_runs(runs: &[Run], figure: fn(&Run) -> f64) -> f64 {
    median(&runs.iter().map(figure).collect::<Vec<_>>())
}

fn runs(sizes: &[AtSize]) -> String {
    let mut rows = Vec::new();
    for (what, runs) in KINDS {
        let mut first = None;
        for size in sizes {
            let runs = runs(size);
            let seconds = of_runs(runs, |run| run.seconds);
            // The mean, because a run of some milliseconds is shorter than a tick of the CPU clock.
            let cpu: f64 = runs.iter().map(|run| run.cpu_seconds).sum();
            rows.push(vec![
                what.to_owned(),
                stored(size),
                format!("{:.2}", seconds / *first.get_or_insert(seconds)),
                format!("{:.1}", seconds * 1e3),
                format!("{:.1}", cpu / runs.len() as f64 * 1e3),
                format!("{:.0}", of_runs(runs, |run| run.hours_counted as f64)),
                format!("{:.0}", of_runs(runs, |run| run.events_read as f64)),
            ]);
        }
    }
    table(
        &[
            "touched since the last run",
            "events stored",
            "time relative to the first line",
            "ms",
            "CPU, ms",
            "hours counted",
            "events read",
        ],
        &rows,
    )
}

fn all(sizes: &[AtSize]) -> String {
    let million = |size: &AtSize| size.stored as f64 / 1e6;
    table(
        &[
            "events stored",
            "CPU, s per million events",
            "s",
            "thousand events/s",
            "events read, relative to those stored",
        ],
        &sizes
            .iter()
            .map(|size| {
                vec![
                    stored(size),
                    format!("{:.2}", size.all.cpu_seconds / million(size)),
                    format!("{:.1}", size.all.seconds),
                    format!("{:.0}", million(size) * 1e3 / size.all.seconds),
                    format!("{:.2}", size.all.events_read as f64 / size.stored as f64),
                ]
            })
            .collect::<Vec<_>>(),
    )
}

fn picture(sizes: &[AtSize], folder: &Path, link: &str) -> Result<String> {
    let lines = KINDS.map(|(what, runs)| -> plot::Series<(f64, f64)> {
        let points = sizes.iter().map(|size| {
            let seconds = of_runs(runs(size), |run| run.seconds);
            (size.stored as f64 / 1e6, seconds * 1e3)
        });
        (what.to_owned(), points.collect())
    });
    plot::lines(
        &folder.join("listening.png"),
        "Runs of musicstream_rollup_listening()",
        ("million events stored", "milliseconds"),
        &lines,
    )?;
    Ok(format!(
        "![milliseconds of a run, by number of stored events]({link}/listening.png)\n\n"
    ))
}
