//! How far each source partition is, and what rollups take.

use crate::calendar::Micros;

/// State of a partition, as far as the watermark is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartitionState {
    /// The watermark follows the slowest of these.
    Active,
    /// No event has arrived for a while; the watermark ignores it.
    Idle,
    /// No event time was seen yet.
    Empty,
    /// Released by its owner; nothing is read from it.
    Released,
}

impl PartitionState {
    /// The state as the database writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Idle => "idle",
            Self::Empty => "empty",
            Self::Released => "released",
        }
    }
}

/// A partition of a source.
#[derive(Clone, Debug, PartialEq)]
pub struct Partition {
    /// Name of the source, as stored by the ingestor.
    pub source: String,
    /// Its number.
    pub partition: i32,
    /// What the watermark makes of it.
    pub state: PartitionState,
    /// First offset that is not stored.
    pub next_offset: Option<i64>,
    /// Fencing epoch: increases with each owner.
    pub epoch: i64,
    /// The ingestor that owns it.
    pub owner: Option<String>,
    /// Newest event time seen.
    pub newest_event_at: Option<Micros>,
    /// Whether it is the slowest active partition, which the watermark follows.
    pub holds_watermark: bool,
    /// When its row of ingest_offsets last changed.
    pub updated_at: Micros,
    /// Offsets a second over the last minute, once two readings tell.
    pub per_second: Option<f64>,
}

/// What a rollup took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rollup {
    /// When it ended.
    pub at: Micros,
    /// How long it took, in milliseconds.
    pub ms: f64,
    /// How many deltas it folded.
    pub deltas: i64,
}

/// What the source has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pipeline {
    /// By source and number.
    pub partitions: Vec<Partition>,
    /// The watermark: event time up to which all events are assumed to have arrived.
    pub watermark: Option<Micros>,
    /// Newest event time seen.
    pub newest_event_at: Option<Micros>,
    /// Deltas that wait for the rollup.
    pub pending_deltas: i64,
    /// Rows that wait in the inbox.
    pub staged: i64,
    /// Hours that wait for listening to be counted.
    pub touched_hours: i64,
    /// Rollups that ended while the report was shown, newest first.
    pub rollups: Vec<Rollup>,
    /// The server's clock.
    pub read_at: Micros,
}

impl Pipeline {
    /// Offsets a second of all partitions together, once two readings tell.
    pub fn per_second(&self) -> Option<f64> {
        let rates: Vec<f64> = (self.partitions.iter())
            .filter_map(|partition| partition.per_second)
            .collect();
        (!rates.is_empty()).then(|| rates.iter().sum())
    }

    /// The active partition whose newest event is the oldest.
    pub fn slowest(&self) -> Option<&Partition> {
        let active = self.partitions.iter();
        let active = active.filter(|partition| partition.state == PartitionState::Active);
        active
            .filter(|partition| partition.newest_event_at.is_some())
            .min_by_key(|partition| partition.newest_event_at)
    }

    /// Whether the other one would be drawn the same: equal except for the clock, with ages in the same step.
    pub fn looks_like(&self, other: &Self) -> bool {
        let with_clock = |at| Self {
            read_at: at,
            ..self.clone()
        };
        with_clock(other.read_at) == *other && self.step() == other.step()
    }

    /// Ages are redrawn every minute in the first hour and every five minutes after that.
    fn step(&self) -> i64 {
        let age = |at: Option<Micros>| at.map_or(0, |at| (self.read_at - at) / 60_000_000);
        let step = |minutes: i64| {
            if minutes < 60 {
                minutes
            } else {
                60 + minutes / 5
            }
        };
        step(age(self.newest_event_at)) * 1_000_000 + step(age(self.watermark))
    }

    /// How many partitions are in a state.
    pub fn count(&self, state: PartitionState) -> usize {
        let is_in = |partition: &&Partition| partition.state == state;
        self.partitions.iter().filter(is_in).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_nothing_moves_it_looks_the_same_for_a_minute() {
        let second = 1_000_000;
        let at = |read_at| Pipeline {
            newest_event_at: Some(0),
            read_at,
            ..Pipeline::default()
        };
        assert!(at(second).looks_like(&at(59 * second)));
        assert!(!at(59 * second).looks_like(&at(60 * second)));
        assert!(at(7200 * second).looks_like(&at(7499 * second)));
        assert!(!at(7200 * second).looks_like(&at(7500 * second)));
        let moved = Pipeline {
            pending_deltas: 1,
            ..at(second)
        };
        assert!(!at(second).looks_like(&moved));
    }
}
