//! What a chart draws: its lines, and what their days have in common.

use super::{
    counts::Counts,
    data::DayState,
    stats::{Change, Count, Figures, change, complete},
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
    /// The days of the span.
    pub counts: Counts,
    /// The same weekdays before, for comparison; empty where nothing lies so far back.
    pub before: Counts,
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
        counts: Counts,
        before: Counts,
        states: &[DayState],
    ) -> Self {
        Self {
            name: name.to_owned(),
            full_name: full_name.to_owned(),
            color_name: color_name.to_owned(),
            marker,
            figures: Figures::of(&counts, states),
            change: change(&counts, &before, complete(states)),
            before,
            counts,
            outline: Outline::default(),
        }
    }

    /// What to draw where there is room for so many buckets of days.
    /// It is worked out once for a width, not for each frame.
    pub fn stretches(&self, states: &[DayState], buckets: usize) -> Rc<[Stretch]> {
        self.outline.get(buckets, || {
            let complete = complete(states);
            self.counts
                .runs()
                .map(|run| Stretch::new(&self.counts, run, complete, buckets))
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
    fn new(counts: &Counts, run: Range<usize>, complete: usize, buckets: usize) -> Self {
        let split = complete.clamp(run.start, run.end);
        // A short run gets a short share of the room.
        let share = |range: &Range<usize>| (range.len() * buckets).div_ceil(counts.len().max(1));
        let kept = |range: Range<usize>| {
            let buckets = share(&range);
            counts.outline(range, buckets)
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
    /// All of its series together.
    all: Counts,
}

impl Panel {
    /// A chart of lines over the same days, and of what they are together.
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

    /// The first day, by position, on which a series has late events, from one of them on.
    pub fn late_from(&self, index: usize) -> Option<usize> {
        self.all.late_from(index)
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
                let before = compared.then(|| line.before.extremes(0..line.before.len()));
                [line.figures.extremes, before.flatten()]
            })
            .flatten()
            .map(|(_, high)| high)
            .max()
            .unwrap_or(0)
    }

    /// Lines with a row on the day, largest first, and those without after them.
    pub fn ranking(&self, index: usize) -> Vec<(&Line, Option<Count>)> {
        let mut ranking: Vec<_> = self
            .lines
            .iter()
            .map(|line| (line, line.counts.get(index)))
            .collect();
        ranking.sort_by_key(|(_, count)| std::cmp::Reverse(count.map(|count| count.events)));
        ranking
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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

    fn line(there: &[i64], complete: usize) -> (Line, Vec<DayState>) {
        let states: Vec<DayState> = (0..there.len())
            .map(|index| match index < complete {
                true => DayState::Final,
                false => DayState::SoFar,
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
                &states,
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
        let panel = Panel::new("play".into(), vec![a, b], all);
        assert_eq!(panel.blank, [2..3, 4..5]);
        assert_eq!((panel.late_from(0), panel.late_from(4)), (Some(3), None));
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
