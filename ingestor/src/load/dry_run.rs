//! `load --dry-run`: decodes files without a database.

use std::path::PathBuf;

use anyhow::Context;
use serde::Serialize;

use crate::advice::advice;
use crate::args::OutputFormat;
use crate::counts::{Rejects, Totals};
use crate::file::{FileArgs, FileReader};
use crate::output::{Output, line_of_counts};
use crate::shutdown::Shutdown;
use crate::summary::Ending;

/// Counts by the rules that need no database. The database may still refuse an event type or a time.
#[derive(Debug, Serialize)]
struct Counts {
    read: u64,
    valid: u64,
    rejected: u64,
    reasons: Rejects,
    complete: Option<bool>,
    advice: Option<String>,
    #[serde(skip)]
    prefix: &'static str,
}

/// Decodes the files one after the other, logs each invalid row, and prints the counts.
///
/// # Errors
/// A file cannot be read to its end, or the run was interrupted.
pub(super) fn run(
    files: &[PathBuf],
    args: &FileArgs,
    output: OutputFormat,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let mut totals = Totals::default();
    let mut reasons = Rejects::new();
    let mut ending = Ending::AtEnd;
    for path in files {
        let mut reader = FileReader::open(path, args)?;
        while let Some(record) = reader
            .next_record()
            .with_context(|| format!("cannot read {}", path.display()))?
        {
            if shutdown.is_asked() {
                break;
            }
            totals.read += 1;
            if let Err(rejection) = record.event {
                tracing::warn!("{}, line {}: {rejection}", path.display(), record.line);
                totals.rejected += 1;
                let reason = rejection.reason.as_str().to_owned();
                *reasons.entry(reason).or_default() += 1;
            }
        }
        // Also at the end of the input: the program that writes it may have been interrupted as well.
        if shutdown.is_asked() {
            ending = Ending::Interrupted;
            break;
        }
    }
    let counts = Counts {
        read: totals.read,
        valid: totals.read - totals.rejected,
        rejected: totals.rejected,
        complete: ending.is_complete(),
        advice: advice(&totals, &reasons),
        prefix: ending.prefix(),
        reasons,
    };
    counts.print(output);
    anyhow::ensure!(ending != Ending::Interrupted, "interrupted before the end");
    Ok(())
}

impl Output for Counts {
    fn text(&self) -> String {
        let counts = line_of_counts([
            ("read", self.read),
            ("valid", self.valid),
            ("would be rejected", self.rejected),
        ]);
        let reasons = self
            .reasons
            .iter()
            .map(|(reason, count)| format!("  {reason} {count}"));
        let lines: Vec<String> = [format!("{}{counts}", self.prefix)]
            .into_iter()
            .chain(reasons)
            .chain(self.advice.clone())
            .collect();
        lines.join("\n")
    }
}
