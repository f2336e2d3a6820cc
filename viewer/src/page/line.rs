//! One series as a chart draws it.

use crate::{
    data::Finality,
    series::Counts,
    stats::{Change, Comparison, Figures, complete},
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
    /// Against earlier days, as the page's comparison says.
    pub change: Change,
    outline: Outline,
}

/// What is known of the slots of a page, whatever the series.
#[derive(Clone, Copy, Debug)]
pub struct Slots<'a> {
    /// Whether more can come for each of them.
    pub states: &'a [Finality],
    /// Which of them are compared with earlier ones.
    pub comparison: &'a Comparison,
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
        slots: Slots<'_>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            full_name: full_name.to_owned(),
            color_name: color_name.to_owned(),
            marker,
            figures: Figures::of(&counts, slots.states),
            change: slots.comparison.change(&counts, &before),
            before,
            counts,
            outline: Outline::default(),
        }
    }

    /// What to draw where there is room for so many buckets of days.
    /// It is worked out once for a width, not for each frame.
    pub fn stretches(&self, states: &[Finality], buckets: usize) -> Rc<[Stretch]> {
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
