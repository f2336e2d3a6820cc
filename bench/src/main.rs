//! What the extension costs, as ratios of one run: `make bench-extension` writes them to docs/benchmarks.md.

mod database;
mod events;
mod measure;
mod report;

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use clap::Parser;

use crate::measure::Plan;

/// Measures the extension against a plain COPY on the same server.
#[derive(Debug, Parser)]
struct Options {
    /// A superuser of a server with the extension installed; databases musicstream_bench_* are made anew and dropped
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// Events stored beforehand, in millions; one measurement each
    #[arg(long, value_delimiter = ',', default_values_t = [1.0, 5.0])]
    stored: Vec<f64>,
    /// The sizes of the project's targets: 1, 10 and 50 million events
    #[arg(long, conflicts_with = "stored")]
    full: bool,
    /// Spread what is stored over this many days at each size, rather than 500,000 a day: days grow fuller with the size
    #[arg(long)]
    days: Option<i64>,
    /// Rows a batch
    #[arg(long, default_value_t = 100_000)]
    batch_rows: usize,
    /// Batches that are measured at each size
    #[arg(long, default_value_t = 12)]
    batches: usize,
    /// Writes the result into this file, in place of the last one; else to the standard output
    #[arg(long)]
    write: Option<PathBuf>,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let plan = Plan {
        stored_millions: if options.full {
            vec![1.0, 10.0, 50.0]
        } else {
            options.stored
        },
        batch_rows: options.batch_rows,
        batches: options.batches,
        // The last that is over, whatever the hour: its noon is no clock that is ahead.
        day: i64::try_from(now.as_secs() / 86_400)? - 1,
        days: options.days,
    };
    let figures = measure::measure(&options.database_url, &plan)?;
    let text = report::section(&plan, &figures);
    match options.write {
        Some(path) => {
            let old = std::fs::read_to_string(&path).unwrap_or_default();
            std::fs::write(&path, report::replaced(&old, &text))
                .with_context(|| format!("cannot write {}", path.display()))
        }
        None => {
            print!("{text}");
            Ok(())
        }
    }
}
