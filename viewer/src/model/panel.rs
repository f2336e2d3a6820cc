//! What a chart draws: its lines, and what their days have in common.

use super::{
    data::DayState,
    decimate,
    stats::{Change, Count, Figures, change},
};
use std::{cell::RefCell, ops::Range, rc::Rc};

/// One series.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Short, unique within its chart: `EU`.
    pub name: String,
    /// Unique in the window: `play · EU`.
    pub full_name: String,
    /// The name that its colour is keyed by.
    pub color_name: String,
    /// Second cue where several lines share a colour: 0 is a plain line.
    pub marker: usize,
    /// Day by day over the span; `None` is a day without a row.
    pub counts: Vec<Option<Count>>,
    /// The same weekdays before, for comparison; empty where nothing lies so far back.
    pub before: Vec<Option<Count>>,
    /// Sum, mean and so on over the span.
    pub figures: Figures,
    /// Against the days before, weekday by weekday.
    pub change: Change,
    outline: Outline,
}

impl Line {
    /// Works out what a series' counts say.
    pub fn new(
        name: &str,
        full_name: &str,
        color_name: &str,
        marker: usize,
        counts: Vec<Option<Count>>,
        before: Vec<Option<Count>>,
        states: &[DayState],
    ) -> Self {
        let state = |index: usize| states.get(index).copied().unwrap_or(DayState::SoFar);
        Self {
            name: name.to_owned(),
            full_name: full_name.to_owned(),
            color_name: color_name.to_owned(),
            marker,
            figures: Figures::of(&counts, state),
            change: change(&counts, &before, |index| state(index).is_complete()),
            before,
            counts,
            outline: Outline::default(),
        }
    }

    /// What to draw where there is room for so many buckets of days.
    /// It is worked out once for a width, not for each frame.
    pub fn stretches(&self, states: &[DayState], buckets: usize) -> Rc<[Stretch]> {
        self.outline.get(buckets, || {
            runs(&self.counts)
                .into_iter()
                .map(|run| Stretch::new(&self.counts, run, states, buckets))
                .collect()
        })
    }
}

/// Days that follow one another without a gap, as they are drawn: positions among the line's days,
/// with the smallest and the largest day of each bucket where there are more days than room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Complete days.
    pub solid: Vec<usize>,
    /// The days beyond, led by the last complete one, if there is one; empty where all are complete.
    pub open: Vec<usize>,
}

impl Stretch {
    fn new(
        counts: &[Option<Count>],
        run: Range<usize>,
        states: &[DayState],
        buckets: usize,
    ) -> Self {
        let is_complete = |index: &usize| states.get(*index).is_some_and(|s| s.is_complete());
        let split = run.start + run.clone().take_while(is_complete).count();
        // A short run gets a short share of the room.
        let share = |range: &Range<usize>| (range.len() * buckets).div_ceil(counts.len().max(1));
        let kept = |range: Range<usize>| {
            let buckets = share(&range);
            decimate::min_max(range, buckets, |at| {
                counts[at].map_or(0, |count| count.events)
            })
        };
        let open = if split == run.end {
            Vec::new()
        } else {
            kept(split.saturating_sub(1).max(run.start)..run.end)
        };
        let solid = if split == run.start {
            Vec::new()
        } else {
            kept(run.start..split)
        };
        Self { solid, open }
    }
}

/// Remembers the stretches of one width.
#[derive(Clone, Debug, Default)]
struct Outline(RefCell<Option<(usize, Rc<[Stretch]>)>>);

impl Outline {
    fn get(&self, buckets: usize, work_out: impl FnOnce() -> Rc<[Stretch]>) -> Rc<[Stretch]> {
        let mut slot = self.0.borrow_mut();
        match &*slot {
            Some((known, stretches)) if *known == buckets => Rc::clone(stretches),
            _ => {
                let stretches = work_out();
                *slot = Some((buckets, Rc::clone(&stretches)));
                stretches
            }
        }
    }
}

