//! One series as a chart draws it.

use crate::{
    calendar::Grain,
    data::Finality,
    series::Counts,
    stats::{Change, Comparison, Figures, Mean, complete},
};
use std::{cell::RefCell, cmp::Ordering, ops::Range, rc::Rc};

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
    /// Number of names in a shared series; 0 for a series of one name.
    pub others: usize,
    /// The slots of the span.
    pub counts: Counts,
    /// The same weekdays before, for comparison; empty where nothing lies so far back.
    pub before: Counts,
    /// Sum, mean and so on over the span.
    pub figures: Figures,
    /// Against earlier days, as the page's comparison says.
    pub change: Change,
    /// How many slots the change compares; fewer than the page does where the series lacks rows.
    pub compared: usize,
    /// Positions of complete slots that lack days: weeks or months those of the series, windows of days those of all.
    pub partial: Vec<usize>,
    outline: Outline<Stretch>,
    means: Outline<Vec<(usize, f64)>>,
    means_before: Outline<Vec<(usize, f64)>>,
}

/// Properties of the slots of a page that are the same for all series.
#[derive(Clone, Copy, Debug)]
pub struct Slots<'a> {
    /// Whether more can come for each of them.
    pub states: &'a [Finality],
    /// Which of them are compared with earlier ones.
    pub comparison: &'a Comparison,
    /// What a slot is.
    pub grain: Grain,
}

impl Line {
    /// Computes figures and change of a series.
    pub fn new(
        name: &str,
        full_name: &str,
        color_name: &str,
        marker: usize,
        counts: Counts,
        before: Counts,
        slots: Slots<'_>,
    ) -> Self {
        let partial = match slots.grain.sums_days() {
            true => partial(&counts, slots),
            false => Vec::new(),
        };
        let (change, compared) = slots.comparison.change(&counts, &before, slots.grain);
        Self {
            name: name.to_owned(),
            full_name: full_name.to_owned(),
            color_name: color_name.to_owned(),
            marker,
            others: 0,
            figures: Figures::of(&counts, slots.states, slots.grain),
            change,
            compared,
            partial,
            before,
            counts,
            outline: Outline::default(),
            means: Outline::default(),
            means_before: Outline::default(),
        }
    }

    /// The same as a shared series of several names.
    pub fn standing_for(self, others: usize) -> Self {
        Self { others, ..self }
    }

    /// The same with complete slots that lack days, by position.
    pub fn with_partial(self, partial: Vec<usize>) -> Self {
        Self { partial, ..self }
    }

    /// The mean of seven days up to a slot.
    pub fn mean(&self, index: usize, states: &[Finality]) -> Option<Mean> {
        let state = *states.get(index)?;
        Mean::trailing(self.counts.track(), self.counts.slot(index), state)
    }

    /// The means to draw, by stretches without a gap: the smallest and the largest of each bucket of days.
    pub fn means(&self, states: &[Finality], buckets: usize) -> Rc<[Vec<(usize, f64)>]> {
        self.means.get(buckets, || {
            let mean = |index: usize| Some(self.mean(index, states)?.value());
            outlined(&self.counts, mean, buckets)
        })
    }

    /// The same of the days before.
    pub fn means_before(&self, buckets: usize) -> Rc<[Vec<(usize, f64)>]> {
        self.means_before.get(buckets, || {
            let (track, slot) = (self.before.track(), |index| self.before.slot(index));
            let mean = |index| Mean::trailing(track, slot(index), Finality::Final);
            outlined(&self.before, |index| Some(mean(index)?.value()), buckets)
        })
    }

