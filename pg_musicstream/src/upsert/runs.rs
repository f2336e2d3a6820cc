//! Which partitions a lookup opens: those of the days that occur, not all between the first and the last.

use std::collections::BTreeSet;
use std::ops::Range;

use super::order::Place;
use crate::bounds::DAY;

/// The rows, given with the starts of their days, by runs of adjacent days. A run is from the start of its first day to the end
/// of its last; one statement looks all of its rows up.
pub(super) fn by_run(rows: Vec<(i64, Place)>) -> Vec<(Range<i64>, Vec<Place>)> {
    let mut runs: Vec<Range<i64>> = Vec::new();
    for day in days(&rows) {
        match runs.last_mut() {
            Some(run) if run.end == day => run.end += DAY,
            _ => runs.push(day..day + DAY),
        }
    }
    let mut by_run: Vec<(Range<i64>, Vec<Place>)> =
        runs.into_iter().map(|run| (run, Vec::new())).collect();
    for (day, place) in rows {
        let run = by_run.partition_point(|(run, _)| run.end <= day);
        by_run[run].1.push(place);
    }
    by_run
}

fn days(rows: &[(i64, Place)]) -> BTreeSet<i64> {
    let mut days = BTreeSet::new();
    let mut last = None;
    for (day, _) in rows {
        // Neighbours are mostly of one day.
        if last.replace(*day) != Some(*day) {
            days.insert(*day);
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_where_a_day_is_missing() {
        let rows = |days: &[i64]| -> Vec<(i64, Place)> {
            (0..)
                .zip(days)
                .map(|(block, day)| (day * DAY, Place { block, offset: 1 }))
                .collect()
        };
        let runs = |days: &[i64]| -> Vec<(Range<i64>, Vec<u32>)> {
            by_run(rows(days))
                .into_iter()
                .map(|(run, places)| {
                    let blocks = places.iter().map(|place| place.block).collect();
                    (run.start / DAY..run.end / DAY, blocks)
                })
                .collect()
        };
        assert_eq!(runs(&[]), []);
        assert_eq!(runs(&[7, 7]), [(7..8, vec![0, 1])]);
        assert_eq!(
            runs(&[1800, -1, 2, 0, 1800, 1, 4]),
            [
                (-1..3, vec![1, 2, 3, 5]),
                (4..5, vec![6]),
                (1800..1801, vec![0, 4])
            ]
        );
    }
}
