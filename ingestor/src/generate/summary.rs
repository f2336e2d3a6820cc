//! What `generate` prints at its end.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::Produced;
use crate::output::{Output, rate, rounded};

#[derive(Serialize)]
pub(super) struct Summary {
    target: String,
    records: u64,
    distinct: u64,
    duplicates: u64,
    late: u64,
    out_of_order: u64,
    malformed: u64,
    malformed_by_kind: BTreeMap<&'static str, u64>,
    /// Records that the broker did not acknowledge.
    undelivered: u64,
    bytes: u64,
    seconds: f64,
    records_per_second: f64,
}

impl Summary {
    pub(super) fn new(
        target: &str,
        produced: &Produced,
        undelivered: u64,
        elapsed: Duration,
    ) -> Summary {
        let counts = &produced.counts;
        let seconds = elapsed.as_secs_f64().max(1e-9);
        Summary {
            target: target.to_owned(),
            records: counts.records(),
            distinct: counts.distinct(),
            duplicates: counts.duplicates,
            late: counts.late,
            out_of_order: counts.out_of_order,
            malformed: counts.malformed(),
            malformed_by_kind: counts.faults().collect(),
            undelivered,
            bytes: produced.bytes,
            seconds: rounded(seconds),
            records_per_second: rate(counts.records(), seconds),
        }
    }
}

impl Output for Summary {
    fn text(&self) -> String {
        let faults: Vec<String> = self
            .malformed_by_kind
            .iter()
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
        let Summary {
            target,
            records,
            distinct,
            duplicates,
            late,
            out_of_order,
            malformed,
            seconds,
            records_per_second,
            ..
        } = self;
        format!(
            "generated {records} records to {target}: distinct events {distinct}, of them late {late} and out of order \
             {out_of_order}  duplicates {duplicates}  malformed {malformed}{faults}{undelivered}  in {seconds:.1} s \
             ({records_per_second} records/s)"
        )
    }
}
