//! Which event times are believed: a wrong clock must not make partitions without end, nor move the watermark.

use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

use crate::bounds::{self, SECOND, day_start};
use crate::settings;

/// The span of believable event times, in microseconds as Postgres counts them, both ends included.
pub(crate) struct Plausible {
    pub(crate) oldest: i64,
    /// The server's clock: what is ahead of it is stored, but is no progress.
    pub(crate) now: i64,
    pub(crate) newest: i64,
}

impl Plausible {
    /// By the settings, at the moment `now`.
    pub(crate) fn at(now: i64) -> Plausible {
        Plausible {
            oldest: day_start(now - i64::from(settings::RETENTION.get()) * SECOND),
            now,
            newest: now + i64::from(settings::MAX_FUTURE.get()) * SECOND,
        }
    }
}

#[pg_extern(sql = false)]
fn musicstream_is_plausible(ts: TimestampWithTimeZone) -> bool {
    let plausible = Plausible::at(bounds::now());
    (plausible.oldest..=plausible.newest).contains(&ts.into_inner())
}
