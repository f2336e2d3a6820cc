//! The settings of the extension (`musicstream.*`), all times in seconds.

use pgrx::datum::{Date, Interval};
use pgrx::pg_sys;
use pgrx::prelude::*;
use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting};

use crate::{bounds, time};

const MINUTE: i32 = 60;
const HOUR: i32 = 60 * MINUTE;
const DAY: i32 = 24 * HOUR;

/// How long after a day's end its events may come before they count as late.
pub(crate) static LATENESS: GucSetting<i32> = GucSetting::<i32>::new(HOUR);
/// How far ahead of the server's clock the time of an event may be.
pub(crate) static MAX_FUTURE: GucSetting<i32> = GucSetting::<i32>::new(DAY);
/// How far ahead of the server's clock a rollup makes partitions.
pub(crate) static PREMAKE: GucSetting<i32> = GucSetting::<i32>::new(3 * DAY);
/// How old an event may be; 0: as old as a music service.
pub(crate) static RETENTION: GucSetting<i32> = GucSetting::<i32>::new(0);
/// Of how many past days events alone may make partitions in 24 hours.
pub(crate) static MAX_NEW_DAYS: GucSetting<i32> = GucSetting::<i32>::new(1000);
/// How near to midnight an event is looked up on the other side of it, too.
pub(crate) static DEDUP_WINDOW: GucSetting<i32> = GucSetting::<i32>::new(HOUR);
/// After how long without events a source partition no longer holds the watermark back.
pub(crate) static IDLE_AFTER: GucSetting<i32> = GucSetting::<i32>::new(5 * MINUTE);

/// How long a play counts that no event ends.
pub(crate) static MAX_LISTEN: GucSetting<i32> = GucSetting::<i32>::new(15 * MINUTE);
/// From what length on a play is a stream.
pub(crate) static STREAM_AFTER: GucSetting<i32> = GucSetting::<i32>::new(30);
/// How long a pause between two events may be within a session.
pub(crate) static SESSION_GAP: GucSetting<i32> = GucSetting::<i32>::new(30 * MINUTE);

/// Defines the settings. They decide what is stored, so only a superuser, or who was granted SET on them, changes them.
pub(crate) fn define() {
    GucRegistry::define_int_guc(
        c"musicstream.lateness",
        c"How long after a day's end its events may come before they count as late.",
        c"The watermark is the newest event time seen, less this. A day is final when the watermark is past its end; events that come later are stored and counted all the same, and in late_events too.",
        &LATENESS,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"musicstream.max_future",
        c"How far ahead of the server's clock the time of an event may be.",
        c"An event beyond it is rejected as too_far_in_future.",
        &MAX_FUTURE,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"musicstream.premake",
        c"How far ahead of the server's clock a rollup makes partitions.",
        c"The partition of each UTC day that begins within this time is there before the first event of the day, even if no rollup runs for as long.",
        &PREMAKE,
        0,
        366 * DAY,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"musicstream.retention",
        c"How old an event may be.",
        c"An older event is rejected as too_old. 0 takes all events from 2002-01-01 on: no service noted single plays before, and the dates that a clock without a battery shows are older.",
        &RETENTION,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"musicstream.max_new_days",
        c"Of how many past days events alone may make partitions within 24 hours.",
        c"Events of further days are rejected as too_many_new_days, so that wrong clocks cannot make thousands of partitions. What is asked for with musicstream_make_partitions(), as by a load of files, does not count.",
        &MAX_NEW_DAYS,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"musicstream.dedup_window",
        c"How near to midnight UTC an event is looked up on the other side of it, too.",
        c"An event_id is unique within its day. One that comes twice with times on both sides of midnight is noticed within this distance of it.",
        &DEDUP_WINDOW,
        0,
        DAY,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"musicstream.idle_after",
        c"After how long without events a source partition no longer holds the watermark back.",
        c"The watermark follows the slowest of the partitions that stored something within this time.",
        &IDLE_AFTER,
        1,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"musicstream.max_listen",
        c"How long a play counts that no event ends.",
        c"A play lasts until the user's next event that starts or ends playback, but no longer than this. A change holds for hours that have no numbers of listening yet; musicstream_rebuild() counts others by it.",
        &MAX_LISTEN,
        1,
        DAY,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"musicstream.stream_after",
        c"How long a play has to last to count as a stream.",
        c"A shorter play that an event ended is a skip. A change holds for hours that have no numbers of listening yet; musicstream_rebuild() counts others by it.",
        &STREAM_AFTER,
        0,
        DAY,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"musicstream.session_gap",
        c"How long a user may do nothing within a session.",
        c"An event that starts or ends playback begins a session if the same user has no such event in this time before it. A change holds for hours that have no numbers of listening yet; musicstream_rebuild() counts others by it.",
        &SESSION_GAP,
        1,
        DAY,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    reserve_prefix();
}

/// From here on Postgres takes no other `musicstream.` setting. A misspelt one that was set before the library was loaded is
/// dropped with a warning.
fn reserve_prefix() {
    // SAFETY: called while the library is loaded, after the last setting was defined; the name is a constant.
    unsafe {
        #[cfg(feature = "pg14")]
        pg_sys::EmitWarningsOnPlaceholders(c"musicstream".as_ptr());
        #[cfg(not(feature = "pg14"))]
        pg_sys::MarkGUCPrefixReserved(c"musicstream".as_ptr());
    }
}

#[pg_extern(sql = false)]
fn musicstream_idle_after() -> Interval {
    interval(&IDLE_AFTER)
}

#[pg_extern(sql = false)]
fn musicstream_max_listen() -> Interval {
    interval(&MAX_LISTEN)
}

#[pg_extern(sql = false)]
fn musicstream_stream_after() -> Interval {
    interval(&STREAM_AFTER)
}

#[pg_extern(sql = false)]
fn musicstream_session_gap() -> Interval {
    interval(&SESSION_GAP)
}

fn interval(setting: &GucSetting<i32>) -> Interval {
    Interval::from_micros(i64::from(setting.get()) * time::SECOND)
}

#[pg_extern(sql = false)]
fn musicstream_max_new_days() -> i32 {
    MAX_NEW_DAYS.get()
}

/// The last day that rollups make ahead, today's if they make none.
#[pg_extern(sql = false)]
fn musicstream_premade_until() -> Date {
    let until = bounds::now() + i64::from(PREMAKE.get()) * time::SECOND;
    Date::saturating_from_raw(until.div_euclid(time::DAY) as pg_sys::DateADT)
}
