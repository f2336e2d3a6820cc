//! What is counted in a slot, and sums of it.

/// What one series counted on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Events of the day.
    pub events: i64,
    /// Late ones among them.
    pub late_events: i64,
}

impl Count {
    /// Adds both counts; saturates at the limits of 64 bits.
    pub fn plus(self, other: Self) -> Self {
        Self {
            events: self.events.saturating_add(other.events),
            late_events: self.late_events.saturating_add(other.late_events),
        }
    }
}

/// A sum of counts, in 128 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    events: i128,
    late_events: i128,
}

impl Sum {
    /// Adds a count.
    pub(super) fn add(&mut self, count: Count) {
        self.events += i128::from(count.events);
        self.late_events += i128::from(count.late_events);
    }

    /// Both sums.
    pub fn plus(self, other: Self) -> Self {
        Self {
            events: self.events + other.events,
            late_events: self.late_events + other.late_events,
        }
    }

    /// The difference.
    pub(super) fn minus(self, other: Self) -> Self {
        Self {
            events: self.events - other.events,
            late_events: self.late_events - other.late_events,
        }
    }

    /// Events, exactly.
    pub fn events(self) -> i128 {
        self.events
    }

    /// Converts to 64 bits; saturates at the limits.
    pub fn count(self) -> Count {
        let edge = |sum: i128| sum.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
        Count {
            events: edge(self.events),
            late_events: edge(self.late_events),
        }
    }
}
