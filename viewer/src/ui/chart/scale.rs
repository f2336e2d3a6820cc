//! The axis of values: where a value lies, and which of them have a line.

use crate::{calendar::format, data::Measure};

/// Room above the largest value.
const HEADROOM: f64 = 1.05;
/// Of a logarithmic axis, the part between zero, which has no logarithm, and the smallest power of ten.
const ZERO_STRIP: f64 = 0.12;

/// How values become heights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scale {
    /// From zero to a value.
    Linear {
        /// At the upper edge.
        top: f64,
        /// What is counted.
        measure: Measure,
    },
    /// Powers of ten; zero is the base line, below all of them.
    Log {
        /// The lowest power of ten.
        low: f64,
        /// At the upper edge.
        top: f64,
    },
    /// Shares of a whole.
    Share,
}

impl Scale {
    /// A linear one that ends a little above the largest value.
    pub(super) fn linear(max: i64, measure: Measure) -> Self {
        Self::Linear {
            top: max.max(1) as f64 * HEADROOM,
            measure,
        }
    }

    /// A logarithmic one from the power of ten below the smallest value above zero.
    pub(super) fn log(least: i64, max: i64) -> Self {
        let low = 10_f64.powf((least.max(1) as f64).log10().floor());
        // As much room above the largest value, in hundredths of the height, as on a linear axis.
        let decades = (max.max(1) as f64 / low).log10().max(0.1);
        Self::Log {
            low,
            top: low * 10_f64.powf(decades * HEADROOM),
        }
    }

    /// From the base line, 0, to the upper edge, 1.
    pub(super) fn height(self, value: f64) -> f64 {
        match self {
            Self::Linear { top, .. } => value / top,
            Self::Share => value,
            Self::Log { .. } if value <= 0.0 => 0.0,
            Self::Log { low, top } => {
                let decades = (top / low).log10().max(f64::MIN_POSITIVE);
                let part = ((value / low).log10() / decades).max(0.0);
                ZERO_STRIP + (1.0 - ZERO_STRIP) * part
            }
        }
    }

    /// Where the axis is broken: between zero and the lowest power of ten, which are no step apart.
    pub(super) fn axis_break(self) -> Option<f64> {
        matches!(self, Self::Log { .. }).then_some(ZERO_STRIP / 2.0)
    }

    /// Values that have a line, about `steps` of them.
    pub(super) fn ticks(self, steps: usize) -> Vec<f64> {
        match self {
            Self::Linear { top, measure } => {
                let max = (top / HEADROOM).round() as i64;
                let all = measure.ticks(max, steps).into_iter();
                all.filter(|value| *value <= top).collect()
            }
            Self::Share => {
                let parts = if steps > 3 { 4 } else { 2 };
                (0..=parts)
                    .map(|at| f64::from(at) / f64::from(parts))
                    .collect()
            }
            Self::Log { low, top } => {
                let decades = (top / low).log10().floor() as i32;
                let every = (decades / steps.max(1) as i32 + 1).max(1);
                let factors: &[f64] = if decades < 2 {
                    &[1.0, 2.0, 5.0]
                } else {
                    &[1.0]
                };
                let powers = (0..=decades).step_by(every as usize);
                let lines = powers.flat_map(|power| {
                    factors
                        .iter()
                        .map(move |factor| low * factor * 10_f64.powi(power))
                });
                std::iter::once(0.0)
                    .chain(lines.filter(|value| *value <= top))
                    .collect()
            }
        }
    }

    /// What stands beside a line.
    pub(super) fn label(self, value: f64) -> String {
        match self {
            Self::Share => format!("{:.0} %", value * 100.0),
            Self::Linear { measure, .. } => measure.on_axis(value),
            _ => format::compact(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_ends_a_little_above_the_largest_value() {
        let scale = Scale::linear(80, Measure::Events);
        assert_eq!(scale.ticks(4), [0.0, 20.0, 40.0, 60.0, 80.0]);
        assert!((scale.height(80.0) - 1.0 / 1.05).abs() < 1e-9);
        let scale = Scale::linear(81, Measure::Events);
        assert_eq!(scale.ticks(4), [0.0, 25.0, 50.0, 75.0]);
    }

    #[test]
    fn zero_has_a_place_on_a_logarithmic_axis_and_it_is_below_one() {
        let scale = Scale::Log {
            low: 1.0,
            top: 12_000.0,
        };
        assert_eq!(scale.height(0.0), 0.0);
        let broken = scale.axis_break().unwrap();
        assert!(
            0.0 < broken && broken < scale.height(1.0),
            "no step from 0 to 1"
        );
        assert_eq!(Scale::linear(10, Measure::Events).axis_break(), None);
        assert!(scale.height(1.0) > 0.05);
        assert!((scale.height(12_000.0) - 1.0).abs() < 1e-9);
        let step = |value: f64| scale.height(value * 10.0) - scale.height(value);
        assert!(
            (step(1.0) - step(100.0)).abs() < 1e-9,
            "decades are as high"
        );
        assert_eq!(scale.ticks(6), [0.0, 1.0, 10.0, 100.0, 1000.0, 10_000.0]);
        let narrow = Scale::Log {
            low: 1000.0,
            top: 6000.0,
        };
        assert_eq!(narrow.ticks(6), [0.0, 1000.0, 2000.0, 5000.0]);
    }
}
