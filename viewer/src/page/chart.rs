//! What a chart draws: its lines, and what their slots have in common.

use super::line::Line;
use crate::{data::Count, series::Counts};
use std::{cmp::Reverse, ops::Range};

/// One chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// `play`, `EU`, or what the overlay shows.
    pub title: String,
    /// Its series, in a stable order.
    pub lines: Vec<Line>,
    /// Stretches of slots, by position, in which no series has a row.
    pub blank: Vec<Range<usize>>,
    /// All of its series together.
    all: Counts,
}

impl Chart {
    /// A chart of lines over the same slots, and of what they are together.
    pub fn new(title: String, lines: Vec<Line>, all: Counts) -> Self {
        let mut blank = Vec::new();
        let mut end = 0;
        for run in all.runs() {
            if end < run.start {
                blank.push(end..run.start);
            }
            end = run.end;
        }
        if end < all.len() {
            blank.push(end..all.len());
        }
        Self {
            title,
            lines,
            blank,
            all,
        }
    }

    /// The first slot, by position, in which a series has late events, from one of them on.
    pub fn late_from(&self, index: usize) -> Option<usize> {
        self.all.late_from(index)
    }

    /// Sum of all its lines over the span.
    pub fn sum(&self) -> i64 {
        self.lines
            .iter()
            .fold(0, |sum, line| sum.saturating_add(line.figures.sum))
    }

    /// The largest count of a slot, of those compared with too if asked for.
    pub fn max(&self, compared: bool) -> i64 {
        self.lines
            .iter()
            .flat_map(|line| {
                let before = compared.then(|| line.before.extremes(0..line.before.len()));
                [line.figures.extremes, before.flatten()]
            })
            .flatten()
            .map(|(_, high)| high)
            .max()
            .unwrap_or(0)
    }

    /// Lines with a row in the slot, largest first, and those without after them.
    pub fn ranking(&self, index: usize) -> Vec<(&Line, Option<Count>)> {
        let mut ranking: Vec<_> = self
            .lines
            .iter()
            .map(|line| (line, line.counts.get(index)))
            .collect();
        ranking.sort_by_key(|(_, count)| Reverse(count.map(|count| count.events)));
        ranking
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{data::Finality, page::line::Slots, stats::Comparison};
    use proptest::prelude::*;

    fn counts(there: &[i64]) -> Counts {
        let count = |&events: &i64| {
            (events >= 0).then_some(Count {
                events,
                late_events: events % 2,
            })
        };
        there.iter().map(count).collect::<Vec<_>>().into()
    }

    fn line(there: &[i64], complete: usize) -> (Line, Vec<Finality>) {
        let states: Vec<Finality> = (0..there.len())
            .map(|index| match index < complete {
                true => Finality::Final,
                false => Finality::SoFar,
            })
            .collect();
        let counts = counts(there);
        (
            Line::new(
                "EU",
                "play · EU",
                "EU",
                0,
                counts,
                Counts::default(),
                Slots {
                    states: &states,
                    comparison: &Comparison::default(),
                },
            ),
            states,
        )
    }

    #[test]
    fn runs_end_at_gaps() {
        let runs = |there: &[i64]| counts(there).runs().collect::<Vec<_>>();
        assert_eq!(runs(&[1, 1, -1, 1, -1, -1, 0, 1]), [0..2, 3..4, 6..8]);
        assert!(runs(&[-1, -1]).is_empty());
    }

    #[test]
    fn a_stretch_is_dashed_from_its_last_complete_day() {
        let (line, states) = line(&[4, 5, -1, 6, 7, 8], 4);
        let stretches = line.stretches(&states, 100);
        assert_eq!(
            (&*stretches[0].solid, &*stretches[0].open),
            (&[0, 1][..], &[][..])
        );
        assert_eq!(
            (&*stretches[1].solid, &*stretches[1].open),
            (&[3][..], &[3, 4, 5][..])
        );
    }

    #[test]
    fn blank_and_late_days_are_those_of_all_lines() {
        let (a, _) = line(&[2, -1, -1, 1, -1], 5);
        let (b, _) = line(&[-1, 2, -1, 2, -1], 5);
        let all = counts(&[2, 2, -1, 3, -1]);
        let chart = Chart::new("play".into(), vec![a, b], all);
        assert_eq!(chart.blank, [2..3, 4..5]);
        assert_eq!((chart.late_from(0), chart.late_from(4)), (Some(3), None));
        assert_eq!(chart.max(false), 2);
    }

    proptest! {
        #[test]
        fn what_is_drawn_has_the_peaks_at_every_width(
            there in proptest::collection::vec(-1_i64..1000, 1..600),
            complete in 0_usize..600,
            widths in proptest::collection::vec(1_usize..80, 1..4),
        ) {
            let (line, states) = line(&there, complete);
            for buckets in widths {
                let stretches = line.stretches(&states, buckets);
                let drawn: Vec<i64> = stretches
                    .iter()
                    .flat_map(|stretch| stretch.solid.iter().chain(&stretch.open))
                    .map(|index| there[*index])
                    .collect();
                let there = || there.iter().copied().filter(|events| *events >= 0);
                prop_assert_eq!(drawn.iter().copied().max(), there().max());
                prop_assert_eq!(drawn.iter().copied().min(), there().min());
            }
        }
    }
}
