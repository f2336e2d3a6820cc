//! The figures of the generated sessions, with which a count over their events must agree.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use crate::output::Output;
use crate::schedule::{MICROS_PER_DAY, MICROS_PER_SECOND};
use crate::session::{PlayLength, STREAM_AFTER};
use crate::text::push_date;

const CSV_HEADER: &str = "day,region,plays,streams,skips,listening_seconds,sessions";

/// Figures by UTC day and region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Truth {
    days: BTreeMap<(i64, u16), Figures>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) plays: u64,
    pub(crate) streams: u64,
    pub(crate) skips: u64,
    /// Microseconds.
    pub(crate) listening: i64,
    pub(crate) sessions: u64,
}

impl Truth {
    /// A session counts for the day and the region of its first event.
    pub(crate) fn add_session(&mut self, ts: i64, region: u16) {
        self.entry(ts, region).sessions += 1;
    }

    /// A play counts for the day on which it begins; its listening time is divided among the days on which it falls.
    pub(crate) fn add_play(&mut self, ts: i64, region: u16, play: PlayLength) {
        let figures = self.entry(ts, region);
        figures.plays += 1;
        if play.length >= STREAM_AFTER {
            figures.streams += 1;
        } else if play.is_ended {
            figures.skips += 1;
        }
        let (mut from, end) = (ts, ts + play.length);
        while from < end {
            let midnight = (from.div_euclid(MICROS_PER_DAY) + 1) * MICROS_PER_DAY;
            let until = end.min(midnight);
            self.entry(from, region).listening += until - from;
            from = until;
        }
    }

    fn entry(&mut self, ts: i64, region: u16) -> &mut Figures {
        let day = ts.div_euclid(MICROS_PER_DAY);
        self.days.entry((day, region)).or_default()
    }

    /// By day, counted from 1970-01-01, and region, as its index in the plan.
    pub(crate) fn days(&self) -> impl Iterator<Item = ((i64, u16), Figures)> {
        self.days.iter().map(|(key, figures)| (*key, *figures))
    }

    /// Writes a CSV file. `regions` are the names as they stand in CSV.
    pub(crate) fn write(&self, path: &Path, regions: &[String]) -> io::Result<()> {
        let mut output = Output::to_file(path)?;
        output.put(CSV_HEADER.as_bytes())?;
        let mut line = Vec::new();
        for ((day, region), figures) in self.days() {
            line.clear();
            push_date(&mut line, day);
            let rest = format!(
                ",{},{},{},{},{}.{:06},{}",
                regions[usize::from(region)],
                figures.plays,
                figures.streams,
                figures.skips,
                figures.listening / MICROS_PER_SECOND,
                figures.listening % MICROS_PER_SECOND,
                figures.sessions,
            );
            line.extend_from_slice(rest.as_bytes());
            output.put(&line)?;
        }
        output.finish()
    }
}
