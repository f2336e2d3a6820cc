//! What was generated.

use std::time::Duration;

use super::fault::Fault;
use super::mix::Kind;

/// Counts of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Summary {
    regular: u64,
    duplicates: u64,
    late: u64,
    out_of_order: u64,
    malformed: [u64; Fault::ALL.len()],
    pub(super) bytes: u64,
    /// Records that the broker did not take.
    pub(super) undelivered: u64,
}

impl Summary {
    pub(super) fn add(&mut self, kind: Kind, fault: Option<Fault>) {
        match kind {
            Kind::Regular => self.regular += 1,
            Kind::Duplicate => self.duplicates += 1,
            Kind::Late => self.late += 1,
            Kind::OutOfOrder => self.out_of_order += 1,
            Kind::Malformed => {}
        }
        for (count, one) in self.malformed.iter_mut().zip(Fault::ALL) {
            *count += u64::from(fault == Some(one));
        }
    }

    pub(super) fn records(&self) -> u64 {
        self.distinct() + self.duplicates + self.malformed.iter().sum::<u64>()
    }

    /// Well-formed events, each counted once.
    fn distinct(&self) -> u64 {
        self.regular + self.late + self.out_of_order
    }

    fn faults(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Fault::ALL
            .map(Fault::name)
            .into_iter()
            .zip(self.malformed)
            .filter(|(_, count)| *count > 0)
    }

    pub(super) fn text(&self, target: &str, elapsed: Duration) -> String {
        let seconds = elapsed.as_secs_f64().max(1e-9);
        let malformed: u64 = self.malformed.iter().sum();
        let kinds: Vec<String> = self
            .faults()
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        let kinds = if kinds.is_empty() {
            String::new()
        } else {
            format!(" ({})", kinds.join(", "))
        };
        let undelivered = match self.undelivered {
            0 => String::new(),
            count => format!("  undelivered {count}"),
        };
        format!(
            "generated {} records to {target}: distinct events {}, of them late {} and out of order {}  duplicates {}  malformed {malformed}{kinds}{undelivered}  in {seconds:.1} s ({:.0} records/s)",
            self.records(),
            self.distinct(),
            self.late,
            self.out_of_order,
            self.duplicates,
            self.records() as f64 / seconds,
        )
    }

    pub(super) fn json(&self, target: &str, elapsed: Duration) -> serde_json::Value {
        let seconds = elapsed.as_secs_f64().max(1e-9);
        let faults: serde_json::Map<String, serde_json::Value> = self
            .faults()
            .map(|(name, count)| (name.to_owned(), count.into()))
            .collect();
        serde_json::json!({
            "target": target,
            "records": self.records(),
            "distinct": self.distinct(),
            "duplicates": self.duplicates,
            "late": self.late,
            "out_of_order": self.out_of_order,
            "malformed": self.malformed.iter().sum::<u64>(),
            "malformed_by_kind": faults,
            "undelivered": self.undelivered,
            "bytes": self.bytes,
            "seconds": (seconds * 1000.0).round() / 1000.0,
            "records_per_second": (self.records() as f64 / seconds).round(),
        })
    }
}