/// What is remembered follows from the counts: it tells no two lines apart.
impl PartialEq for Outline {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// One chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// `play`, `EU`, or what the overlay shows.
    pub title: String,
    /// Its series, in a stable order.
    pub lines: Vec<Line>,
    /// Stretches of days, by position, on which no series has a row.
    pub blank: Vec<Range<usize>>,
    /// Days, by position, with late events.
    pub late: Vec<usize>,
}

impl Panel {
    /// A chart of lines over the same days.
    pub fn new(title: String, lines: Vec<Line>) -> Self {
        let days = lines.iter().map(|line| line.counts.len()).max();
        let is_whole = lines
            .iter()
            .any(|line| line.figures.rows == line.counts.len());
        let mut seen = vec![(is_whole, false); days.unwrap_or(0)];
        for line in lines
            .iter()
            .filter(|line| !is_whole || line.figures.late > 0)
        {
            for (seen, count) in seen.iter_mut().zip(&line.counts) {
                if let Some(count) = count {
                    seen.0 = true;
                    seen.1 |= count.late_events > 0;
                }
            }
        }
        let at = |is: fn(&(bool, bool)) -> bool| {
            let found = seen.iter().enumerate().filter(move |(_, seen)| is(seen));
            found.map(|(index, _)| index)
        };
        Self {
            title,
            lines,
            blank: stretches(at(|seen| !seen.0)),
            late: at(|seen| seen.1).collect(),
        }
    }

    /// Sum of all its lines over the span.
    pub fn sum(&self) -> i64 {
        self.lines
            .iter()
            .fold(0, |sum, line| sum.saturating_add(line.figures.sum))
    }

    /// The largest count of a day, of those compared with too if asked for.
    pub fn max(&self, compared: bool) -> i64 {
        self.lines
            .iter()
            .flat_map(|line| {
                let before: &[_] = if compared { &line.before } else { &[] };
                let before = before.iter().flatten().map(|count| count.events).max();
                [line.figures.extremes.map(|(_, high)| high), before]
            })
            .flatten()
            .max()
            .unwrap_or(0)
    }

    /// Lines with a row on the day, largest first, and those without after them.
    pub fn ranking(&self, index: usize) -> Vec<(&Line, Option<Count>)> {
        let mut ranking: Vec<_> = self
            .lines
            .iter()
            .map(|line| (line, line.counts.get(index).copied().flatten()))
            .collect();
        ranking.sort_by_key(|(_, count)| std::cmp::Reverse(count.map(|count| count.events)));
        ranking
    }
}

/// Stretches of days that follow one another without a gap.
pub fn runs(counts: &[Option<Count>]) -> Vec<Range<usize>> {
    let there = counts
        .iter()
        .enumerate()
        .filter(|(_, count)| count.is_some());
    stretches(there.map(|(index, _)| index))
}

/// Ascending positions as ranges.
fn stretches(positions: impl Iterator<Item = usize>) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for index in positions {
        match ranges.last_mut() {
            Some(range) if range.end == index => range.end = index + 1,
            _ => ranges.push(index..index + 1),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(there: &[i64]) -> Vec<Option<Count>> {
        let count = |&events: &i64| {
            (events >= 0).then_some(Count {
                events,
                late_events: events % 2,
            })
        };
        there.iter().map(count).collect()
    }

    fn line(there: &[i64], complete: usize) -> (Line, Vec<DayState>) {
        let states: Vec<DayState> = (0..there.len())
            .map(|index| match index < complete {
                true => DayState::Final,
                false => DayState::SoFar,
            })
            .collect();
        let counts = counts(there);
        (
            Line::new("EU", "play · EU", "EU", 0, counts, Vec::new(), &states),
            states,
        )
    }

    #[test]
    fn runs_end_at_gaps() {
        assert_eq!(
            runs(&counts(&[1, 1, -1, 1, -1, -1, 0, 1])),
            [0..2, 3..4, 6..8]
        );
        assert!(runs(&[None, None]).is_empty());
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
        let panel = Panel::new("play".into(), vec![a, b]);
        assert_eq!(panel.blank, [2..3, 4..5]);
        assert_eq!(panel.late, [3]);
        assert_eq!(panel.max(false), 2);
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
