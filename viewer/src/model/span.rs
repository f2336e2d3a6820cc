//! Which days are looked at.

use super::day::Day;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

/// How far back the window looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Range {
    /// A week.
    Days7,
    /// Four weeks.
    #[default]
    Days28,
    /// About a quarter.
    Days90,
    /// 365 days.
    Year,
    /// Everything there is.
    All,
    /// These days.
    Custom(Span),
}

impl Range {
    /// In the order of the buttons; days of one's own choice have another one.
    pub const ALL: [Self; 5] = [
        Self::Days7,
        Self::Days28,
        Self::Days90,
        Self::Year,
        Self::All,
    ];

    /// Number of days, or `None` for everything.
    pub fn days(self) -> Option<i32> {
        match self {
            Self::Days7 => Some(7),
            Self::Days28 => Some(28),
            Self::Days90 => Some(90),
            Self::Year => Some(365),
            Self::All => None,
            Self::Custom(span) => i32::try_from(span.days()).ok(),
        }
    }

    /// The days of the range. It ends today, or at the last day with data where that is so long ago
    /// that the range would show little else than nothing.
    pub fn span(self, bounds: (Day, Day), today: Day) -> Span {
        if let Self::Custom(span) = self {
            return span;
        }
        let (first, last) = bounds;
        let patience = self.days().unwrap_or(28).min(28) / 2;
        let end = if last >= today || today.0 - last.0 <= patience {
            last.max(today)
        } else {
            last
        };
        match self.days() {
            Some(days) => Span {
                first: end.plus(1 - days),
                last: end,
            },
            None => Span {
                first: first.min(end),
                last: end,
            },
        }
    }
}

/// How far back the live view looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hours {
    /// One hour.
    One,
    /// Three hours.
    #[default]
    Three,
    /// Six hours.
    Six,
    /// A day.
    Day,
}

impl Hours {
    /// In the order of the buttons.
    pub const ALL: [Self; 4] = [Self::One, Self::Three, Self::Six, Self::Day];

    /// Number of minutes.
    pub fn minutes(self) -> i32 {
        match self {
            Self::One => 60,
            Self::Three => 180,
            Self::Six => 360,
            Self::Day => 1440,
        }
    }

    /// The minutes up to now.
    pub fn span(self, now: Day) -> Span {
        Span {
            first: now.plus(1 - self.minutes()),
            last: now,
        }
    }
}

/// Reads a day as people type it: `2026-03-18`, `18.3.2026`, `18 Mar 2026`, `today`, `yesterday`, `-7` (days ago).
pub fn typed_day(text: &str, today: Day) -> Option<Day> {
    let text = text.trim();
    let back = match text.to_lowercase().as_str() {
        "today" => Some(0),
        "yesterday" => Some(-1),
        other => other
            .strip_prefix(['-', '−'])
            .and_then(|days| days.parse::<u16>().ok())
            .map(|days| -i32::from(days)),
    };
    if let Some(back) = back {
        return Some(today.plus(back));
    }
    ["%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d %b %Y", "%d %B %Y"]
        .into_iter()
        .find_map(|format| NaiveDate::parse_from_str(text, format).ok())
        .filter(|date| (1970..=9999).contains(&date.year()))
        .map(Day::from_date)
}

/// Reads the days from one to another: `2026-03-01 – 2026-03-18`, with `to`, `..` or a blank between them too.
pub fn typed_span(text: &str, today: Day) -> Option<Span> {
    [" – ", "–", "..", " to ", ", ", " - ", " "]
        .into_iter()
        .find_map(|between| {
            let (first, last) = text.trim().split_once(between)?;
            Some(Span::new(typed_day(first, today)?, typed_day(last, today)?))
        })
}

/// The most days that a span of one's own choice may have: a century.
pub const MOST_DAYS: usize = 36_600;

/// Days from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First day.
    pub first: Day,
    /// Last day, never before the first.
    pub last: Day,
}

impl Span {
    /// The span between two days, whichever comes first.
    pub fn new(a: Day, b: Day) -> Self {
        Self {
            first: a.min(b),
            last: a.max(b),
        }
    }

    /// Number of days, at least one.
    pub fn days(self) -> usize {
        usize::try_from(self.last.0 - self.first.0).unwrap_or(0) + 1
    }

    /// Whether the day is one of these.
    pub fn contains(self, day: Day) -> bool {
        self.first <= day && day <= self.last
    }

    /// Position of the day among these.
    pub fn index(self, day: Day) -> Option<usize> {
        self.contains(day).then(|| (day.0 - self.first.0) as usize)
    }

