//! Conversions between times as microseconds since 2000-01-01 UTC (Postgres's epoch), which the extension calculates with, and the
//! date and time types of Postgres.

use pgrx::datum::{Date, TimestampWithTimeZone, ToIsoString};
use pgrx::pg_sys;

use crate::time::{DAY, SECOND};

/// 2000-01-01 in microseconds since 1970-01-01.
const POSTGRES_EPOCH: i64 = 946_684_800 * SECOND;

/// The current time by the server's clock.
pub(crate) fn now() -> i64 {
    // SAFETY: reads the clock; takes no arguments and changes no state.
    unsafe { pg_sys::GetCurrentTimestamp() }
}

/// Converts microseconds since 1970; `None` if Postgres cannot represent the time.
pub(crate) fn from_unix_micros(micros: i64) -> Option<TimestampWithTimeZone> {
    TimestampWithTimeZone::try_from(micros.checked_sub(POSTGRES_EPOCH)?).ok()
}

/// Converts to microseconds since 1970. The values of infinity saturate, and so stay outside every valid range.
pub(crate) fn to_unix_micros(ts: i64) -> i64 {
    ts.saturating_add(POSTGRES_EPOCH)
}

/// The UTC day of `ts`.
pub(crate) fn day_of(ts: i64) -> Date {
    Date::saturating_from_raw(ts.div_euclid(DAY) as pg_sys::DateADT)
}

/// Formats a time like `2026-03-01T12:00:00Z`.
pub(crate) fn rfc3339(ts: i64) -> String {
    let seconds = ts.rem_euclid(DAY) / SECOND;
    format!(
        "{}T{:02}:{:02}:{:02}Z",
        day_of(ts).to_iso_string(),
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// Converts to the type of Postgres. Times that Postgres cannot represent become infinity.
pub(crate) fn timestamp(micros: i64) -> TimestampWithTimeZone {
    TimestampWithTimeZone::try_from(micros).unwrap_or_else(|_| {
        if micros < 0 {
            TimestampWithTimeZone::negative_infinity()
        } else {
            TimestampWithTimeZone::positive_infinity()
        }
    })
}
