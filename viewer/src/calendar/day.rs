//! Calendar days and instants in microseconds.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta};
use serde::{Deserialize, Serialize};

/// Microseconds in a day.
pub const DAY_US: i64 = 86_400_000_000;

/// An instant: microseconds since 1970-01-01 00:00 UTC.
pub type Micros = i64;

/// A calendar day, counted in days since 1970-01-01; where the grain is minutes, a minute.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Day(pub i32);

impl Day {
    /// The UTC day that contains the instant.
    pub fn of(at: Micros) -> Self {
        Self(at.div_euclid(DAY_US) as i32)
    }

    /// The day of a calendar date.
    pub fn from_date(date: NaiveDate) -> Self {
        Self(date.num_days_from_ce() - epoch().num_days_from_ce())
    }

    /// The calendar date, or the epoch for a day outside of the calendar's range.
    pub fn date(self) -> NaiveDate {
        epoch()
            .checked_add_signed(TimeDelta::days(i64::from(self.0)))
            .unwrap_or_else(epoch)
    }

    /// The first instant of the day.
    pub fn start(self) -> Micros {
        i64::from(self.0) * DAY_US
    }

    /// The day so many days later (earlier when negative).
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// `2026-03-18`
    pub fn iso(self) -> String {
        self.date().format("%Y-%m-%d").to_string()
    }

    /// `Wed 18 Mar 2026`
    pub fn long(self) -> String {
        self.date().format("%a %-d %b %Y").to_string()
    }

    /// `18 Mar`
    pub fn short(self) -> String {
        self.date().format("%-d %b").to_string()
    }
}

fn epoch() -> NaiveDate {
    NaiveDate::default()
}

/// Date and time in UTC of an instant, or `None` outside of the calendar's range.
pub fn utc(at: Micros) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_micros(at).map(|at| at.naive_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_belongs_to_its_utc_day_before_and_after_the_epoch() {
        assert_eq!(Day::of(0), Day(0));
        assert_eq!(Day::of(-1), Day(-1));
        assert_eq!(Day::of(DAY_US - 1), Day(0));
        assert_eq!(Day::of(DAY_US), Day(1));
    }

    #[test]
    fn days_and_dates_agree() {
        for number in [-800_000, -1, 0, 1, 11_016, 20_530, 80_000] {
            assert_eq!(Day::from_date(Day(number).date()), Day(number));
        }
        assert_eq!(Day(20_530).iso(), "2026-03-18");
        assert_eq!(Day(20_530).long(), "Wed 18 Mar 2026");
        assert_eq!(Day(20_530).short(), "18 Mar");
    }
}
