//! How finely time is cut: into days of a zone, or into minutes.

use super::{
    day::{DAY_US, Day, Micros, utc},
    format,
    stats::comparison_shift,
};

/// Microseconds in a minute.
pub const MINUTE_US: i64 = 60_000_000;

/// What one [`Day`] of a data set stands for.
///
/// Minutes are counted as days are, since 1970-01-01 00:00 UTC, so that all that works on days works on them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grain {
    /// A calendar day.
    #[default]
    Day,
    /// A minute, shown on a clock that is so many microseconds ahead of UTC.
    Minute {
        /// Ahead of UTC, in microseconds.
        offset: Micros,
    },
}

impl Grain {
    /// Whether it is minutes.
    pub fn is_minute(self) -> bool {
        matches!(self, Self::Minute { .. })
    }

    /// The piece that contains the instant; for days, an instant of the zone's own clock.
    pub fn of(self, at: Micros) -> Day {
        match self {
            Self::Day => Day::of(at),
            Self::Minute { .. } => Day(at.div_euclid(MINUTE_US) as i32),
        }
    }

    /// On the clock that is shown, when a piece begins.
    fn local(self, day: Day) -> Micros {
        match self {
            Self::Day => day.start(),
            Self::Minute { offset } => i64::from(day.0) * MINUTE_US + offset,
        }
    }

    /// `2026-03-18`, `2026-03-18 14:20`
    pub fn iso(self, day: Day) -> String {
        match self {
            Self::Day => day.iso(),
            Self::Minute { .. } => format::stamp_short(self.local(day)),
        }
    }

    /// `2026-03-18`, `18 Mar 14:20`: as short as a column of them can be without doubt.
    pub fn cell(self, day: Day) -> String {
        let at = self.local(day);
        match self {
            Self::Day => day.iso(),
            Self::Minute { .. } => {
                format!("{} {}", Day::of(at).short(), format::clock_short(at))
            }
        }
    }

    /// `Wed 18 Mar 2026`, `14:20 · Wed 18 Mar 2026`
    pub fn long(self, day: Day) -> String {
        match self {
            Self::Day => day.long(),
            Self::Minute { .. } => {
                let at = self.local(day);
                format!("{} · {}", format::clock_short(at), Day::of(at).long())
            }
        }
    }

    /// `18 Mar`, `14:20`; at midnight, the day.
    pub fn short(self, day: Day) -> String {
        let at = self.local(day);
        match self {
            Self::Minute { .. } if at.rem_euclid(DAY_US) != 0 => format::clock_short(at),
            _ => Day::of(at).short(),
        }
    }

    /// `19 Feb – 18 Mar 2026`, `11:21 – 14:20, 18 Mar 2026`
    pub fn between(self, first: Day, last: Day) -> String {
        let (a, b) = (self.local(first), self.local(last));
        match self {
            Self::Day => format::days(first, last),
            Self::Minute { .. } if Day::of(a) == Day::of(b) => {
                let day = utc(a).map_or(String::new(), |at| at.format("%-d %b %Y").to_string());
                format!(
                    "{} – {}, {day}",
                    format::clock_short(a),
                    format::clock_short(b)
                )
            }
            Self::Minute { .. } => format!(
                "{} {} – {} {}",
                Day::of(a).short(),
                format::clock_short(a),
                Day::of(b).short(),
                format::clock_short(b)
            ),
        }
    }

    /// `28 days`, `1 minute`
    pub fn count(self, number: usize) -> String {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        match self {
            Self::Day => format::count(number, "day", "days"),
            Self::Minute { .. } => format::count(number, "minute", "minutes"),
        }
    }

    /// `day`, `minute`
    pub fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Minute { .. } => "minute",
        }
    }

    /// By how much to go back to compare so many pieces: whole weeks, or a day of minutes.
    pub fn comparison_shift(self, pieces: usize) -> i32 {
        match self {
            Self::Day => comparison_shift(pieces),
            Self::Minute { .. } => MINUTES_A_DAY,
        }
    }

    /// What is compared with: `the 28 days before`, `the same minutes a day before`
    pub fn before(self, pieces: usize) -> String {
        match self {
            Self::Day => format!("the {} days before", comparison_shift(pieces)),
            Self::Minute { .. } => "the same minutes a day before".into(),
        }
    }
}

/// Minutes in a day.
pub const MINUTES_A_DAY: i32 = 1440;

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

    const KATHMANDU: Grain = Grain::Minute {
        offset: 345 * MINUTE_US,
    };

    #[test]
    fn minutes_are_read_off_the_zones_clock() {
        let minute = KATHMANDU.of(20_530 * DAY_US + 60 * MINUTE_US + 1);
        assert_eq!(KATHMANDU.iso(minute), "2026-03-18 06:45");
        assert_eq!(KATHMANDU.long(minute), "06:45 · Wed 18 Mar 2026");
        assert_eq!(KATHMANDU.short(minute), "06:45");
        assert_eq!(KATHMANDU.short(minute.plus(-405)), "18 Mar", "midnight");
        assert_eq!(
            KATHMANDU.between(minute.plus(-59), minute),
            "05:46 – 06:45, 18 Mar 2026"
        );
        assert_eq!(
            KATHMANDU.between(minute.plus(-1440), minute),
            "17 Mar 06:45 – 18 Mar 06:45"
        );
    }

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
}
