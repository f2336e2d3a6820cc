//! Stops a run that rejects too much: more likely than that all records are bad is that a release or a setting is.

use crate::counts::Totals;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Rejects")]
pub(crate) struct RejectArgs {
    /// Stop with exit code 3 when a larger part of the records than this is rejected, from 0 to 1; 1 never stops
    /// [default: 0.5 for stream, 1 for stream --until-end and load]
    #[arg(long, value_name = "RATIO", value_parser = ratio)]
    pub(crate) max_reject_ratio: Option<f64>,
    /// Over how many records the ratio is taken
    #[arg(long, default_value_t = 10_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) reject_sample: u64,
}

impl RejectArgs {
    /// The limit, if there is one; `default` is the ratio where none is given.
    pub(crate) fn limit(&self, default: f64) -> Option<RejectLimit> {
        let max_ratio = self.max_reject_ratio.unwrap_or(default);
        (max_ratio < 1.0).then_some(RejectLimit {
            max_ratio,
            sample: self.reject_sample,
            judged: 0,
            rejected: 0,
        })
    }
}

fn ratio(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(ratio),
        _ => Err("expected a number from 0 to 1, such as 0.2".to_owned()),
    }
}

/// Counts in samples, one after the other.
#[derive(Debug)]
pub(crate) struct RejectLimit {
    max_ratio: f64,
    sample: u64,
    judged: u64,
    rejected: u64,
}

/// More is rejected than may be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{rejected} of the last {judged} records were rejected, which is more than --max-reject-ratio allows; what was read \
     is stored or in rejected_events; hint: see there for the reasons; a higher ratio goes on"
)]
pub(crate) struct TooManyRejects {
    rejected: u64,
    judged: u64,
}

impl RejectLimit {
    /// Adds a batch.
    ///
    /// # Errors
    /// A sample is full, and too much of it was rejected.
    pub(crate) fn judge(&mut self, totals: &Totals) -> Result<(), TooManyRejects> {
        self.judged += totals.read;
        self.rejected += totals.rejected;
        if self.judged < self.sample {
            return Ok(());
        }
        let (rejected, judged) = (
            std::mem::take(&mut self.rejected),
            std::mem::take(&mut self.judged),
        );
        if rejected as f64 > self.max_ratio * judged as f64 {
            return Err(TooManyRejects { rejected, judged });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(read: u64, rejected: u64) -> Totals {
        Totals {
            read,
            rejected,
            ..Totals::default()
        }
    }

    fn limit(max_ratio: f64) -> RejectLimit {
        let args = RejectArgs {
            max_reject_ratio: Some(max_ratio),
            reject_sample: 100,
        };
        args.limit(1.0).expect("there is a limit")
    }

    #[test]
    fn only_a_full_sample_is_judged_and_each_by_itself() {
        let mut limit = limit(0.2);
        assert_eq!(limit.judge(&batch(99, 99)), Ok(()));
        let (rejected, judged) = (99, 100);
        assert_eq!(
            limit.judge(&batch(1, 0)),
            Err(TooManyRejects { rejected, judged })
        );
        assert_eq!(limit.judge(&batch(100, 20)), Ok(()), "the limit itself");
        let (rejected, judged) = (21, 100);
        assert_eq!(
            limit.judge(&batch(100, 21)),
            Err(TooManyRejects { rejected, judged })
        );
    }

    #[test]
    fn one_is_no_limit() {
        let args = RejectArgs {
            max_reject_ratio: None,
            reject_sample: 1,
        };
        assert!(args.limit(1.0).is_none());
        assert!(args.limit(0.5).is_some());
        assert!(ratio("1.1").is_err() && ratio("-1").is_err() && ratio("NaN").is_err());
    }
}
