//! The range of event times that are accepted. Without a limit, wrong clocks could create any number of partitions and move the
//! watermark.

use std::ops::RangeInclusive;

use musicstream_event::{Reason, Rejection};
use pgrx::datum::{Date, TimestampWithTimeZone, ToIsoString};
use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use crate::error::Error;
use crate::pg_time::{self, day_of, rfc3339};
use crate::settings;
use crate::time::{DAY, SECOND, day_start};

/// 2002-01-01: the first services that recorded single plays started in that winter (Rhapsody, Audioscrobbler). Clocks that lost
/// power show older dates: 1970 (Unix), 1980 (DOS, GPS), 2000 (clock chips), 2001 (Apple).
const FIRST_PLAYS: i64 = 731 * DAY;

/// Limits of accepted event times, in microseconds since Postgres's epoch, both included.
pub(crate) struct Plausible {
    /// The lower limit of `musicstream.retention`.
    pub(crate) retained: i64,
    /// The lower limit: `retained`, or the first day that is not frozen if that is later.
    pub(crate) oldest: i64,
    /// The time of the server. Later event times are stored, but do not move the watermark.
    pub(crate) now: i64,
    /// The upper limit, set by `musicstream.max_future`.
    pub(crate) newest: i64,
}

impl Plausible {
    /// The limits that the settings give at the time `now`.
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

    /// The rejection of an event with this time, if it is outside the limits.
    pub(crate) fn check(&self, ts: i64) -> Result<(), Rejection> {
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
                    day_of(self.oldest).to_iso_string()
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

    /// All accepted times.
    fn span(&self) -> RangeInclusive<i64> {
        self.oldest..=self.newest
    }

    /// [`Plausible::at`], without frozen days. No day can become frozen until this transaction ends.
    pub(crate) fn unless_frozen(client: &mut SpiClient<'_>, now: i64) -> Result<Plausible, Error> {
        // The lock keeps musicstream_expire() out until this transaction ends. An insert would take it anyway, but the query below
        // must run after it.
        client.update(
            "lock table only raw_events in row exclusive mode",
            None,
            &[],
        )?;
        let frozen_before = client
            .update("select frozen_before()", None, &[])?
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
fn is_plausible(ts: TimestampWithTimeZone) -> bool {
    Plausible::at(pg_time::now())
        .span()
        .contains(&ts.into_inner())
}
