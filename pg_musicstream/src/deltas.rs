//! What a batch adds to the metrics, gathered from the rows that were really inserted.

use std::collections::HashMap;

use crate::bounds::minute_start;

/// Counts of one group of one minute.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) events: i64,
    pub(crate) late_events: i64,
}

/// Counts by minute, event type and region.
///
/// A batch has few types and regions and many rows: both are numbered, so that a row costs one lookup of integers.
#[derive(Debug, Default)]
pub(crate) struct Deltas {
    names: Vec<String>,
    counts: HashMap<(i64, u32, u32), Count>,
}

impl Deltas {
    /// Adds an inserted event. `final_before`: days that end by then are final, and the event is late on them.
    pub(crate) fn add(&mut self, ts: i64, event_type: &str, region: &str, final_before: i64) {
        let key = (
            minute_start(ts),
            self.number(event_type),
            self.number(region),
        );
        let count = self.counts.entry(key).or_default();
        count.events += 1;
        count.late_events += i64::from(ts < final_before);
    }

    /// The groups in the order of minute, type and region.
    pub(crate) fn into_groups(self) -> Vec<(i64, String, String, Count)> {
        let name = |number: u32| self.names[number as usize].clone();
        let mut groups: Vec<_> = self
            .counts
            .iter()
            .map(|(&(minute, event_type, region), &count)| {
                (minute, name(event_type), name(region), count)
            })
            .collect();
        groups.sort_by(|a, b| (a.0, &a.1, &a.2).cmp(&(b.0, &b.1, &b.2)));
        groups
    }

    fn number(&mut self, name: &str) -> u32 {
        let known = self.names.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        }) as u32
    }
}
