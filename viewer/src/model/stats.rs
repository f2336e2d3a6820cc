//! Sums, means and changes, over complete days only where days are compared.

use super::data::DayState;

/// What one series counted on one day. `None` in a list of days is a day without a row: a gap, not a zero.
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

/// The figures of one series over a span.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// All days, the incomplete ones too.
    pub sum: i64,
    /// Late events of all days.
    pub late: i64,
    /// The latest complete day with a row.
    pub last: Option<i64>,
    /// Mean of the complete days with a row.
    pub mean: Option<f64>,
    /// Smallest complete day with a row.
    pub min: Option<i64>,
    /// Largest complete day with a row.
    pub max: Option<i64>,
    /// Days without a row that lie before today.
    pub missing: usize,
    /// Days with a row.
    pub rows: usize,
    /// Smallest and largest day, complete or not.
    pub extremes: Option<(i64, i64)>,
}

impl Figures {
    /// Works the figures out; `state` says what can be said about the day at an index.
    pub fn of(counts: &[Option<Count>], state: impl Fn(usize) -> DayState) -> Self {
        let mut figures = Self::default();
        let (mut low, mut high) = (i64::MAX, i64::MIN);
        let (mut lowest, mut highest) = (low, high);
        let (mut complete_sum, mut complete_days) = (0.0, 0_u32);
        for (index, count) in counts.iter().enumerate() {
            let state = state(index);
            let Some(count) = count else {
                figures.missing += usize::from(state != DayState::SoFar);
                continue;
            };
            figures.rows += 1;
            (lowest, highest) = (lowest.min(count.events), highest.max(count.events));
            figures.sum = figures.sum.saturating_add(count.events);
            figures.late = figures.late.saturating_add(count.late_events);
            if state.is_complete() {
                figures.last = Some(count.events);
                (low, high) = (low.min(count.events), high.max(count.events));
                complete_sum += count.events as f64;
                complete_days += 1;
            }
        }
        figures.extremes = (figures.rows > 0).then_some((lowest, highest));
        if complete_days > 0 {
            figures.mean = Some(complete_sum / f64::from(complete_days));
            (figures.min, figures.max) = (Some(low), Some(high));
        }
        figures
    }
}

/// How a series changed against the days before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// No pair of complete days to compare.
    Nothing,
    /// There was nothing before.
    New,
    /// A share: 0.05 is five percent more.
    Share(f64),
}

/// Compares complete days with the complete days `shift` days before (a multiple of seven, so that
/// weekdays meet weekdays). Days that lack a row on either side are left out on both.
pub fn change(
    now: &[Option<Count>],
    before: &[Option<Count>],
    complete: impl Fn(usize) -> bool,
) -> Change {
    let (mut after_sum, mut before_sum, mut pairs) = (0_i128, 0_i128, 0_usize);
    for (index, (now, before)) in now.iter().zip(before).enumerate() {
        if let (Some(now), Some(before), true) = (now, before, complete(index)) {
            after_sum += i128::from(now.events);
            before_sum += i128::from(before.events);
            pairs += 1;
        }
    }
    match (pairs, before_sum, after_sum) {
        (0, _, _) => Change::Nothing,
        (_, 0, 0) => Change::Share(0.0),
        (_, 0, _) => Change::New,
        _ => Change::Share((after_sum - before_sum) as f64 / before_sum as f64),
    }
}

/// By how many days to go back to compare a span of so many days: whole weeks, at least the span.
pub fn comparison_shift(days: usize) -> i32 {
    i32::try_from(days.div_ceil(7) * 7).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(events: &[i64]) -> Vec<Option<Count>> {
        events
            .iter()
            .map(|&events| {
                (events >= 0).then_some(Count {
                    events,
                    late_events: 1,
                })
            })
            .collect()
    }

    fn last_is_today(days: usize) -> impl Fn(usize) -> DayState {
        move |index| {
            if index + 1 == days {
                DayState::SoFar
            } else {
                DayState::Final
            }
        }
    }

    #[test]
    fn the_incomplete_day_is_in_the_sum_and_in_nothing_else() {
        let figures = Figures::of(&counts(&[10, 30, 5]), last_is_today(3));
        assert_eq!((figures.sum, figures.late), (45, 3));
        assert_eq!(figures.last, Some(30));
        assert_eq!(figures.mean, Some(20.0));
        assert_eq!((figures.min, figures.max), (Some(10), Some(30)));
    }

    #[test]
    fn a_missing_day_is_no_zero() {
        let figures = Figures::of(&counts(&[10, -1, 20, 0]), |_| DayState::Final);
        assert_eq!(figures.mean, Some(10.0));
        assert_eq!(figures.min, Some(0));
        assert_eq!(figures.missing, 1);
        let today_only = Figures::of(&counts(&[-1]), last_is_today(1));
        assert_eq!((today_only.missing, today_only.mean), (0, None));
    }

    #[test]
    fn change_compares_what_both_sides_have() {
        let complete = |index| index < 3;
        let now = counts(&[110, 55, -1, 1]);
        let before = counts(&[100, -1, 70, 900]);
        assert_eq!(change(&now, &before, complete), Change::Share(0.1));
        assert_eq!(
            change(&now, &counts(&[-1, -1, -1, 5]), complete),
            Change::Nothing
        );
        assert_eq!(change(&now, &counts(&[0, 0, 0, 0]), complete), Change::New);
        assert_eq!(
            change(&counts(&[0]), &counts(&[0]), complete),
            Change::Share(0.0)
        );
    }

    #[test]
    fn weekdays_meet_weekdays() {
        assert_eq!(comparison_shift(7), 7);
        assert_eq!(comparison_shift(28), 28);
        assert_eq!(comparison_shift(90), 91);
        assert_eq!(comparison_shift(1), 7);
    }
}
