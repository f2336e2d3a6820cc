//! What numbers count, and how they are formatted.

use crate::calendar::{
    format,
    quantity::{self, HOUR_US},
    ticks,
};

/// What is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measure {
    /// Events. They can be summed over days, types and regions.
    #[default]
    Events,
    /// Estimated distinct listeners. They cannot be summed: one listener may be in several rows.
    Listeners,
    /// Exact number of users. A user who was active in two regions counts in both.
    ExactListeners,
    /// Time listened, in microseconds.
    Hours,
    /// Plays that were long enough.
    Streams,
    /// Skips as a part of plays, in millionths.
    SkipRate,
    /// Sessions that began.
    Sessions,
    /// Input that could not be stored.
    Rejected,
}

impl Measure {
    /// Whether numbers of several days, types or regions add up.
    pub fn adds_up(self) -> bool {
        !matches!(
            self,
            Self::Listeners | Self::ExactListeners | Self::SkipRate
        )
    }

    /// Divisor from the stored to the shown unit.
    fn unit(self) -> f64 {
        match self {
            Self::Hours => HOUR_US as f64,
            // Millionths, as a percentage.
            Self::SkipRate => 10_000.0,
            _ => 1.0,
        }
    }

    /// In tooltips and tables, for screen readers.
    pub fn exact(self, number: i64) -> String {
        match self {
            Self::Hours => quantity::hours(number),
            Self::SkipRate => quantity::percentage(number),
            _ => format::grouped(number),
        }
    }

    /// On an axis.
    pub fn on_axis(self, number: f64) -> String {
        let text = format::compact(number / self.unit());
        match self {
            Self::SkipRate => text + " %",
            _ => text,
        }
    }

    /// Round values from zero to at least `max`, at most `count` steps.
    pub fn ticks(self, max: i64, count: usize) -> Vec<f64> {
        let unit = self.unit();
        let whole = (max as f64 / unit).ceil() as i64;
        if whole > 0 && whole <= 2 && unit > 1.0 {
            // Parts of an hour or of a percent.
            let steps = ticks::values((max as f64 / unit * 100.0).ceil() as i64, count);
            return steps.into_iter().map(|step| step / 100.0 * unit).collect();
        }
        let steps = ticks::values(whole, count);
        steps.into_iter().map(|step| step * unit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_in_what_is_shown() {
        let words = |measure: Measure, max| -> Vec<String> {
            let steps = measure.ticks(max, 4);
            steps
                .into_iter()
                .map(|step| measure.on_axis(step))
                .collect()
        };
        assert_eq!(words(Measure::Events, 97), ["0", "25", "50", "75", "100"]);
        assert_eq!(words(Measure::Hours, HOUR_US * 9), ["0", "5", "10"]);
        assert_eq!(
            words(Measure::Hours, HOUR_US / 2),
            ["0", "0.2", "0.4", "0.6"]
        );
        assert_eq!(
            words(Measure::SkipRate, 243_000),
            ["0 %", "10 %", "20 %", "30 %"]
        );
    }

    #[test]
    fn exact_words_are_those_of_the_tables() {
        assert_eq!(Measure::Hours.exact(HOUR_US * 3 / 2), "1.50");
        assert_eq!(Measure::SkipRate.exact(243_156), "24.3 %");
        assert_eq!(Measure::Streams.exact(12_345), "12,345");
    }
}
