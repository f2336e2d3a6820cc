//! The section of the ingest part, and its plots.

use std::path::Path;

use anyhow::Result;

use super::system::System;
use super::{Measured, Run};
use crate::document::table;
use crate::plot::{self, Bars, Series};
use crate::stats::median;

/// The section without title and circumstances. Plots are written to `pictures`, which the document links as `link`.
pub(crate) fn section(
    all: &[Measured],
    left_out: &[String],
    pictures: &Path,
    link: &str,
) -> Result<String> {
    let mut text = String::from(include_str!("introduction.md"));
    if !left_out.is_empty() {
        text += &format!("Left out on this machine: {}.\n", left_out.join("; "));
    }
    for (number, measured) in all
        .iter()
        .filter(|measured| measured.load.is_main)
        .enumerate()
    {
        let recipe = &measured.load.recipe;
        text += &format!(
            "\n### {}, {} million records, {} % duplicates\n\n",
            measured.load.title,
            recipe.records as f64 / 1e6,
            recipe.duplicates_percent
        );
        if number == 0 {
            text += &pictures_of(measured, pictures, link)?;
        }
        text += &speed(measured);
        text += "\n";
        text += &cost(measured);
    }
    let small: Vec<&Measured> = all
        .iter()
        .filter(|measured| !measured.load.is_main)
        .collect();
    if let Some(first) = small.first() {
        text += &format!(
            "\n### Duplicates and writers, {} million records over {} days\n\n",
            first.load.recipe.records as f64 / 1e6,
            first.load.recipe.days
        );
        text += &pairs(&small);
    }
    Ok(text)
}

impl Measured {
    fn median(&self, system: System, value: impl Fn(&Run) -> f64) -> f64 {
        let values: Vec<f64> = self
            .runs
            .get(&system)
            .into_iter()
            .flatten()
            .map(value)
            .collect();
        median(&values)
    }

    /// The median of the ratios of rates, round by round.
    fn ratio(&self, system: System, base: System) -> f64 {
        let of = |system| self.runs.get(&system).into_iter().flatten();
        let ratios: Vec<f64> = of(system)
            .zip(of(base))
            .map(|(run, base)| run.rate() / base.rate())
            .collect();
        median(&ratios)
    }

    fn extremes(&self, system: System) -> String {
        let rates = || self.runs.get(&system).into_iter().flatten().map(Run::rate);
        let (low, high) = (
            rates().fold(f64::INFINITY, f64::min),
            rates().fold(0.0, f64::max),
        );
        format!("{:.0}–{:.0}", low / 1e3, high / 1e3)
    }

    fn systems(&self) -> Vec<System> {
        self.load
            .systems
            .iter()
            .copied()
            .filter(|system| self.runs.contains_key(system))
            .collect()
    }
}

fn ratio(value: f64) -> String {
    if value.is_nan() {
        "–".to_owned()
    } else {
        format!("{value:.2}")
    }
}

fn speed(measured: &Measured) -> String {
    let rows: Vec<Vec<String>> = measured
        .systems()
        .into_iter()
        .map(|system| {
            vec![
                system.title().to_owned(),
                ratio(measured.ratio(system, System::Copy)),
                ratio(measured.ratio(system, System::Sorted)),
                format!("{:.0}", measured.median(system, Run::rate) / 1e3),
                measured.extremes(system),
                format!("{:.2}", measured.median(system, |run| run.outcome.seconds)),
                format!(
                    "{:.2}",
                    measured.median(system, |run| run.outcome.seconds_to_first_rows)
                ),
                format!("{:.2}", measured.median(system, |run| run.daily_seconds)),
            ]
        })
        .collect();
    table(
        &[
            "system",
            "relative to plain COPY",
            "relative to sorted COPY",
            "thousand events/s",
            "lowest–highest",
            "seconds",
            "seconds to the first rows",
            "daily numbers afterwards, s",
        ],
        &rows,
    )
}

