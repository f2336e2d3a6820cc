//! What `generate` prints at its end.

use std::time::Duration;

use musicstream_generator::Counts;

use super::Produced;
use crate::args::OutputFormat;

pub(super) struct Summary {
    target: String,
    counts: Counts,
    bytes: u64,
    /// Records that the broker did not acknowledge.
    undelivered: u64,
    elapsed: Duration,
}

impl Summary {
    pub(super) fn new(
        target: &str,
        produced: Produced,
        undelivered: u64,
        elapsed: Duration,
    ) -> Summary {
        Summary {
            target: target.to_owned(),
            counts: produced.counts,
            bytes: produced.bytes,
            undelivered,
            elapsed,
        }
    }

    /// Prints the summary; in text form always on standard error.
    pub(super) fn print(&self, output: OutputFormat, stdout_is_target: bool) {
        match output {
            OutputFormat::Text => eprintln!("{}", self.text()),
            OutputFormat::Json if stdout_is_target => eprintln!("{}", self.json()),
            OutputFormat::Json => println!("{}", self.json()),
        }
    }

    fn seconds(&self) -> f64 {
        self.elapsed.as_secs_f64().max(1e-9)
    }

    pub(super) fn text(&self) -> String {
        let (counts, seconds) = (&self.counts, self.seconds());
        let faults: Vec<String> = counts
            .faults()
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        let faults = if faults.is_empty() {
            String::new()
        } else {
            format!(" ({})", faults.join(", "))
        };
        let undelivered = match self.undelivered {
            0 => String::new(),
            count => format!("  undelivered {count}"),
        };
        format!(
            "generated {} records to {}: distinct events {}, of them late {} and out of order {}  duplicates {}  malformed {}{faults}{undelivered}  in {seconds:.1} s ({:.0} records/s)",
            counts.records(),
            self.target,
            counts.distinct(),
            counts.late,
            counts.out_of_order,
            counts.duplicates,
            counts.malformed(),
            counts.records() as f64 / seconds,
        )
    }

    pub(super) fn json(&self) -> serde_json::Value {
        let (counts, seconds) = (&self.counts, self.seconds());
        let faults: serde_json::Map<String, serde_json::Value> = counts
            .faults()
            .map(|(name, count)| (name.to_owned(), count.into()))
            .collect();
        serde_json::json!({
            "target": self.target,
            "records": counts.records(),
            "distinct": counts.distinct(),
            "duplicates": counts.duplicates,
            "late": counts.late,
            "out_of_order": counts.out_of_order,
            "malformed": counts.malformed(),
            "malformed_by_kind": faults,
            "undelivered": self.undelivered,
            "bytes": self.bytes,
            "seconds": (seconds * 1000.0).round() / 1000.0,
            "records_per_second": (counts.records() as f64 / seconds).round(),
        })
    }
}
