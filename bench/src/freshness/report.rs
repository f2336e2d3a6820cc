//! The section of the freshness part, and its plot.

use std::path::Path;

use anyhow::Result;

use super::{AtRate, Plan};
use crate::document::table;
use crate::plot::{self, Bars, Series};
use crate::stats::percentile;

pub(crate) fn section(
    plan: &Plan,
    figures: &[AtRate],
    pictures: &Path,
    link: &str,
) -> Result<String> {
    let labels: Vec<String> = figures
        .iter()
        .map(|at| format!("{} events/s", at.rate))
        .collect();
    let of = |name: &str, share: f64| -> Series<f64> {
        let values = figures.iter().map(|at| percentile(&at.milliseconds, share));
        (name.to_owned(), values.collect())
    };
    plot::bars(
        &pictures.join("freshness.png"),
        "From producing to visibility in live_daily_metrics",
        "milliseconds",
        &labels,
        &[of("median", 0.5), of("99th percentile", 0.99)],
        Bars::Beside,
    )?;
    let ms = |at: &AtRate, share| format!("{:.0}", percentile(&at.milliseconds, share));
    let share_of_a_core =
        |at: &AtRate, seconds: f64| format!("{:.1}", seconds / at.seconds * 100.0);
    let rows: Vec<Vec<String>> = figures
        .iter()
        .map(|at| {
            let cpu = &at.usage.cpu;
            vec![
                at.rate.to_string(),
                ms(at, 0.5),
                ms(at, 0.99),
                ms(at, 1.0),
                at.milliseconds.len().to_string(),
                format!("{:.1}", at.seconds * 1e3 / at.queries as f64),
                share_of_a_core(at, cpu.client),
                share_of_a_core(at, cpu.postgres),
                share_of_a_core(at, cpu.broker),
                format!("{:.0}", at.usage.peak.client / 1e6),
            ]
        })
        .collect();
    let text =
        include_str!("introduction.md").replace("{seconds}", &plan.duration.as_secs().to_string());
    Ok(format!(
        "{text}\n![milliseconds from producing to visibility, by rate]({link}/freshness.png)\n\n"
    ) + &table(
        &[
            "events/s",
            "median, ms",
            "99th percentile, ms",
            "slowest, ms",
            "events",
            "between two queries, ms",
            "ingestor, % of a core",
            "Postgres, queries included",
            "broker",
            "memory of the ingestor, MB",
        ],
        &rows,
    ))
}
