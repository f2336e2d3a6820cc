//! Time zones.

use super::{day::Micros, grain::MINUTE_US};

/// Which days, and which clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// As Postgres calls it: `UTC`, `Europe/Berlin`.
    pub name: String,
    /// How far its clock is ahead of UTC now, in microseconds.
    pub offset: Micros,
    /// How far it was ahead at the watermark.
    pub watermark_offset: Micros,
}

/// The zone that everything is in unless told otherwise.
pub const UTC: &str = "UTC";

impl Default for Zone {
    fn default() -> Self {
        Self {
            name: UTC.into(),
            offset: 0,
            watermark_offset: 0,
        }
    }
}

impl Zone {
    /// Whether its days are those of the database.
    pub fn is_utc(&self) -> bool {
        self.name == UTC
    }

    /// `UTC`, `UTC+05:45`: what its clock says now.
    pub fn clock(&self) -> String {
        let minutes = self.offset / MINUTE_US;
        let sign = if minutes < 0 { '−' } else { '+' };
        match minutes.abs() {
            0 => UTC.into(),
            minutes => format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_named_by_its_distance_from_utc() {
        let clock = |minutes: i64| {
            let offset = minutes * MINUTE_US;
            Zone {
                offset,
                ..Zone::default()
            }
            .clock()
        };
        assert_eq!(
            [clock(0), clock(345), clock(-210)],
            ["UTC", "UTC+05:45", "UTC−03:30"]
        );
    }

    #[test]
    fn only_days_of_utc_are_those_of_the_database() {
        assert!(Zone::default().is_utc());
        let london = Zone {
            name: "Europe/London".into(),
            ..Zone::default()
        };
        assert!(!london.is_utc(), "its clock is ahead in summer");
    }
}
