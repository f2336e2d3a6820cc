//! The length of a slot: a day of a zone, a week, a month or a minute.

use super::{
    day::{DAY_US, Day, Micros, utc},
    format,
    slot::Slot,
    span::Span,
};
use chrono::Datelike;

/// Microseconds in a minute.
pub const MINUTE_US: i64 = 60_000_000;

/// What one [`Slot`] of a data set stands for.
///
/// Slots of every grain are numbered from the one that contains 1970-01-01 00:00.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grain {
    /// A calendar day.
    #[default]
    Day,
    /// An ISO week, from Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
    /// A minute, shown on a clock that is ahead of UTC.
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

    /// Whether a slot is the sum of several days.
    pub fn sums_days(self) -> bool {
        matches!(self, Self::Week | Self::Month)
    }

    /// The slot that contains the instant; for days, an instant of the zone's own clock.
    pub fn of(self, at: Micros) -> Slot {
        match self {
            Self::Day | Self::Week | Self::Month => self.slot(Day::of(at)),
            Self::Minute { .. } => Slot(at.div_euclid(MINUTE_US) as i32),
        }
    }

    /// The slot that contains the day; of minutes, its first minute.
    pub fn slot(self, day: Day) -> Slot {
        match self {
            Self::Day => Slot(day.0),
            Self::Week => Slot(day.week()),
            Self::Month => Slot(day.month()),
            Self::Minute { offset } => self.of(day.start() - offset),
        }
    }

    /// The slots that contain the days.
    pub fn slots(self, days: Span<Day>) -> Span {
        let last = match self {
            Self::Minute { .. } => self.slot(days.last.plus(1)).plus(-1),
            _ => self.slot(days.last),
        };
        Span {
            first: self.slot(days.first),
            last,
        }
    }

    /// The minutes of the hour, on the clock that is shown, that a minute lies in; of days, the day.
    pub fn hour(self, slot: Slot) -> Span {
        let Self::Minute { offset } = self else {
            return Span::new(slot, slot);
        };
        let local = i64::from(slot.0) + offset.div_euclid(MINUTE_US);
        let first = slot.plus(-(local.rem_euclid(60) as i32));
        Span::new(first, first.plus(59))
    }

    /// The day, on the clock that is shown, that a slot begins on.
    pub fn day(self, slot: Slot) -> Day {
        Day::of(self.local(slot))
    }

    /// The days that the slots lie on.
    pub fn days(self, slots: Span) -> Span<Day> {
        Span {
            first: self.day(slots.first),
            last: Day::of(self.local(slots.last.plus(1)) - 1),
        }
    }

    /// On the clock that is shown, when a slot begins.
    fn local(self, slot: Slot) -> Micros {
        match self {
            Self::Day => Day(slot.0).start(),
            Self::Week => Day::of_week(slot.0).start(),
            Self::Month => Day::of_month(slot.0).start(),
            Self::Minute { offset } => i64::from(slot.0) * MINUTE_US + offset,
        }
    }

    /// How many days a slot has; of a minute, none.
    pub fn day_count(self, slot: Slot) -> usize {
        match self {
            Self::Day => 1,
            Self::Minute { .. } => 0,
            Self::Week | Self::Month => self.days(Span::new(slot, slot)).count(),
        }
    }

    /// `2026-03-18`, `2026-W12`, `2026-03`, `2026-03-18 14:20`
    pub fn iso(self, slot: Slot) -> String {
        let date = || self.day(slot).date();
        match self {
            Self::Day => self.day(slot).iso(),
            Self::Week => date().format("%G-W%V").to_string(),
            Self::Month => date().format("%Y-%m").to_string(),
            Self::Minute { .. } => format::stamp_short(self.local(slot)),
        }
    }

    /// `2026-03-18`, `2026-W12`, `2026-03`, `18 Mar 14:20`: as short as a column of them can be without doubt.
    pub fn cell(self, slot: Slot) -> String {
        let at = self.local(slot);
        match self {
            Self::Day | Self::Week | Self::Month => self.iso(slot),
            Self::Minute { .. } => {
                format!("{} {}", Day::of(at).short(), format::clock_short(at))
            }
        }
    }

    /// `Wed 18 Mar 2026`, `Week 12, 16 – 22 Mar 2026`, `March 2026`, `14:20 · Wed 18 Mar 2026`
    pub fn long(self, slot: Slot) -> String {
        let date = || self.day(slot).date();
        match self {
            Self::Day => self.day(slot).long(),
            Self::Week => {
                let days = format::days(self.days(Span::new(slot, slot)));
                format!("Week {}, {days}", date().iso_week().week())
            }
            Self::Month => date().format("%B %Y").to_string(),
            Self::Minute { .. } => {
                let at = self.local(slot);
                format!("{} · {}", format::clock_short(at), Day::of(at).long())
            }
        }
    }

    /// `18 Mar`, the Monday of a week, `Mar` and `Jan 2026`, `14:20`; at midnight, the day.
    pub fn short(self, slot: Slot) -> String {
        let at = self.local(slot);
        match self {
            Self::Month => format::month(self.day(slot)),
            Self::Minute { .. } if at.rem_euclid(DAY_US) != 0 => format::clock_short(at),
            _ => Day::of(at).short(),
        }
    }

    /// `19 Feb – 18 Mar 2026`, `11:21 – 14:20, 18 Mar 2026`
    pub fn between(self, span: Span) -> String {
        let (a, b) = (self.local(span.first), self.local(span.last));
        match self {
            Self::Day | Self::Week | Self::Month => format::days(self.days(span)),
            Self::Minute { .. } if Day::of(a) == Day::of(b) => {
                let day = utc(a).map_or(String::new(), |at| at.format("%-d %b %Y").to_string());
                match [a, b].map(format::clock_short) {
                    [from, to] if from == to => format!("{from}, {day}"),
                    [from, to] => format!("{from} – {to}, {day}"),
                }
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
            Self::Week => format::count(number, "week", "weeks"),
            Self::Month => format::count(number, "month", "months"),
            Self::Minute { .. } => format::count(number, "minute", "minutes"),
        }
    }

    /// `day`, `minute`
    pub fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Minute { .. } => "minute",
        }
    }

    /// By how much to go back to compare `slots` slots: whole weeks of days, as many weeks or months, or a day of minutes.
    pub fn comparison_shift(self, slots: usize) -> i32 {
        match self {
            Self::Day => comparison_shift(slots),
            Self::Week | Self::Month => i32::try_from(slots).unwrap_or(i32::MAX),
            Self::Minute { .. } => MINUTES_A_DAY,
        }
    }
}

