//! Fewer points than pixels, without losing a peak.

use std::ops::Range;

/// Positions of the smallest and the largest value of every bucket of neighbours, in order, and both ends.
/// Ranges of up to `2 * buckets` values are left alone.
pub fn min_max(range: Range<usize>, buckets: usize, value: impl Fn(usize) -> i64) -> Vec<usize> {
    let (buckets, len) = (buckets.max(1), range.len());
    if len <= buckets * 2 {
        return range.collect();
    }
    let mut kept = Vec::with_capacity(buckets * 2 + 2);
    kept.push(range.start);
    for bucket in 0..buckets {
        let from = range.start + bucket * len / buckets;
        let to = range.start + (bucket + 1) * len / buckets;
        let (mut low, mut high) = ((value(from), from), (value(from), from));
        for at in from + 1..to {
            let value = value(at);
            if value < low.0 {
                low = (value, at);
            }
            if value > high.0 {
                high = (value, at);
            }
        }
        for pick in [low.1.min(high.1), low.1.max(high.1)] {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_single_peak_among_a_million_survives() {
        let value = |at: usize| if at == 777_777 { 99 } else { 1 };
        let kept = min_max(0..1_000_000, 500, value);
        assert!(kept.len() <= 1002);
        assert!(kept.contains(&777_777));
    }

    proptest! {
        #[test]
        fn each_bucket_keeps_its_extremes_in_order_and_the_ends_stay(
            values in proptest::collection::vec(any::<i64>(), 1..2000),
            buckets in 1_usize..50,
            skipped in 0_usize..100,
        ) {
            let range = skipped..skipped + values.len();
            let value = |at: usize| values[at - skipped];
            let kept = min_max(range.clone(), buckets, value);
            prop_assert!(kept.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(kept.iter().all(|at| range.contains(at)));
            prop_assert_eq!(kept.first(), Some(&range.start));
            prop_assert_eq!(kept.last(), Some(&(range.end - 1)));
            prop_assert!(kept.len() <= 2 * buckets + 2);
            for bucket in 0..buckets {
                let part = range.start + bucket * range.len() / buckets
                    ..range.start + (bucket + 1) * range.len() / buckets;
                let of_kept = || kept.iter().filter(|at| part.contains(at)).map(|at| value(*at));
                prop_assert_eq!(of_kept().min(), part.clone().map(value).min());
                prop_assert_eq!(of_kept().max(), part.clone().map(value).max());
            }
        }
    }
}
