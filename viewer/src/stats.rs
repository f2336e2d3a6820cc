//! Sums, means and changes, over complete days only where days are compared.

use crate::{data::Finality, series::Counts};

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
    /// Works the figures out; the states are those of the days, from final to so far: days beyond them are so far.
    pub fn of(counts: &Counts, states: &[Finality]) -> Self {
        let over = states.partition_point(|state| *state != Finality::SoFar);
        let (over, complete) = (over.min(counts.len()), complete(states).min(counts.len()));
        let sum = counts.sum(0..counts.len()).count();
        let complete_days = counts.rows_of(0..complete);
        let of_complete = counts.extremes(0..complete);
        Self {
            sum: sum.events,
            late: sum.late_events,
            last: counts.last_of(0..complete).map(|(_, count)| count.events),
            mean: (complete_days > 0)
                .then(|| counts.sum(0..complete).events() as f64 / complete_days as f64),
            min: of_complete.map(|(low, _)| low),
            max: of_complete.map(|(_, high)| high),
            missing: over - counts.rows_of(0..over),
            rows: counts.rows(),
            extremes: counts.extremes(0..counts.len()),
        }
    }
}

/// How many days, from the first on, are complete.
pub fn complete(states: &[Finality]) -> usize {
    states.partition_point(|state| state.is_complete())
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

/// Compares the first days, as many as are complete, with those before (whole weeks before, so that weekdays meet
/// weekdays). Days that lack a row on either side are left out on both.
pub fn change(now: &Counts, before: &Counts, complete: usize) -> Change {
    let (mut after_sum, mut before_sum, mut pairs) = (0_i128, 0_i128, 0_usize);
    let (mut runs, mut runs_before) = (now.runs().peekable(), before.runs().peekable());
    while let (Some(run), Some(run_before)) = (runs.peek(), runs_before.peek()) {
        let both = run.start.max(run_before.start)..run.end.min(run_before.end).min(complete);
        if !both.is_empty() {
            after_sum += now.sum(both.clone()).events();
            before_sum += before.sum(both.clone()).events();
            pairs += both.len();
        }
        if run.end <= run_before.end {
            runs.next();
        } else {
            runs_before.next();
        }
    }
    match (pairs, before_sum, after_sum) {
        (0, _, _) => Change::Nothing,
        (_, 0, 0) => Change::Share(0.0),
        (_, 0, _) => Change::New,
        _ => Change::Share((after_sum - before_sum) as f64 / before_sum as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Count;

    fn counts(events: &[i64]) -> Counts {
        let count = |&events: &i64| {
            (events >= 0).then_some(Count {
                events,
                late_events: 1,
            })
        };
        events.iter().map(count).collect::<Vec<_>>().into()
    }

    fn last_is_today(days: usize) -> Vec<Finality> {
        let mut states = vec![Finality::Final; days];
        states[days - 1] = Finality::SoFar;
        states
    }

    #[test]
    fn the_incomplete_day_is_in_the_sum_and_in_nothing_else() {
        let figures = Figures::of(&counts(&[10, 30, 5]), &last_is_today(3));
        assert_eq!((figures.sum, figures.late), (45, 3));
        assert_eq!(figures.last, Some(30));
        assert_eq!(figures.mean, Some(20.0));
        assert_eq!((figures.min, figures.max), (Some(10), Some(30)));
    }

    #[test]
    fn a_missing_day_is_no_zero() {
        let figures = Figures::of(&counts(&[10, -1, 20, 0]), &[Finality::Final; 4]);
        assert_eq!(figures.mean, Some(10.0));
        assert_eq!(figures.min, Some(0));
        assert_eq!(figures.missing, 1);
        let today_only = Figures::of(&counts(&[-1]), &last_is_today(1));
        assert_eq!((today_only.missing, today_only.mean), (0, None));
    }

    #[test]
    fn change_compares_what_both_sides_have() {
        let complete = 3;
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
}