    /// The day at a position.
    pub fn day(self, index: usize) -> Day {
        self.first.plus(i32::try_from(index).unwrap_or(i32::MAX))
    }

    /// The days that both have, or `None`.
    pub fn intersect(self, other: Self) -> Option<Self> {
        let (first, last) = (self.first.max(other.first), self.last.min(other.last));
        (first <= last).then_some(Self { first, last })
    }

    /// Zoomed around a day by a factor below one (closer) or above one (wider), kept within `limit`.
    pub fn zoomed(self, around: Day, factor: f64, limit: Self) -> Self {
        let days = self.days() as f64;
        let target = (days * factor).round().clamp(2.0, limit.days() as f64) as i32;
        let share = (f64::from(around.0 - self.first.0) + 0.5) / days;
        let first = around.0 - ((f64::from(target) * share).floor() as i32).clamp(0, target - 1);
        let first = first.clamp(
            limit.first.0,
            (limit.last.0 - target + 1).max(limit.first.0),
        );
        Self {
            first: Day(first),
            last: Day((first + target - 1).min(limit.last.0)),
        }
    }

    /// Moved by so many days, as far as `limit` allows.
    pub fn moved(self, days: i32, limit: Self) -> Self {
        let by = days.clamp(
            (limit.first.0 - self.first.0).min(0),
            (limit.last.0 - self.last.0).max(0),
        );
        Self {
            first: self.first.plus(by),
            last: self.last.plus(by),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn span(first: i32, last: i32) -> Span {
        Span {
            first: Day(first),
            last: Day(last),
        }
    }

    #[test]
    fn days_are_understood_as_people_type_them() {
        let today = Day(20_530);
        for text in [
            "2026-03-18",
            " 18 Mar 2026 ",
            "18.03.2026",
            "18 march 2026",
            "today",
            "2026/3/18",
        ] {
            assert_eq!(typed_day(text, today), Some(today), "{text}");
        }
        assert_eq!(typed_day("-7", today), Some(Day(20_523)));
        for text in [
            "",
            "2026-02-30",
            "18",
            "tomorrow",
            "99999-01-01",
            "0026-03-18",
        ] {
            assert_eq!(typed_day(text, today), None, "{text}");
        }
        let week = Some(span(20_523, 20_530));
        for text in [
            "2026-03-11 2026-03-18",
            "2026-03-18..2026-03-11",
            "11 Mar 2026 to today",
            "2026-03-11 – 2026-03-18",
            "-7 today",
        ] {
            assert_eq!(typed_span(text, today), week, "{text}");
        }
        assert_eq!(typed_span("2026-03-11", today), None);
    }

    #[test]
    fn a_range_of_ones_own_stays_as_it_is() {
        let own = span(3, 9);
        assert_eq!(Range::Custom(own).span((Day(0), Day(98)), Day(100)), own);
        assert_eq!(Hours::One.span(Day(100)), span(41, 100));
    }

    #[test]
    fn a_range_ends_today_so_that_missing_days_show() {
        let week = Range::Days7.span((Day(0), Day(98)), Day(100));
        assert_eq!(week, span(94, 100));
        assert_eq!(week.days(), 7);
    }

    #[test]
    fn a_range_over_old_data_ends_with_them() {
        assert_eq!(Range::Days7.span((Day(0), Day(50)), Day(100)), span(44, 50));
        assert_eq!(Range::All.span((Day(10), Day(50)), Day(900)), span(10, 50));
    }

    #[test]
    fn days_ahead_of_the_clock_are_not_cut_off() {
        assert_eq!(
            Range::Days7.span((Day(0), Day(101)), Day(100)).last,
            Day(101)
        );
    }

    #[test]
    fn zoom_keeps_the_day_under_the_pointer_and_the_limit() {
        let limit = span(0, 99);
        let near = limit.zoomed(Day(30), 0.5, limit);
        assert_eq!(near.days(), 50);
        assert!(near.contains(Day(30)));
        assert_eq!(near.zoomed(Day(30), 100.0, limit), limit);
        assert_eq!(limit.zoomed(Day(99), 0.001, limit).days(), 2);
        for around in 0..100 {
            let zoomed = limit.zoomed(Day(around), 0.3, limit);
            assert!(zoomed.contains(Day(around)) && limit.intersect(zoomed) == Some(zoomed));
        }
    }

    #[test]
    fn moving_stops_at_the_limit() {
        let limit = span(0, 99);
        assert_eq!(span(10, 19).moved(-50, limit), span(0, 9));
        assert_eq!(span(10, 19).moved(500, limit), span(90, 99));
        assert_eq!(span(10, 19).moved(1, limit), span(11, 20));
    }
}
