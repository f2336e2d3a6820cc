//! Counts the generated records by kind.

use crate::Record;
use crate::fault::Fault;
use crate::mix::Kind;

/// The records of a run, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    regular: u64,
    /// Records that repeat an earlier one exactly.
    pub duplicates: u64,
    /// Events that arrive days after they happened.
    pub late: u64,
    /// Events that arrive seconds to minutes after later ones.
    pub out_of_order: u64,
    malformed: [u64; Fault::ALL.len()],
}

impl Counts {
    /// Counts one more record.
    pub fn add(&mut self, record: &Record) {
        match record.kind {
            Kind::Regular => self.regular += 1,
            Kind::Duplicate => self.duplicates += 1,
            Kind::Late => self.late += 1,
            Kind::OutOfOrder => self.out_of_order += 1,
            Kind::Malformed => {}
        }
        for (count, fault) in self.malformed.iter_mut().zip(Fault::ALL) {
            *count += u64::from(record.fault == Some(fault));
        }
    }

    /// All records.
    pub fn records(&self) -> u64 {
        self.distinct() + self.duplicates + self.malformed()
    }

    /// Well-formed events, each counted once.
    pub fn distinct(&self) -> u64 {
        self.regular + self.late + self.out_of_order
    }

    /// Malformed records.
    pub fn malformed(&self) -> u64 {
        self.malformed.iter().sum()
    }

    /// Malformed records by the name of their fault; only faults that occurred.
    pub fn faults(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let all = Fault::ALL.map(Fault::name).into_iter().zip(self.malformed);
        all.filter(|(_, count)| *count > 0)
    }
}