    /// What to draw where there is room for `buckets` buckets of days.
    /// It is worked out once for a width, not for each frame.
    pub fn stretches(&self, states: &[Finality], buckets: usize) -> Rc<[Stretch]> {
        self.outline.get(buckets, || {
            let complete = complete(states);
            let mut stretches = Vec::new();
            for run in self.counts.runs() {
                let split = complete.clamp(run.start, run.end);
                for part in self.whole_parts(run.start..split) {
                    // The incomplete slots go on from the last part.
                    let end = if part.end == split { run.end } else { part.end };
                    stretches.push(Stretch::new(&self.counts, part.start..end, split, buckets));
                }
                let of_run = |at: &usize| (run.start..split).contains(at);
                let partial: Vec<usize> = self.partial.iter().copied().filter(of_run).collect();
                let joints = partial.chunk_by(|a, b| a + 1 == *b);
                stretches.extend(joints.map(|slots| Stretch::around(slots, run.start..split)));
            }
            stretches.into()
        })
    }

    /// A run of slots without those that lack days, in parts; at least one part, which may be empty at the end.
    fn whole_parts(&self, run: Range<usize>) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        let mut start = run.start;
        for &at in self.partial.iter().filter(|at| run.contains(at)) {
            if start < at {
                parts.push(start..at);
            }
            start = at + 1;
        }
        parts.push(start..run.end);
        parts
    }
}

/// The means of each run of slots, with the smallest and the largest of each bucket.
fn outlined(
    counts: &Counts,
    mean: impl Fn(usize) -> Option<f64>,
    buckets: usize,
) -> Rc<[Vec<(usize, f64)>]> {
    let width = counts.len().div_ceil(buckets.max(1)).max(1);
    let outline = |run: Range<usize>| -> Vec<(usize, f64)> {
        let means = run.filter_map(|index| Some((index, mean(index)?)));
        let means: Vec<(usize, f64)> = means.collect();
        if width < 2 {
            return means;
        }
        let columns = means.chunk_by(|a, b| a.0 / width == b.0 / width);
        columns
            .flat_map(|column| {
                let by_mean = |a: &&(usize, f64), b: &&(usize, f64)| a.1.total_cmp(&b.1);
                let ends = (column.iter().min_by(by_mean), column.iter().max_by(by_mean));
                let (Some(low), Some(high)) = ends else {
                    return Vec::new();
                };
                match low.0.cmp(&high.0) {
                    Ordering::Equal => vec![*low],
                    Ordering::Less => vec![*low, *high],
                    Ordering::Greater => vec![*high, *low],
                }
            })
            .collect()
    };
    counts.runs().map(outline).collect()
}

/// Positions of complete slots with a row that lack days.
fn partial(counts: &Counts, slots: Slots<'_>) -> Vec<usize> {
    let complete = complete(slots.states).min(counts.len());
    let lacks = |at: &usize| counts.get(*at).is_some() && !counts.is_whole(*at, slots.grain);
    (0..complete).filter(lacks).collect()
}

/// Days that follow one another without a gap, as they are drawn: positions among the line's days,
/// with the smallest and the largest day of each bucket where there are more days than room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Complete days.
    pub solid: Vec<usize>,
    /// The days beyond, led by the last complete one, if there is one; empty where all are complete.
    pub open: Vec<usize>,
    /// Weeks or months that lack days, between their neighbours: a solid line to them would look like a fall.
    pub around: Vec<usize>,
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
        Self {
            solid,
            open,
            around: Vec::new(),
        }
    }

    /// Slots that lack days, and their neighbours in the run.
    fn around(slots: &[usize], run: Range<usize>) -> Self {
        let (first, last) = (slots[0], slots[slots.len() - 1]);
        let neighbours = first.saturating_sub(1).max(run.start)..(last + 2).min(run.end);
        Self {
            solid: Vec::new(),
            open: Vec::new(),
            around: neighbours.collect(),
        }
    }
}

/// What is remembered for a width, if anything is.
type Remembered<T> = Option<(usize, Rc<[T]>)>;

/// Remembers what is drawn at one width.
#[derive(Clone, Debug)]
struct Outline<T>(RefCell<Remembered<T>>);

impl<T> Default for Outline<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T> Outline<T> {
    fn get(&self, buckets: usize, work_out: impl FnOnce() -> Rc<[T]>) -> Rc<[T]> {
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

/// A cache: it does not take part in comparisons.
impl<T> PartialEq for Outline<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
