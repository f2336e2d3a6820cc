//! Which event times are believed: a wrong clock must not make partitions without end, nor move the watermark.

use std::ops::RangeInclusive;

use musicstream_event::{Reason, Rejection};
use pgrx::datum::{Date, TimestampWithTimeZone, ToIsoString};
use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use crate::bounds::{self, day, rfc3339};
use crate::error::Error;
use crate::settings;
use crate::time::{DAY, SECOND, day_start};

/// 2002-01-01: the first services that noted single plays began in that winter (Rhapsody, Audioscrobbler). The dates that
/// a clock shows after it lost its power are older: 1970 (Unix), 1980 (DOS, GPS), 2000 (clock chips), 2001 (Apple).
const FIRST_PLAYS: i64 = 731 * DAY;

/// The span of believable event times, in microseconds as Postgres counts them, both ends included.
pub(crate) struct Plausible {
    /// By the retention alone.
    pub(crate) retained: i64,
    pub(crate) oldest: i64,
    /// The server's clock: what is ahead of it is stored, but is no progress.
    pub(crate) now: i64,
    pub(crate) newest: i64,
}

impl Plausible {
    /// By the settings, at the moment `now`.
    pub(crate) fn at(now: i64) -> Plausible {
        let retained = match settings::RETENTION.get() {
            0 => FIRST_PLAYS,
            retention => day_start(now - i64::from(retention) * SECOND),
        };
        Plausible {
            retained,
            oldest: retained,
            now,
            newest: now + i64::from(settings::MAX_FUTURE.get()) * SECOND,
        }
    }

    /// Why an event of this time is not stored.
    pub(crate) fn judge(&self, ts: i64) -> Result<(), Rejection> {
        if self.span().contains(&ts) {
            return Ok(());
        }
        Err(if ts < self.retained {
            Rejection::new(
                Reason::TooOld,
                format!(
                    "ts is before {}, the limit that musicstream.retention sets",
                    rfc3339(self.retained)
                ),
            )
        } else if ts < self.oldest {
            Rejection::new(
                Reason::DayFrozen,
                format!(
                    "ts is before {}, and musicstream_expire() dropped the events of those days",
                    day(self.oldest).to_iso_string()
                ),
            )
        } else {
            Rejection::new(
                Reason::TooFarInFuture,
                format!(
                    "ts is after {}, the limit that musicstream.max_future sets",
                    rfc3339(self.newest)
                ),
            )
        })
    }

    /// What is stored.
    fn span(&self) -> RangeInclusive<i64> {
        self.oldest..=self.newest
    }

    /// [`Plausible::at`], without the days that `musicstream_expire()` froze. None is frozen before this transaction ends.
    pub(crate) fn unless_frozen(client: &mut SpiClient<'_>, now: i64) -> Result<Plausible, Error> {
        // The lock that an insert takes anyway, but before the question.
        client.update(
            "lock table only raw_events in row exclusive mode",
            None,
            &[],
        )?;
        let frozen_before = client
            .update("select musicstream_frozen_before()", None, &[])?
            .first()
            .get_one::<Date>()?;
        let mut plausible = Plausible::at(now);
        if let Some(day) = frozen_before.filter(|day| !day.is_neg_infinity()) {
            plausible.oldest = plausible
                .oldest
                .max(i64::from(day.to_pg_epoch_days()) * DAY);
        }
        Ok(plausible)
    }
}

#[pg_extern(sql = false)]
fn musicstream_is_plausible(ts: TimestampWithTimeZone) -> bool {
    Plausible::at(bounds::now())
        .span()
        .contains(&ts.into_inner())
}
