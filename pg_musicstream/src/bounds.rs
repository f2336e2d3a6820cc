//! Times as Postgres counts them: microseconds since 2000-01-01 UTC.

use pgrx::datum::{Date, TimestampWithTimeZone, ToIsoString};
use pgrx::pg_sys;

use crate::time::{DAY, SECOND};

/// 2000-01-01 in microseconds since 1970-01-01.
const POSTGRES_EPOCH: i64 = 946_684_800 * SECOND;

/// This moment by the server's clock.
pub(crate) fn now() -> i64 {
    // SAFETY: reads the clock, no arguments, no state.
    unsafe { pg_sys::GetCurrentTimestamp() }
}

/// A Postgres time from microseconds since 1970; none if Postgres has no such time.
pub(crate) fn from_unix_micros(micros: i64) -> Option<TimestampWithTimeZone> {
    TimestampWithTimeZone::try_from(micros.checked_sub(POSTGRES_EPOCH)?).ok()
}

/// Microseconds since 1970 of a time in microseconds as Postgres counts them; infinity stays out of every range.
pub(crate) fn to_unix_micros(ts: i64) -> i64 {
    ts.saturating_add(POSTGRES_EPOCH)
}

/// The UTC day that begins or goes on at `ts`.
pub(crate) fn day(ts: i64) -> Date {
    Date::saturating_from_raw(ts.div_euclid(DAY) as pg_sys::DateADT)
}

/// As `2026-03-01T12:00:00Z`.
pub(crate) fn rfc3339(ts: i64) -> String {
    let seconds = ts.rem_euclid(DAY) / SECOND;
    format!(
        "{}T{:02}:{:02}:{:02}Z",
        day(ts).to_iso_string(),
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// A Postgres time, brought into the range that Postgres can hold.
pub(crate) fn timestamp(micros: i64) -> TimestampWithTimeZone {
    TimestampWithTimeZone::try_from(micros).unwrap_or_else(|_| {
        if micros < 0 {
            TimestampWithTimeZone::negative_infinity()
        } else {
            TimestampWithTimeZone::positive_infinity()
        }
    })
}
