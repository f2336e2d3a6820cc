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
    /// Both sums; at the edge of what 64 bits hold they stay there.
    pub fn plus(self, other: Self) -> Self {
        Self {
            events: self.events.saturating_add(other.events),
            late_events: self.late_events.saturating_add(other.late_events),
        }
    }
}

/// More than 64 bits hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    events: i128,
    late_events: i128,
}

impl Sum {
    /// One count more.
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

    /// As a count; at the edge of what 64 bits hold it stays there.
    pub fn count(self) -> Count {
        let edge = |sum: i128| sum.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
        Count {
            events: edge(self.events),
            late_events: edge(self.late_events),
        }
    }
}
