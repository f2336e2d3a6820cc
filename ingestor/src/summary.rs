//! What `load` and `stream --until-end` say at their end.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use crate::args::OutputFormat;

/// Totals of a run. `read` = inserted + duplicate + conflicting + rejected once all is committed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) read: u64,
    pub(crate) inserted: u64,
    pub(crate) duplicate: u64,
    pub(crate) conflicting: u64,
    pub(crate) rejected: u64,
}

/// Rejected records by reason.
pub(crate) type Rejects = BTreeMap<String, u64>;

/// What became of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) totals: Totals,
    pub(crate) rejects: Rejects,
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
        // A reader that has gone is no error: all is stored.
        let _ = writeln!(std::io::stdout(), "{}", self.render(elapsed, output));
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

#[cfg(test)]
mod tests {
    use super::*;

    const TOTALS: Totals = Totals {
        read: 10,
        inserted: 5,
        duplicate: 3,
        conflicting: 1,
        rejected: 1,
    };

    #[test]
    fn json_has_the_names_that_scripts_rely_on() {
        let text = TOTALS.render(Duration::from_millis(2500), OutputFormat::Json);
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        for (name, count) in [
            ("read", 10),
            ("inserted", 5),
            ("duplicate", 3),
            ("conflicting", 1),
            ("rejected", 1),
        ] {
            assert_eq!(json[name], count, "{name}");
        }
        assert_eq!(json["seconds"], 2.5);
        assert_eq!(json["events_per_second"], 4.0);
    }

    #[test]
    fn text_has_all_figures() {
        let text = TOTALS.render(Duration::from_millis(2500), OutputFormat::Text);
        assert_eq!(
            text,
            "read 10  inserted 5  duplicate 3  conflicting 1  rejected 1  in 2.5 s (4 events/s)"
        );
    }
}
