//! The section of the extension part, and its plot.

use std::path::Path;

use anyhow::Result;

use super::{AtSize, BatchTimes, Figures, Plan};
use crate::document::table;
use crate::plot;
use crate::stats::median;

pub(crate) fn section(
    plan: &Plan,
    figures: &Figures,
    pictures: &Path,
    link: &str,
) -> Result<String> {
    let mut text = include_str!("introduction.md")
        .replace("{rows}", &plan.batch_rows.to_string())
        .replace("{batches}", &plan.batches.to_string());
    text += "\n### A batch against a plain COPY\n\n";
    text += &against_copy(plan, &figures.sizes);
    text += "\n### A batch and the rollup after it, by the number of stored events\n\n";
    text += &picture(plan, &figures.sizes, pictures, link)?;
    text += &batch_and_rollup(&figures.sizes);
    text += "\nA rollup without pending deltas, and one query of `musicstream_status`:\n\n";
    text += &table(
        &["events stored", "rollup, ms", "status, ms"],
        &figures
            .sizes
            .iter()
            .map(|size| vec![millions(size), ms(&size.idle_rollup), ms(&size.status)])
            .collect::<Vec<_>>(),
    );
    text += "\n### Reading the daily numbers\n\n";
    text += &reading(&figures.sizes);
    text += &format!(
        "\n`select * from live_daily_metrics` over {} days × 3 types × 50 regions, with 120 batches of a minute pending ({} rows): {} ms.\n",
        plan.history_days,
        figures.history_rows,
        ms(&figures.history),
    );
    Ok(text)
}

fn millions(size: &AtSize) -> String {
    format!("{} M over {} days", size.stored as f64 / 1e6, size.days)
}

fn ms(seconds: &[f64]) -> String {
    format!("{:.2}", median(seconds) * 1e3)
}

fn against_copy(plan: &Plan, sizes: &[AtSize]) -> String {
    let rows = plan.batch_rows as f64;
    let rate = |seconds: &[f64]| format!("{:.0}", rows / median(seconds) / 1e3);
    table(
        &[
            "events stored",
            "upsert relative to plain COPY",
            "upsert relative to sorted COPY",
            "with events stored, relative to without",
            "plain COPY, thousand/s",
            "sorted COPY",
            "upsert, nothing stored",
            "upsert, events stored",
        ],
        &sizes
            .iter()
            .map(|size| {
                let (empty, stored) = (&size.narrow.upsert_empty, &size.narrow.upsert_stored);
                vec![
                    millions(size),
                    format!("{:.2}", median(&size.copy) / median(stored)),
                    format!("{:.2}", median(&size.copy_sorted) / median(stored)),
                    format!("{:.2}", median(empty) / median(stored)),
                    rate(&size.copy),
                    rate(&size.copy_sorted),
                    rate(empty),
                    rate(stored),
                ]
            })
            .collect::<Vec<_>>(),
    )
}

/// Medians of the sums of a batch and its rollup: (nothing stored, events stored).
fn together(times: &BatchTimes) -> (f64, f64) {
    let sum = |upserts: &[f64], rollups: &[f64]| {
        let sums: Vec<f64> = upserts
            .iter()
            .zip(rollups)
            .map(|(upsert, rollup)| upsert + rollup)
            .collect();
        median(&sums)
    };
    (
        sum(&times.upsert_empty, &times.rollup_empty),
        sum(&times.upsert_stored, &times.rollup_stored),
    )
}

fn batch_and_rollup(sizes: &[AtSize]) -> String {
    let mut rows = Vec::new();
    for (what, times) in [
        (
            "half a second, 1 % late",
            (|size| &size.narrow) as fn(&AtSize) -> &BatchTimes,
        ),
        ("22 hours", |size| &size.wide),
    ] {
        let mut first = None;
        for size in sizes {
            let times = times(size);
            let (empty, stored) = together(times);
            let ratio = stored / empty;
            rows.push(vec![
                what.to_owned(),
                millions(size),
                format!("{ratio:.2}"),
                format!("{:.2}", ratio / *first.get_or_insert(ratio)),
                format!("{:.0}", median(&times.pending_deltas)),
                ms(&times.upsert_stored),
                ms(&times.rollup_stored),
                format!("{:.2}", stored * 1e3),
                ms(&times.upsert_empty),
                ms(&times.rollup_empty),
            ]);
        }
    }
    table(
        &[
            "time span of the batch",
            "events stored",
            "both together, relative to an empty database",
            "relative to the first line",
            "pending deltas",
            "upsert, ms",
            "rollup, ms",
            "together, ms",
            "nothing stored: upsert, ms",
            "rollup, ms",
        ],
        &rows,
    )
}

fn reading(sizes: &[AtSize]) -> String {
    table(
        &[
            "events stored",
            "`GROUP BY` over raw, ms",
            "refresh of a materialized view, ms",
            "reading it, ms",
            "`live_daily_metrics`, ms",
        ],
        &sizes
            .iter()
            .map(|size| {
                let reading = &size.reading;
                vec![
                    millions(size),
                    ms(&reading.group_by),
                    ms(&reading.refresh),
                    ms(&reading.materialized),
                    ms(&reading.live),
                ]
            })
            .collect::<Vec<_>>(),
    )
}

fn picture(plan: &Plan, sizes: &[AtSize], folder: &Path, link: &str) -> Result<String> {
    let line = |name: &str, seconds: fn(&AtSize) -> f64| -> plot::Series<(f64, f64)> {
        let points = sizes
            .iter()
            .map(|size| (size.stored as f64 / 1e6, seconds(size) * 1e3));
        (name.to_owned(), points.collect())
    };
    plot::lines(
        &folder.join("stored.png"),
        &format!(
            "A batch of {} events and the rollup after it",
            plan.batch_rows
        ),
        ("million events stored beforehand", "milliseconds"),
        &[
            line("half a second", |size| together(&size.narrow).1),
            line("22 hours", |size| together(&size.wide).1),
            line("22 hours: its rollup", |size| {
                median(&size.wide.rollup_stored)
            }),
        ],
    )?;
    Ok(format!(
        "![milliseconds of a batch and its rollup, by number of stored events]({link}/stored.png)\n\n"
    ))
}