/// By how many days to go back to compare a span of `days` days: whole weeks, at least the span.
fn comparison_shift(days: usize) -> i32 {
    i32::try_from(days.div_ceil(7) * 7).unwrap_or(i32::MAX)
}

/// Minutes in a day.
pub const MINUTES_A_DAY: i32 = 1440;

#[cfg(test)]
mod tests {
    use super::*;

    const KATHMANDU: Grain = Grain::Minute {
        offset: 345 * MINUTE_US,
    };

    #[test]
    fn weeks_and_months_are_those_of_the_calendar() {
        let day = |year, month, day| {
            Day::from_date(chrono::NaiveDate::from_ymd_opt(year, month, day).unwrap())
        };
        let week = |at| Grain::Week.slot(at);
        assert_eq!(week(Day(0)), Slot(0));
        assert_eq!(Grain::Week.day(Slot(0)), day(1969, 12, 29));
        assert_eq!(week(day(1969, 12, 28)), Slot(-1));
        assert_eq!(Grain::Week.iso(week(day(2026, 3, 18))), "2026-W12");
        assert_eq!(
            Grain::Week.iso(week(day(2027, 1, 3))),
            "2026-W53",
            "the year of its Thursday"
        );
        assert_eq!(
            Grain::Week.long(week(day(2026, 3, 18))),
            "Week 12, 16 – 22 Mar 2026"
        );
        let month = |at| Grain::Month.slot(at);
        assert_eq!(month(day(1969, 12, 31)), Slot(-1));
        assert_eq!(Grain::Month.iso(month(day(2024, 2, 29))), "2024-02");
        assert_eq!(Grain::Month.day_count(month(day(2024, 2, 1))), 29);
        assert_eq!(Grain::Month.long(month(day(2026, 3, 18))), "March 2026");
        // Every day of some years lies in its slot, and each slot begins where the one before it ends.
        for grain in [Grain::Day, Grain::Week, Grain::Month] {
            for number in -800..21_000 {
                let slot = grain.slot(Day(number));
                let days = grain.days(Span::new(slot, slot));
                assert!(days.contains(Day(number)), "{grain:?} {number}");
                assert_eq!(grain.slot(days.last.plus(1)), slot.plus(1));
                assert_eq!(grain.slots(days), Span::new(slot, slot));
            }
        }
    }

    #[test]
    fn minutes_are_read_off_the_zones_clock() {
        let minute = KATHMANDU.of(20_530 * DAY_US + 60 * MINUTE_US + 1);
        assert_eq!(KATHMANDU.iso(minute), "2026-03-18 06:45");
        assert_eq!(KATHMANDU.long(minute), "06:45 · Wed 18 Mar 2026");
        assert_eq!(KATHMANDU.short(minute), "06:45");
        assert_eq!(KATHMANDU.short(minute.plus(-405)), "18 Mar", "midnight");
        assert_eq!(
            KATHMANDU.between(Span::new(minute.plus(-59), minute)),
            "05:46 – 06:45, 18 Mar 2026"
        );
        assert_eq!(
            KATHMANDU.between(Span::new(minute, minute)),
            "06:45, 18 Mar 2026"
        );
        assert_eq!(
            KATHMANDU.between(Span::new(minute.plus(-1440), minute)),
            "17 Mar 06:45 – 18 Mar 06:45"
        );
    }

