//! How far back the window looks.

use crate::calendar::{Day, Slot, Span};
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
    Custom(Span<Day>),
}

impl Range {
    /// In the order of the buttons, without custom days.
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
            Self::Custom(span) => i32::try_from(span.count()).ok(),
        }
    }

    /// The days of the range. It ends today, or at the last day with data where that is so long ago
    /// that the range would be mostly empty.
    pub fn span(self, bounds: Span<Day>, today: Day) -> Span<Day> {
        if let Self::Custom(span) = self {
            return span;
        }
        let Span { first, last } = bounds;
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
    pub fn span(self, now: Slot) -> Span {
        Span {
            first: now.plus(1 - self.minutes()),
            last: now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn span(first: i32, last: i32) -> Span<Day> {
        Span {
            first: Day(first),
            last: Day(last),
        }
    }

    #[test]
    fn a_range_of_ones_own_stays_as_it_is() {
        let own = span(3, 9);
        assert_eq!(
            Range::Custom(own).span(Span::new(Day(0), Day(98)), Day(100)),
            own
        );
        assert_eq!(Hours::One.span(Slot(100)), Span::new(Slot(41), Slot(100)));
    }

    #[test]
    fn a_range_ends_today_so_that_missing_days_show() {
        let week = Range::Days7.span(Span::new(Day(0), Day(98)), Day(100));
        assert_eq!(week, span(94, 100));
        assert_eq!(week.count(), 7);
    }

    #[test]
    fn a_range_over_old_data_ends_with_them() {
        assert_eq!(
            Range::Days7.span(Span::new(Day(0), Day(50)), Day(100)),
            span(44, 50)
        );
        assert_eq!(
            Range::All.span(Span::new(Day(10), Day(50)), Day(900)),
            span(10, 50)
        );
    }

    #[test]
    fn days_ahead_of_the_clock_are_not_cut_off() {
        assert_eq!(
            Range::Days7
                .span(Span::new(Day(0), Day(101)), Day(100))
                .last,
            Day(101)
        );
    }
}
