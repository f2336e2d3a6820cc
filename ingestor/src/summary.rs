//! What `load` and `stream --until-end` say at their end.

use std::time::Duration;

use crate::cli::OutputFormat;

/// Totals of a run. `read` = inserted + duplicate + conflicting + rejected once all is committed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) read: u64,
    pub(crate) inserted: u64,
    pub(crate) duplicate: u64,
    pub(crate) conflicting: u64,
    pub(crate) rejected: u64,
}

impl Totals {
    pub(crate) fn add(&mut self, other: &Totals) {
        self.read += other.read;
        self.inserted += other.inserted;
        self.duplicate += other.duplicate;
        self.conflicting += other.conflicting;
        self.rejected += other.rejected;
    }

    /// Prints the summary on standard output.
    pub(crate) fn print(&self, elapsed: Duration, output: OutputFormat) {
        println!("{}", self.render(elapsed, output));
    }

    fn render(&self, elapsed: Duration, output: OutputFormat) -> String {
        let seconds = elapsed.as_secs_f64();
        let rate = if seconds > 0.0 {
            self.read as f64 / seconds
        } else {
            0.0
        };
        match output {
            OutputFormat::Text => format!(
                "read {}  inserted {}  duplicate {}  conflicting {}  rejected {}  in {:.1} s ({:.0} events/s)",
                self.read,
                self.inserted,
                self.duplicate,
                self.conflicting,
                self.rejected,
                seconds,
                rate
            ),
            OutputFormat::Json => serde_json::json!({
                "read": self.read,
                "inserted": self.inserted,
                "duplicate": self.duplicate,
                "conflicting": self.conflicting,
                "rejected": self.rejected,
                "seconds": (seconds * 1000.0).round() / 1000.0,
                "events_per_second": rate.round(),
            })
            .to_string(),
        }
    }
}
