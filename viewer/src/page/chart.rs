//! What a chart draws: its lines, and what their slots have in common.

use super::line::Line;
use crate::{
    data::Count,
    series::Counts,
    stats::{Change, MEAN_DAYS, common},
};
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
    /// How all of them together changed.
    pub change: Change,
}

/// What a series is of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its events.
    pub part: i128,
    /// Those of all series of the chart.
    pub whole: i128,
}

impl Share {
    /// Of nothing, there is no share.
    pub fn of(part: i128, whole: i128) -> Option<Self> {
        (whole > 0).then_some(Self { part, whole })
    }

    /// From 0 to 1.
    pub fn value(self) -> f64 {
        self.part as f64 / self.whole as f64
    }
}

/// Slots that are stacked together: one, or as many as there is no room for.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// Their positions.
    pub slots: Range<usize>,
    /// The share of each line, in their order.
    pub shares: Vec<f64>,
}

impl Chart {
    /// A chart of lines over the same slots, and of what they are together.
    pub fn new(title: String, lines: Vec<Line>, all: Counts, change: Change) -> Self {
        Self {
            title,
            lines,
            blank: complement(all.runs(), 0..all.len()),
            all,
            change,
        }
    }

    /// Whether any series has a row in the slots that are compared with.
    pub fn has_before(&self) -> bool {
        self.lines.iter().any(|line| line.before.rows() > 0)
    }

    /// Whether no series has a row.
    pub fn is_blank(&self) -> bool {
        self.all.rows() == 0
    }

    /// The share of a line in a slot. A slot in which nothing was counted has no shares.
    pub fn share(&self, line: &Line, index: usize) -> Option<Share> {
        let (part, whole) = (line.counts.get(index)?, self.all.get(index)?);
        Share::of(part.events.into(), whole.events.into())
    }

    /// Stretches of slots in which some series have rows and others, that had begun before, have none, with the names of
    /// these. `ended` slots have ended: of the others, rows may come yet. A series that ended for good lacks its rows, too.
    pub fn lacking(&self, ended: usize) -> Vec<(Range<usize>, Vec<&str>)> {
        let first = |line: &Line| {
            let begin = line.counts.track().span()?.first.0;
            usize::try_from(begin.saturating_sub(line.counts.slot(0).0).max(0)).ok()
        };
        // Where no series has a row, the chart is blank anyway.
        let there = self.all.runs().collect::<Vec<_>>();
        let gaps = |line: &Line| -> Vec<Range<usize>> {
            let Some(begin) = first(line) else {
                return Vec::new();
            };
            let gaps = complement(line.counts.runs(), begin..ended.min(self.all.len()));
            common(gaps, there.iter().cloned())
        };
        let mut gaps: Vec<(Range<usize>, &str)> = self
            .lines
            .iter()
            .flat_map(|line| gaps(line).into_iter().map(|gap| (gap, line.name.as_str())))
            .collect();
        gaps.sort_by_key(|(gap, _)| gap.start);
        let mut lacking: Vec<(Range<usize>, Vec<&str>)> = Vec::new();
        for (gap, name) in gaps {
            match lacking.last_mut() {
                Some((slots, names)) if gap.start < slots.end => {
                    slots.end = slots.end.max(gap.end);
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
                _ => lacking.push((gap, vec![name])),
            }
        }
        lacking
    }

    /// Shares as they are stacked, in stretches without a gap, with room for `most` stacks. Slots that share a stack
    /// are summed up. Where a series lacks a row there is no stack: the shares of the others would seem to have grown.
    pub fn stacks(&self, most: usize, ended: usize) -> Vec<Vec<Stack>> {
        let width = self.all.len().div_ceil(most.max(1)).max(1);
        let mut stretches = Vec::new();
        let lacking = self.lacking(ended).into_iter().map(|(slots, _)| slots);
        let whole = complement(lacking, 0..self.all.len());
        for run in common(self.all.runs(), whole) {
            let mut stretch: Vec<Stack> = Vec::new();
            let mut start = run.start;
            while start < run.end {
                let end = ((start / width + 1) * width).min(run.end);
                let whole = self.all.sum(start..end).events();
                if whole > 0 {
                    let part = |line: &Line| line.counts.sum(start..end).events();
                    let shares = self
                        .lines
                        .iter()
                        .map(|line| part(line) as f64 / whole as f64);
                    stretch.push(Stack {
                        slots: start..end,
                        shares: shares.collect(),
                    });
                } else if !stretch.is_empty() {
                    stretches.push(std::mem::take(&mut stretch));
                }
                start = end;
            }
            if !stretch.is_empty() {
                stretches.push(stretch);
            }
        }
        stretches
    }

    /// The smallest count above zero of a slot, or 1.
    pub fn least(&self) -> i64 {
        let extremes = self.lines.iter().filter_map(|line| line.figures.extremes);
        extremes.map(|(low, _)| low.max(1)).min().unwrap_or(1)
    }

    /// The first slot, by position, in which a series has late events, from one of them on.
    pub fn late_from(&self, index: usize) -> Option<usize> {
        self.all.late_from(index)
    }

    /// What they are together in a slot.
    pub fn together(&self, index: usize) -> Option<Count> {
        self.all.get(index)
    }

    /// Sum of all its lines over the span.
    pub fn sum(&self) -> i64 {
        self.lines
            .iter()
            .fold(0, |sum, line| sum.saturating_add(line.figures.sum))
    }

    /// The largest count of a slot, of those compared with and of those in means too if asked for.
    pub fn max(&self, compared: bool, means: bool) -> i64 {
        let high = |(_, high): (i64, i64)| high;
        self.lines
            .iter()
            .flat_map(|line| {
                let before = compared.then(|| line.before.extremes(0..line.before.len()));
                let of_means = means.then(|| line.counts.largest_with(MEAN_DAYS - 1));
                [
                    line.figures.extremes.map(high),
                    before.flatten().map(high),
                    of_means.flatten(),
                ]
            })
            .flatten()
            .max()
            .unwrap_or(0)
    }

    /// The largest sum of all its lines in a slot.
    pub fn highest(&self) -> i64 {
        let extremes = self.all.extremes(0..self.all.len());
        extremes.map_or(0, |(_, high)| high)
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

/// The parts of a range that are in none of some ascending ranges.
fn complement(
    ranges: impl Iterator<Item = Range<usize>>,
    within: Range<usize>,
) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = within.start;
    for range in ranges {
        if start < range.start.min(within.end) {
            parts.push(start..range.start.min(within.end));
        }
        start = start.max(range.end);
    }
    if start < within.end {
        parts.push(start..within.end);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{calendar::Grain, data::Finality, page::line::Slots, stats::Comparison};
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
                    grain: Grain::Day,
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
        let chart = Chart::new("play".into(), vec![a, b], all, Change::Nothing);
        assert_eq!(chart.blank, [2..3, 4..5]);
        assert_eq!((chart.late_from(0), chart.late_from(4)), (Some(3), None));
        assert_eq!(chart.max(false, false), 2);
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
