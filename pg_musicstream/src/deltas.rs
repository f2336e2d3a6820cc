//! What a batch adds to the metrics, gathered from the rows that were really inserted.

use foldhash::HashMap;

use crate::bounds::minute_start;
use crate::names::Names;

/// Counts of one group of one minute.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) events: i64,
    pub(crate) late_events: i64,
}

/// Counts by minute, event type and region; types and regions by their numbers in [`Names`].
#[derive(Debug, Default)]
pub(crate) struct Deltas {
    counts: HashMap<(i64, u32, u32), Count>,
}

impl Deltas {
    /// Adds an inserted event. `final_before`: days that end by then are final, and the event is late on them.
    pub(crate) fn add(&mut self, ts: i64, event_type: u32, region: u32, final_before: i64) {
        let key = (minute_start(ts), event_type, region);
        let count = self.counts.entry(key).or_default();
        count.events += 1;
        count.late_events += i64::from(ts < final_before);
    }

    /// The groups in the order of minute, type and region.
    pub(crate) fn into_groups(self, names: &Names) -> Vec<(i64, &str, &str, Count)> {
        let mut groups: Vec<_> = self
            .counts
            .into_iter()
            .map(|((minute, event_type, region), count)| {
                (minute, names.name(event_type), names.name(region), count)
            })
            .collect();
        groups
            .sort_unstable_by_key(|&(minute, event_type, region, _)| (minute, event_type, region));
        groups
    }
}
