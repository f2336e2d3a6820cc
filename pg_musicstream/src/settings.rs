//! The settings of the extension (`musicstream.*`). Durations are in seconds.

use pgrx::datum::{Date, Interval};
use pgrx::pg_sys;
use pgrx::prelude::*;
use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting};

use crate::{pg_time, time};

const MINUTE: i32 = 60;
const HOUR: i32 = 60 * MINUTE;
const DAY: i32 = 24 * HOUR;

/// Time that the watermark stays behind the newest event.
pub(crate) static LATENESS: GucSetting<i32> = GucSetting::<i32>::new(HOUR);
/// Maximum time of an event ahead of the server's clock.
pub(crate) static MAX_FUTURE: GucSetting<i32> = GucSetting::<i32>::new(DAY);
/// How far ahead of the server's clock rollups create partitions.
pub(crate) static PREMAKE: GucSetting<i32> = GucSetting::<i32>::new(3 * DAY);
/// Maximum age of an event; 0 for a fixed limit.
pub(crate) static RETENTION: GucSetting<i32> = GucSetting::<i32>::new(0);
/// Maximum number of past days for which events create partitions within 24 hours.
pub(crate) static MAX_NEW_DAYS: GucSetting<i32> = GucSetting::<i32>::new(1000);
/// Distance from midnight within which an event is also looked up on the adjacent day.
pub(crate) static DEDUP_WINDOW: GucSetting<i32> = GucSetting::<i32>::new(HOUR);
/// Time without a claim or a valid event after which a source partition no longer holds the watermark back.
pub(crate) static IDLE_AFTER: GucSetting<i32> = GucSetting::<i32>::new(5 * MINUTE);

/// Maximum duration of a play.
pub(crate) static MAX_LISTEN: GucSetting<i32> = GucSetting::<i32>::new(15 * MINUTE);
/// Minimum duration of a stream.
pub(crate) static STREAM_AFTER: GucSetting<i32> = GucSetting::<i32>::new(30);
/// Maximum time between two events of a session.
pub(crate) static SESSION_GAP: GucSetting<i32> = GucSetting::<i32>::new(30 * MINUTE);

/// Defines the settings. They decide what is stored, so only superusers and roles with SET privilege on them may change them.
pub(crate) fn define() {
    GucRegistry::define_int_guc(
        c"musicstream.lateness",
        c"Time after the end of a day until which its events do not count as late.",
        c"The watermark is the newest event time of the slowest active source partition, less this. A day is final when the watermark has passed its end. Later events are stored and counted like others, and also in late_events.",
        &LATENESS,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"musicstream.max_future",
        c"Maximum time of an event ahead of the server's clock.",
        c"Events beyond the limit are rejected as too_far_in_future.",
        &MAX_FUTURE,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"musicstream.premake",
        c"How far ahead of the server's clock rollups create partitions.",
        c"The partition of a UTC day that begins within this time exists before its first event, even if no rollup runs in the meantime.",
        &PREMAKE,
        0,
        366 * DAY,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"musicstream.retention",
        c"Maximum age of an event.",
        c"Older events are rejected as too_old. 0 accepts all events since 2002-01-01: no service recorded single plays before, and clocks that lost power show older dates.",
        &RETENTION,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"musicstream.max_new_days",
        c"Maximum number of past days for which events create partitions within 24 hours.",
        c"Events of further days are rejected as too_many_new_days, so that wrong clocks cannot create thousands of partitions. Partitions that musicstream_make_partitions() creates, for example in a load of files, do not count.",
        &MAX_NEW_DAYS,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"musicstream.dedup_window",
        c"Distance from midnight UTC within which an event is also looked up on the adjacent day.",
        c"An event_id is unique within its day. If it arrives twice, with times before and after midnight, it is recognised within this distance; musicstream_reconcile() finds all others.",
        &DEDUP_WINDOW,
        0,
        DAY,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"musicstream.idle_after",
        c"Time without a claim or a valid event after which a source partition no longer holds the watermark back.",
        c"The watermark follows the slowest partition among those that were claimed or had a valid event within this time.",
        &IDLE_AFTER,
        1,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"musicstream.max_listen",
        c"Maximum duration of a play.",
        c"A play lasts until the user's next event that starts or ends playback, but no longer than this. A change applies to hours that were not counted before; musicstream_rebuild() applies it to others.",
        &MAX_LISTEN,
        1,
        DAY,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"musicstream.stream_after",
        c"Minimum duration of a play that counts as a stream.",
        c"A shorter play that an event ended is a skip. A change applies to hours that were not counted before; musicstream_rebuild() applies it to others.",
        &STREAM_AFTER,
        0,
        DAY,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"musicstream.session_gap",
        c"Maximum time between two events of a session.",
        c"An event that starts or ends playback begins a session if the same user has no such event within this time before it. A change applies to hours that were not counted before; musicstream_rebuild() applies it to others.",
        &SESSION_GAP,
        1,
        DAY,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    reserve_prefix();
}

/// Makes Postgres refuse other settings with the prefix `musicstream.`. Misspelt settings that were set before the library was loaded
/// are dropped with a warning.
fn reserve_prefix() {
    // SAFETY: called while the library is being loaded, after the last setting was defined; the name is static.
    unsafe {
        #[cfg(feature = "pg14")]
        pg_sys::EmitWarningsOnPlaceholders(c"musicstream".as_ptr());
        #[cfg(not(feature = "pg14"))]
        pg_sys::MarkGUCPrefixReserved(c"musicstream".as_ptr());
    }
}

#[pg_extern(sql = false)]
fn idle_after() -> Interval {
    interval(&IDLE_AFTER)
}

#[pg_extern(sql = false)]
fn max_listen() -> Interval {
    interval(&MAX_LISTEN)
}

#[pg_extern(sql = false)]
fn stream_after() -> Interval {
    interval(&STREAM_AFTER)
}

#[pg_extern(sql = false)]
fn session_gap() -> Interval {
    interval(&SESSION_GAP)
}

fn interval(setting: &GucSetting<i32>) -> Interval {
    Interval::from_micros(i64::from(setting.get()) * time::SECOND)
}

#[pg_extern(sql = false)]
fn max_new_days() -> i32 {
    MAX_NEW_DAYS.get()
}

/// The last day whose partition rollups create ahead, at least the current day.
#[pg_extern(sql = false)]
fn premade_until() -> Date {
    pg_time::day_of(pg_time::now() + i64::from(PREMAKE.get()) * time::SECOND)
}