fn cost(measured: &Measured) -> String {
    let rows: Vec<Vec<String>> = measured
        .systems()
        .into_iter()
        .map(|system| {
            let per_million = |value: fn(&Run) -> f64| {
                format!(
                    "{:.2}",
                    measured.median(system, |run| value(run) / run.events * 1e6)
                )
            };
            let per_event = |value: fn(&Run) -> f64| {
                format!(
                    "{:.0}",
                    measured.median(system, |run| value(run) / run.events)
                )
            };
            let megabytes =
                |value: fn(&Run) -> f64| format!("{:.0}", measured.median(system, value) / 1e6);
            vec![
                system.title().to_owned(),
                per_million(|run| run.outcome.usage.cpu.of_all()),
                per_million(|run| run.outcome.usage.cpu.client),
                per_million(|run| run.outcome.usage.cpu.postgres),
                per_million(|run| run.outcome.usage.cpu.broker),
                per_million(|run| run.daily_cpu.of_all()),
                per_million(|run| run.outcome.usage.cpu.machine),
                megabytes(|run| run.outcome.usage.peak.client),
                megabytes(|run| run.outcome.usage.peak.postgres),
                per_event(|run| run.wal_bytes),
                per_event(|run| run.disk_bytes),
            ]
        })
        .collect();
    table(
        &[
            "system",
            "CPU s per million events",
            "client",
            "Postgres",
            "broker",
            "daily numbers afterwards",
            "whole machine",
            "peak memory: client, MB",
            "peak memory: Postgres, not shared, MB",
            "WAL, bytes/event",
            "disk, bytes/event",
        ],
        &rows,
    )
}

fn pairs(all: &[&Measured]) -> String {
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|measured| {
            let ours = |value: fn(&Run) -> f64| measured.median(System::Ours, value);
            vec![
                measured.load.title.clone(),
                ratio(measured.ratio(System::Ours, System::Copy)),
                format!("{:.0}", ours(Run::rate) / 1e3),
                measured.extremes(System::Ours),
                format!("{:.2}", ours(|run| run.outcome.seconds)),
                format!(
                    "{:.2}",
                    measured.median(System::Copy, |run| run.outcome.seconds)
                ),
                format!(
                    "{:.2}",
                    ours(|run| run.outcome.usage.cpu.of_all() / run.events * 1e6)
                ),
            ]
        })
        .collect();
    table(
        &[
            "load",
            "pg_musicstream relative to plain COPY",
            "thousand records/s",
            "lowest–highest",
            "seconds",
            "plain COPY, seconds",
            "CPU s per million records",
        ],
        &rows,
    )
}

fn pictures_of(measured: &Measured, folder: &Path, link: &str) -> Result<String> {
    let systems = measured.systems();
    let labels: Vec<String> = systems
        .iter()
        .map(|system| system.title().to_owned())
        .collect();
    let of = |name: &str, value: fn(&Run) -> f64| -> Series<f64> {
        let values = systems
            .iter()
            .map(|system| measured.median(*system, value))
            .collect();
        (name.to_owned(), values)
    };
    let load = format!(
        "{} million records over {} days",
        measured.load.recipe.records as f64 / 1e6,
        measured.load.recipe.days
    );
    plot::bars(
        &folder.join("ingest-rate.png"),
        &format!("Events stored per second ({load})"),
        "thousand events/s",
        &labels,
        &[of("rate", |run| run.rate() / 1e3)],
        Bars::Stacked,
    )?;
    plot::bars(
        &folder.join("ingest-cpu.png"),
        &format!("Processor time ({load})"),
        "CPU seconds per million events",
        &labels,
        &[
            of("client", |run| {
                run.outcome.usage.cpu.client / run.events * 1e6
            }),
            of("Postgres", |run| {
                run.outcome.usage.cpu.postgres / run.events * 1e6
            }),
            of("broker", |run| {
                run.outcome.usage.cpu.broker / run.events * 1e6
            }),
            of("daily numbers afterwards", |run| {
                run.daily_cpu.of_all() / run.events * 1e6
            }),
        ],
        Bars::Stacked,
    )?;
    plot::bars(
        &folder.join("ingest-bytes.png"),
        &format!("Bytes written ({load})"),
        "bytes per event",
        &labels,
        &[
            of("WAL", |run| run.wal_bytes / run.events),
            of("disk", |run| run.disk_bytes / run.events),
        ],
        Bars::Beside,
    )?;
    let mut text = String::new();
    for (name, title) in [
        ("ingest-rate", "events stored per second, by system"),
        (
            "ingest-cpu",
            "processor time per million events, by system and process",
        ),
        (
            "ingest-bytes",
            "bytes of WAL and of files per event, by system",
        ),
    ] {
        text += &format!("![{title}]({link}/{name}.png)\n");
    }
    Ok(text + "\n")
}
