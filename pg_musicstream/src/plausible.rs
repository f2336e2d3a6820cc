//! Which event times are believed: a wrong clock must not make partitions without end, nor move the watermark.

use std::ops::RangeInclusive;

use pgrx::datum::{Date, TimestampWithTimeZone};
use pgrx::prelude::*;
use pgrx::spi::SpiClient;

use crate::bounds::{self, DAY, SECOND, day_start};
use crate::error::Error;
use crate::settings;

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
        let retained = day_start(now - i64::from(settings::RETENTION.get()) * SECOND);
        Plausible {
            retained,
            oldest: retained,
            now,
            newest: now + i64::from(settings::MAX_FUTURE.get()) * SECOND,
        }
    }

    /// What is stored.
    pub(crate) fn span(&self) -> RangeInclusive<i64> {
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
