//! Down-sampling that keeps every peak. Minimum and maximum of blocks of values are computed in advance, so the cost of
//! drawing depends on the width of the chart and not on the number of points.

use std::ops::Range;

/// Log2 of the smallest block size. Smaller blocks would not be faster than reading the values.
const SMALLEST: u32 = 3;

/// For blocks of 8, 16, 32 … values: which of each is the smallest, and which the largest; of equal ones, the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Peaks {
    levels: Vec<Vec<(u32, u32)>>,
}

impl Peaks {
    /// Builds the blocks in one pass.
    pub(super) fn new(len: usize, value: impl Fn(usize) -> i64) -> Self {
        let first = 1_usize << SMALLEST;
        let mut levels = Vec::new();
        let mut level: Vec<(u32, u32)> = (0..len / first)
            .map(|block| {
                let values = block * first..(block + 1) * first;
                let (low, high) = plain(values, &value);
                (low as u32, high as u32)
            })
            .collect();
        while !level.is_empty() {
            let next = level
                .chunks_exact(2)
                .map(|pair| {
                    let pick = |a: u32, b: u32, is_b: bool| if is_b { b } else { a };
                    let of = |at: u32| value(at as usize);
                    let ((low_a, high_a), (low_b, high_b)) = (pair[0], pair[1]);
                    (
                        pick(low_a, low_b, of(low_b) < of(low_a)),
                        pick(high_a, high_b, of(high_b) > of(high_a)),
                    )
                })
                .collect();
            levels.push(std::mem::replace(&mut level, next));
        }
        Self { levels }
    }

    /// Positions of the smallest and the largest value of a range that is not empty.
    pub(super) fn extremes(
        &self,
        range: Range<usize>,
        value: impl Fn(usize) -> i64,
    ) -> (usize, usize) {
        let (mut low, mut high) = (range.start, range.start);
        let (mut lowest, mut highest) = (i64::MAX, i64::MIN);
        let mut at = range.start;
        while at < range.end {
            let aligned = if at == 0 { 63 } else { at.trailing_zeros() };
            let size = aligned.min((range.end - at).ilog2());
            let (of_low, of_high) = match size.checked_sub(SMALLEST) {
                Some(level) => {
                    let (low, high) = self.levels[level as usize][at >> size];
                    at += 1 << size;
                    (low as usize, high as usize)
                }
                None => {
                    at += 1;
                    (at - 1, at - 1)
                }
            };
            if value(of_low) < lowest {
                (lowest, low) = (value(of_low), of_low);
            }
            if value(of_high) > highest {
                (highest, high) = (value(of_high), of_high);
            }
        }
        (low, high)
    }

    /// Positions of the smallest and the largest value of each column, in order, and both ends.
    /// Ranges of up to `2 * most` values are returned as they are.
    pub(super) fn outline(
        &self,
        range: Range<usize>,
        most: usize,
        value: impl Fn(usize) -> i64,
    ) -> Vec<usize> {
        if range.len() <= most.max(1) * 2 {
            return range.collect();
        }
        let mut kept = Vec::with_capacity(most * 2 + 4);
        kept.push(range.start);
        for column in columns(range.clone(), most) {
            let (low, high) = self.extremes(column, &value);
            for pick in [low.min(high), low.max(high)] {
                if kept.last().is_none_or(|last| *last < pick) {
                    kept.push(pick);
                }
            }
        }
        if kept.last() != Some(&(range.end - 1)) {
            kept.push(range.end - 1);
        }
        kept
    }
}

/// Cuts a range into about as many columns as asked for, one more at the most.
/// Columns start at multiples of their width, whatever the range is, so a moving chart does not flicker,
/// and each column consists of whole blocks.
pub(super) fn columns(range: Range<usize>, most: usize) -> impl Iterator<Item = Range<usize>> {
    let width = range.len().div_ceil(most.max(1)).max(1);
    let block = 1_usize << width.ilog2().saturating_sub(2);
    let width = width.next_multiple_of(block);
    let mut at = range.start;
    std::iter::from_fn(move || {
        let start = at;
        at = ((start / width + 1) * width).min(range.end);
        (start < range.end).then_some(start..at)
    })
}

fn plain(range: Range<usize>, value: impl Fn(usize) -> i64) -> (usize, usize) {
    let (mut low, mut high) = (range.start, range.start);
    for at in range {
        if value(at) < value(low) {
            low = at;
        }
        if value(at) > value(high) {
            high = at;
        }
    }
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_single_peak_among_a_million_survives() {
        let value = |at: usize| if at == 777_777 { 99 } else { 1 };
        let kept = Peaks::new(1_000_000, value).outline(0..1_000_000, 500, value);
        assert!(kept.len() <= 1004);
        assert!(kept.contains(&777_777));
    }

    proptest! {
        #[test]
        fn each_column_keeps_its_extremes_in_order_and_the_ends_stay(
            values in proptest::collection::vec(prop_oneof![any::<i64>(), 0_i64..4], 1..3000),
            most in 1_usize..50,
            cut in (0.0_f64..1.0, 0.0_f64..1.0),
        ) {
            let value = |at: usize| values[at];
            let peaks = Peaks::new(values.len(), value);
            let at = |share: f64| (values.len() as f64 * share) as usize;
            let range = at(cut.0.min(cut.1))..(at(cut.0.max(cut.1)) + 1).min(values.len());
            let kept = peaks.outline(range.clone(), most, value);
            prop_assert!(kept.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(kept.iter().all(|at| range.contains(at)));
            prop_assert_eq!(kept.first(), Some(&range.start));
            prop_assert_eq!(kept.last(), Some(&(range.end - 1)));
            prop_assert!(kept.len() <= 2 * most + 4);
            let mut end = range.start;
            for column in columns(range.clone(), most) {
                prop_assert_eq!(column.start, end, "nothing between columns");
                prop_assert!(column.len() <= range.len().div_ceil(most) * 5 / 4 + 1, "narrow ones");
                end = column.end;
                let of_kept = || kept.iter().filter(|at| column.contains(at)).map(|at| value(*at));
                prop_assert_eq!(of_kept().min(), column.clone().map(value).min());
                prop_assert_eq!(of_kept().max(), column.clone().map(value).max());
                prop_assert_eq!(peaks.extremes(column.clone(), value), plain(column, value));
            }
            prop_assert_eq!(end, range.end);
        }
    }
}
