//! Stops a run that rejects too many records: then a release or a setting is more likely to be wrong than all records.

use crate::counts::Totals;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Rejects")]
pub(crate) struct RejectArgs {
    /// Stop with exit code 3 if a larger ratio of the records than this is rejected, from 0 to 1; 1 never stops
    /// [default: 0.5 for stream, 1 for stream --until-end and load]
    #[arg(long, value_name = "RATIO", value_parser = ratio)]
    pub(crate) max_reject_ratio: Option<f64>,
    /// Number of records over which the ratio is computed
    #[arg(long, default_value_t = 10_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) reject_sample: u64,
}

impl RejectArgs {
    /// The limit; `None` if the ratio allows everything. `default` is the ratio if none is given.
    pub(crate) fn limit(&self, default: f64) -> Option<RejectLimit> {
        let max_ratio = self.max_reject_ratio.unwrap_or(default);
        (max_ratio < 1.0).then_some(RejectLimit {
            max_ratio,
            sample: self.reject_sample,
            read: 0,
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

/// Counts records in consecutive samples.
#[derive(Debug)]
pub(crate) struct RejectLimit {
    max_ratio: f64,
    sample: u64,
    read: u64,
    rejected: u64,
}

/// A larger ratio of a sample was rejected than is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{rejected} of the last {read} records were rejected, which is more than --max-reject-ratio allows; rejected_events has \
     them with their reasons, and the next run reads what is not stored yet; hint: correct the cause, or allow a higher ratio"
)]
pub(crate) struct TooManyRejects {
    rejected: u64,
    read: u64,
}

impl RejectLimit {
    /// Adds a batch.
    ///
    /// # Errors
    /// A sample is complete, and too much of it was rejected.
    pub(crate) fn check(&mut self, totals: &Totals) -> Result<(), TooManyRejects> {
        self.read += totals.read;
        self.rejected += totals.rejected;
        if self.read < self.sample {
            return Ok(());
        }
        let (rejected, read) = (
            std::mem::take(&mut self.rejected),
            std::mem::take(&mut self.read),
        );
        if rejected as f64 > self.max_ratio * read as f64 {
            return Err(TooManyRejects { rejected, read });
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
    fn only_a_complete_sample_is_checked_and_each_by_itself() {
        let mut limit = limit(0.2);
        assert_eq!(limit.check(&batch(99, 99)), Ok(()));
        let (rejected, read) = (99, 100);
        assert_eq!(
            limit.check(&batch(1, 0)),
            Err(TooManyRejects { rejected, read })
        );
        assert_eq!(limit.check(&batch(100, 20)), Ok(()), "the limit itself");
        let (rejected, read) = (21, 100);
        assert_eq!(
            limit.check(&batch(100, 21)),
            Err(TooManyRejects { rejected, read })
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
        assert_eq!(["0", "0.2", "1"].map(ratio), [0.0, 0.2, 1.0].map(Ok));
        assert!(ratio("1.1").is_err() && ratio("-1").is_err() && ratio("NaN").is_err());
    }
}
