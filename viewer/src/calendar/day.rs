//! Calendar days and instants in microseconds.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Weekday};
use serde::{Deserialize, Serialize};

/// Microseconds in a day.
pub const DAY_US: i64 = 86_400_000_000;

/// An instant: microseconds since 1970-01-01 00:00 UTC.
pub type Micros = i64;

/// A calendar day, counted in days since 1970-01-01.
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

    /// The day that is `days` later, or earlier if negative.
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// The Monday of its ISO week, counted in weeks from that of 1970-01-01.
    pub(super) fn week(self) -> i32 {
        let monday = self.date().week(Weekday::Mon).first_day();
        monday.signed_duration_since(first_monday()).num_weeks() as i32
    }

    /// The Monday of a week.
    pub(super) fn of_week(week: i32) -> Self {
        let monday = first_monday().checked_add_signed(TimeDelta::weeks(week.into()));
        Self::from_date(monday.unwrap_or_else(epoch))
    }

    /// Its month, counted from January 1970.
    pub(super) fn month(self) -> i32 {
        let date = self.date();
        (date.year() - epoch().year()) * MONTHS_A_YEAR + date.month0() as i32
    }

    /// The first of a month.
    pub(super) fn of_month(month: i32) -> Self {
        let year = epoch().year() + month.div_euclid(MONTHS_A_YEAR);
        let first = NaiveDate::from_ymd_opt(year, month.rem_euclid(MONTHS_A_YEAR) as u32 + 1, 1);
        Self::from_date(first.unwrap_or_else(epoch))
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

const MONTHS_A_YEAR: i32 = 12;

fn first_monday() -> NaiveDate {
    epoch().week(Weekday::Mon).first_day()
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

    #[test]
    fn a_day_begins_at_midnight_utc() {
        assert_eq!(Day(20_530).start(), 1_773_792_000_000_000);
        assert_eq!(Day::of(1_773_791_999_999_999), Day(20_529));
        assert_eq!(Day(-1).start(), -86_400_000_000);
        assert_eq!(Day(5).plus(-7), Day(-2));
        assert_eq!(Day(i32::MAX).plus(1), Day(i32::MAX));
    }

    #[test]
    fn what_the_calendar_does_not_have_is_no_time() {
        assert_eq!(Day(i32::MAX).date(), Day(0).date());
        assert_eq!(utc(i64::MAX), None);
        let at = utc(1_773_843_607_000_001).map(|at| at.to_string());
        assert_eq!(at.as_deref(), Some("2026-03-18 14:20:07.000001"));
    }
}
