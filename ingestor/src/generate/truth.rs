//! What sessions were made to mean: the numbers that a count over their events must find.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::output::Output;
use super::schedule::{MICROS_PER_DAY, MICROS_PER_SECOND};
use super::session::{Heard, STREAM_AFTER};
use super::text::push_date;

const CSV_HEADER: &str = "day,region,plays,streams,skips,listening_seconds,sessions";

/// Numbers by UTC day and region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Truth {
    days: BTreeMap<(i64, u16), Numbers>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) plays: u64,
    pub(super) streams: u64,
    pub(super) skips: u64,
    /// In microseconds.
    pub(super) listening: i64,
    pub(super) sessions: u64,
}

impl Truth {
    /// A session counts where its first event lies.
    pub(super) fn add_session(&mut self, ts: i64, region: u16) {
        self.of(ts, region).sessions += 1;
    }

    /// A play counts where it begins; its time counts on the days that it falls on.
    pub(super) fn add_play(&mut self, ts: i64, region: u16, heard: Heard) {
        let numbers = self.of(ts, region);
        numbers.plays += 1;
        if heard.length >= STREAM_AFTER {
            numbers.streams += 1;
        } else if heard.is_ended {
            numbers.skips += 1;
        }
        let (mut from, end) = (ts, ts + heard.length);
        while from < end {
            let midnight = (from.div_euclid(MICROS_PER_DAY) + 1) * MICROS_PER_DAY;
            let until = end.min(midnight);
            self.of(from, region).listening += until - from;
            from = until;
        }
    }

    fn of(&mut self, ts: i64, region: u16) -> &mut Numbers {
        let day = ts.div_euclid(MICROS_PER_DAY);
        self.days.entry((day, region)).or_default()
    }

    /// By day, as days since 1970, and region, as its place in the plan.
    pub(super) fn days(&self) -> impl Iterator<Item = ((i64, u16), Numbers)> {
        self.days.iter().map(|(key, numbers)| (*key, *numbers))
    }

    /// Writes a CSV file; `regions` are the names as they stand in CSV.
    pub(super) fn write(&self, path: &Path, regions: &[String]) -> io::Result<()> {
        let mut output = Output::to_file(path)?;
        output.put(CSV_HEADER.as_bytes())?;
        let mut line = Vec::new();
        for ((day, region), numbers) in self.days() {
            line.clear();
            push_date(&mut line, day);
            let rest = format!(
                ",{},{},{},{},{}.{:06},{}",
                regions[usize::from(region)],
                numbers.plays,
                numbers.streams,
                numbers.skips,
                numbers.listening / MICROS_PER_SECOND,
                numbers.listening % MICROS_PER_SECOND,
                numbers.sessions,
            );
            line.extend_from_slice(rest.as_bytes());
            output.put(&line)?;
        }
        output.finish()
    }
}
