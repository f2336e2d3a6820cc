//! The counts that a batch adds to the metrics, from the events that were inserted.

use foldhash::HashMap;

use crate::hour::{Count, Hour};
use crate::time::{MINUTE, hour_start, minute_of_hour};

/// Counts by minute, event type and region. Event types and regions are numbers of [`crate::names::Names`].
#[derive(Debug, Default)]
pub(crate) struct Deltas {
    /// By (minutes since Postgres's epoch, event type, region).
    counts: HashMap<(i64, u32, u32), Count>,
}

/// Counts of one hour, event type and region.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) hour: i64,
    pub(crate) event_type: u32,
    pub(crate) region: u32,
    /// The sum over the minutes.
    pub(crate) count: Count,
    /// The packed counts of the minutes.
    pub(crate) minutes: Vec<u8>,
}

impl Deltas {
    /// Adds an inserted event. It is late if it is older than `final_before`, the start of the oldest day that is not final.
    pub(crate) fn add(&mut self, ts: i64, event_type: u32, region: u32, final_before: i64) {
        let key = (ts.div_euclid(MINUTE), event_type, region);
        self.counts.entry(key).or_default().add(Count {
            events: 1,
            late_events: i64::from(ts < final_before),
        });
    }

    /// The groups, ordered by hour, event type and region.
    pub(crate) fn into_groups(self) -> Vec<Group> {
        let mut minutes: Vec<_> = self
            .counts
            .into_iter()
            .map(|((minute, event_type, region), count)| {
                let ts = minute * MINUTE;
                (
                    (hour_start(ts), event_type, region),
                    minute_of_hour(ts),
                    count,
                )
            })
            .collect();
        minutes.sort_unstable_by_key(|&(key, minute, _)| (key, minute));
        minutes
            .chunk_by(|a, b| a.0 == b.0)
            .map(|group| {
                let (mut hour, mut sum) = (Hour::default(), Count::default());
                for &(_, minute, count) in group {
                    hour.add(minute, count);
                    sum.add(count);
                }
                let (start, event_type, region) = group[0].0;
                Group {
                    hour: start,
                    event_type,
                    region,
                    count: sum,
                    minutes: hour.pack(),
                }
            })
            .collect()
    }
}