    #[test]
    fn weekdays_meet_weekdays() {
        assert_eq!(comparison_shift(7), 7);
        assert_eq!(comparison_shift(28), 28);
        assert_eq!(comparison_shift(90), 91);
        assert_eq!(comparison_shift(1), 7);
    }

    #[test]
    fn the_minutes_of_a_day_are_those_of_the_zones_clock() {
        // Its first of January 1970 began 345 minutes before that of UTC.
        assert_eq!(KATHMANDU.slot(Day(0)), Slot(-345));
        let day = Span::new(Slot(-345), Slot(1094));
        let days = |first, last| Span::new(Day(first), Day(last));
        assert_eq!(KATHMANDU.slots(days(0, 0)), day);
        assert_eq!(KATHMANDU.slots(days(0, 1)).count(), 2 * 1440);
        assert_eq!(KATHMANDU.days(day), days(0, 0));
        let more = Span::new(Slot(-346), Slot(1095));
        assert_eq!(KATHMANDU.days(more), days(-1, 1));
        let on = [-346, -345, 1094, 1095].map(|minute| KATHMANDU.day(Slot(minute)));
        assert_eq!(on, [-1, 0, 0, 1].map(Day));
        for offset in [0, 345 * MINUTE_US] {
            let minutes = Grain::Minute { offset };
            let of = [-1, 0, MINUTE_US - 1, MINUTE_US].map(|at| minutes.of(at));
            assert_eq!(of, [-1, 0, 0, 1].map(Slot), "instants have no zone");
        }
        for grain in [Grain::Day, Grain::Week, Grain::Month] {
            let slot = grain.slot(Day(20_530));
            assert_eq!(grain.of(Day(20_531).start() - 1), slot, "{grain:?}");
        }
    }

    #[test]
    fn an_hour_is_that_of_the_zones_clock() {
        let minutes = |first, last| Span::new(Slot(first), Slot(last));
        assert_eq!(KATHMANDU.hour(Slot(-45)), minutes(-45, 14));
        assert_eq!(KATHMANDU.hour(Slot(14)), minutes(-45, 14));
        assert_eq!(KATHMANDU.hour(Slot(15)), minutes(15, 74));
        assert_eq!(KATHMANDU.hour(Slot(-400)), minutes(-405, -346));
        let offset = -210 * MINUTE_US;
        let west = Grain::Minute { offset };
        assert_eq!(west.hour(Slot(0)), minutes(-30, 29));
        assert_eq!(Grain::Day.hour(Slot(5)), minutes(5, 5));
    }

    #[test]
    fn each_grain_has_a_length_and_words_of_its_own() {
        let of = |grain: Grain| {
            (
                [grain.is_minute(), grain.sums_days()],
                grain.comparison_shift(8),
                grain.word(),
                [1, 28].map(|number| grain.count(number)),
            )
        };
        let words = |one: &str, many: &str| [one.to_owned(), many.to_owned()];
        let day = words("1 day", "28 days");
        assert_eq!(of(Grain::Day), ([false, false], 14, "day", day));
        let week = words("1 week", "28 weeks");
        assert_eq!(of(Grain::Week), ([false, true], 8, "week", week));
        let month = words("1 month", "28 months");
        assert_eq!(of(Grain::Month), ([false, true], 8, "month", month));
        let minute = words("1 minute", "28 minutes");
        assert_eq!(of(KATHMANDU), ([true, false], 1440, "minute", minute));
        let days = [Grain::Day, Grain::Week, KATHMANDU].map(|grain| grain.day_count(Slot(0)));
        assert_eq!(days, [1, 7, 0]);
        // January, February and April 1970.
        let days = [0, 1, 3].map(|month| Grain::Month.day_count(Slot(month)));
        assert_eq!(days, [31, 28, 30]);
    }

    #[test]
    fn a_slot_is_written_short_in_cells_and_on_axes() {
        let minute = Slot(20_530 * 1440 + 60);
        assert_eq!(KATHMANDU.cell(minute), "18 Mar 06:45");
        assert_eq!(Grain::Day.cell(Slot(20_530)), "2026-03-18");
        assert_eq!(Grain::Day.short(Slot(20_530)), "18 Mar");
        let week = Grain::Week.slot(Day(20_530));
        assert_eq!(Grain::Week.cell(week), "2026-W12");
        assert_eq!(Grain::Week.short(week), "16 Mar");
        let months = [672, 674].map(|month| Grain::Month.short(Slot(month)));
        assert_eq!(months, ["Jan 2026", "Mar"]);
        let days = Span::new(Slot(20_503), Slot(20_530));
        assert_eq!(Grain::Day.between(days), "19 Feb – 18 Mar 2026");
    }
}
