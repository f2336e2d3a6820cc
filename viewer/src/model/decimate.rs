//! Fewer points than pixels, without losing a peak.

/// Keeps the smallest and the largest point of every bucket of neighbours, in order, and both ends.
/// Lines of up to `2 * buckets` points are left alone.
pub fn min_max(points: &[[f32; 2]], buckets: usize) -> Vec<[f32; 2]> {
    let buckets = buckets.max(1);
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Vec::new();
    };
    if points.len() <= buckets * 2 {
        return points.to_vec();
    }
    let mut kept = Vec::with_capacity(buckets * 2 + 2);
    kept.push(*first);
    for bucket in 0..buckets {
        let from = bucket * points.len() / buckets;
        let to = (bucket + 1) * points.len() / buckets;
        let (mut low, mut high) = (from, from);
        for at in from..to {
            if points[at][1] < points[low][1] {
                low = at;
            }
            if points[at][1] > points[high][1] {
                high = at;
            }
        }
        for pick in [low.min(high), low.max(high)] {
            if pick > 0 && kept.last() != Some(&points[pick]) {
                kept.push(points[pick]);
            }
        }
    }
    if kept.last() != Some(last) {
        kept.push(*last);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_single_peak_among_a_million_survives() {
        let mut points: Vec<[f32; 2]> = (0..1_000_000).map(|at| [at as f32, 1.0]).collect();
        points[777_777][1] = 99.0;
        let kept = min_max(&points, 500);
        assert!(kept.len() <= 1002);
        assert!(kept.contains(&[777_777.0, 99.0]));
    }

    proptest! {
        #[test]
        fn extremes_ends_and_order_are_kept(
            values in proptest::collection::vec(-1e6_f32..1e6, 1..2000),
            buckets in 1_usize..50,
        ) {
            let points: Vec<[f32; 2]> =
                values.iter().enumerate().map(|(at, &value)| [at as f32, value]).collect();
            let kept = min_max(&points, buckets);
            let extreme = |points: &[[f32; 2]], pick: fn(f32, f32) -> f32| {
                points.iter().map(|point| point[1]).reduce(pick)
            };
            prop_assert_eq!(extreme(&kept, f32::max), extreme(&points, f32::max));
            prop_assert_eq!(extreme(&kept, f32::min), extreme(&points, f32::min));
            prop_assert_eq!(kept.first(), points.first());
            prop_assert_eq!(kept.last(), points.last());
            prop_assert!(kept.windows(2).all(|pair| pair[0][0] < pair[1][0]));
        }
    }
}
