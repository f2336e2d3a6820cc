//! The times of events: by hour and day of the week, in the time zone of each region.

use crate::random::{Random, Weighted};

pub(crate) const MICROS_PER_SECOND: i64 = 1_000_000;
pub(crate) const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
const MICROS_PER_HOUR: i64 = 3_600 * MICROS_PER_SECOND;
const SLOT_MICROS: i64 = 300 * MICROS_PER_SECOND;

/// Activity by local hour, in thousandths of the busiest hour.
const WEEKDAY: [u64; 24] = [
    220, 130, 80, 60, 60, 90, 200, 420, 620, 610, 560, 560, 600, 610, 590, 600, 680, 800, 900, 960,
    1000, 930, 700, 420,
];
/// On Saturdays and Sundays mornings begin later and nights are longer.
const WEEKEND: [u64; 24] = [
    400, 300, 210, 130, 90, 80, 110, 200, 350, 540, 700, 800, 850, 870, 880, 870, 860, 880, 920,
    960, 980, 950, 850, 640,
];

/// A region's share of the events, and its time zone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RegionClock {
    pub(crate) weight: u64,
    pub(crate) utc_offset_hours: i64,
}

impl RegionClock {
    /// Weight times the activity at an instant, interpolated between hours.
    fn activity(&self, instant: i64) -> u64 {
        let local = instant + self.utc_offset_hours * MICROS_PER_HOUR;
        let (day, in_day) = (
            local.div_euclid(MICROS_PER_DAY),
            local.rem_euclid(MICROS_PER_DAY),
        );
        let hour = (in_day / MICROS_PER_HOUR) as usize;
        let (here, next) = (
            hourly(day, hour),
            hourly(day + (hour as i64 + 1) / 24, (hour + 1) % 24),
        );
        let passed = (in_day % MICROS_PER_HOUR) / MICROS_PER_SECOND;
        self.weight * (here * (3_600 - passed as u64) + next * passed as u64) / 3_600
    }
}

fn hourly(day: i64, hour: usize) -> u64 {
    // 1970-01-01 was a Thursday.
    match (day + 3).rem_euclid(7) {
        5 | 6 => WEEKEND[hour],
        _ => WEEKDAY[hour],
    }
}

/// An interval with constant activity.
#[derive(Debug, Clone, Copy)]
struct Slot {
    start: i64,
    length: i64,
    events: u64,
    /// Number of its events that were returned.
    given: u64,
}

/// Spreads a number of events over a span of time, in order, with constant memory.
pub(crate) struct Schedule {
    regions: Vec<RegionClock>,
    until: i64,
    count: u64,
    /// Weight of the whole span, and of the part up to the end of the slot.
    total: u128,
    passed: u128,
    placed: u64,
    slot: Slot,
    shares: Weighted,
}

impl Schedule {
    /// `count` events in `[from, until)`, in microseconds since 1970. `from` must be before `until`, and some region must
    /// have a weight.
    pub(crate) fn new(regions: Vec<RegionClock>, from: i64, until: i64, count: u64) -> Schedule {
        let mut schedule = Schedule {
            regions,
            until,
            count,
            total: 0,
            passed: 0,
            placed: 0,
            slot: Slot {
                start: from,
                length: 0,
                events: 0,
                given: 0,
            },
            shares: Weighted::default(),
        };
        let mut at = from;
        while at < until {
            let length = schedule.slot_length(at);
            schedule.total += schedule.weight(at, length);
            at += length;
        }
        schedule
    }

    /// The next instant; `None` after the last one.
    pub(crate) fn next(&mut self, random: &mut Random) -> Option<i64> {
        while self.slot.given == self.slot.events {
            if !self.next_slot() {
                return None;
            }
        }
        // Each event lies at a random place in its own part of the slot, so that events are evenly spread and in order.
        let part = self.slot.length as u64 / self.slot.events;
        let offset = self.slot.length as u64 * self.slot.given / self.slot.events;
        self.slot.given += 1;
        Some(
            self.slot.start
                + offset as i64
                + if part > 0 {
                    random.below(part) as i64
                } else {
                    0
                },
        )
    }

    /// The regions' shares of the events at this instant.
    pub(crate) fn shares(&self) -> &Weighted {
        &self.shares
    }

    /// Events per second around this instant, at least 1.
    pub(crate) fn events_per_second(&self) -> u64 {
        let seconds = (self.slot.length / MICROS_PER_SECOND).max(1) as u64;
        (self.slot.events / seconds).max(1)
    }

    /// Computes the regions' shares for an instant.
    pub(crate) fn move_to(&mut self, instant: i64) {
        let regions = &self.regions;
        self.shares
            .set(regions.iter().map(|region| region.activity(instant)));
    }

    fn next_slot(&mut self) -> bool {
        let start = self.slot.start + self.slot.length;
        if start >= self.until {
            return false;
        }
        let length = self.slot_length(start);
        self.passed += self.weight(start, length);
        let placed = (self.passed * u128::from(self.count) / self.total) as u64;
        self.slot = Slot {
            start,
            length,
            events: placed - self.placed,
            given: 0,
        };
        self.placed = placed;
        self.move_to(start);
        true
    }

    /// Slots end at multiples of their length, so that the weights of a day do not depend on where the span begins.
    fn slot_length(&self, start: i64) -> i64 {
        (SLOT_MICROS - start.rem_euclid(SLOT_MICROS)).min(self.until - start)
    }

    fn weight(&self, start: i64, length: i64) -> u128 {
        let activity: u64 = self
            .regions
            .iter()
            .map(|region| region.activity(start))
            .sum();
        u128::from(activity) * length as u128
    }
}
