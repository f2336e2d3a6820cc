//! `load --dry-run`: judges files without a database.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;

use crate::advice::advice;
use crate::args::OutputFormat;
use crate::counts::{Rejects, Totals};
use crate::file::{FileArgs, FileReader};
use crate::shutdown::Shutdown;
use crate::summary::Ending;

/// What files hold by the rules that need no database: it may still refuse an event type or a time.
#[derive(Debug, Default)]
struct Verdict {
    read: u64,
    valid: u64,
    rejects: Rejects,
}

/// Judges the files one after the other, names each bad row, and prints the summary.
///
/// # Errors
/// A file cannot be read to its end, or it was interrupted.
pub(super) fn run(
    files: &[PathBuf],
    args: &FileArgs,
    output: OutputFormat,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let mut verdict = Verdict::default();
    let mut ending = Ending::AtEnd;
    'files: for path in files {
        let mut reader = FileReader::open(path, args)?;
        while let Some(record) = reader
            .next_record()
            .with_context(|| format!("cannot judge {}", path.display()))?
        {
            if shutdown.is_asked() {
                ending = Ending::Interrupted;
                break 'files;
            }
            verdict.read += 1;
            match record.event {
                Ok(_) => verdict.valid += 1,
                Err(rejection) => {
                    tracing::warn!("{}, line {}: {rejection}", path.display(), record.line);
                    let reason = rejection.reason.as_str().to_owned();
                    *verdict.rejects.entry(reason).or_default() += 1;
                }
            }
        }
    }
    // A reader that has gone is no error.
    let _ = writeln!(std::io::stdout(), "{}", verdict.render(ending, output));
    anyhow::ensure!(ending != Ending::Interrupted, "interrupted before the end");
    Ok(())
}

impl Verdict {
    fn advice(&self) -> Option<String> {
        let totals = Totals {
            read: self.read,
            ..Totals::default()
        };
        advice(&totals, &self.rejects)
    }

    fn render(&self, ending: Ending, output: OutputFormat) -> String {
        let rejected: u64 = self.rejects.values().sum();
        match output {
            OutputFormat::Json => serde_json::json!({
                "read": self.read,
                "valid": self.valid,
                "rejected": rejected,
                "reasons": self.rejects,
                "complete": ending.is_complete(),
                "advice": self.advice(),
            })
            .to_string(),
            OutputFormat::Text => {
                let reasons: Vec<String> = self
                    .rejects
                    .iter()
                    .map(|(reason, count)| format!("\n  {reason} {count}"))
                    .collect();
                let advice = self.advice().map(|text| format!("\n{text}"));
                format!(
                    "{}read {}  valid {}  would be rejected {rejected}{}{}",
                    ending.prefix(),
                    self.read,
                    self.valid,
                    reasons.concat(),
                    advice.unwrap_or_default()
                )
            }
        }
    }
}
