//! SQL functions on packed minutes.

use pgrx::Internal;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

use crate::aggregate::with_state;
use crate::error::Error;
use crate::hour::{Count, Hour, count_at};
use crate::pg_time::timestamp;
use crate::time::{MINUTE, minute_of_hour};

fn read(bytes: &[u8]) -> Hour {
    let mut hour = Hour::default();
    add(&mut hour, bytes);
    hour
}

fn add(hour: &mut Hour, bytes: &[u8]) {
    hour.add_packed(bytes)
        .unwrap_or_else(|| Error::PackedMinutes.raise());
}

fn count(minutes: &[u8], minute: TimestampWithTimeZone) -> Count {
    count_at(minutes, minute_of_hour(minute.into_inner()))
        .unwrap_or_else(|| Error::PackedMinutes.raise())
}

#[pg_extern(sql = false)]
fn minute_events(minutes: &[u8], minute: TimestampWithTimeZone) -> i64 {
    count(minutes, minute).events
}

#[pg_extern(sql = false)]
fn minute_late_events(minutes: &[u8], minute: TimestampWithTimeZone) -> i64 {
    count(minutes, minute).late_events
}

#[pg_extern(sql = false)]
fn add_minutes(minutes: &[u8], others: &[u8]) -> Vec<u8> {
    let mut hour = read(minutes);
    add(&mut hour, others);
    hour.pack()
}

#[pg_extern(sql = false)]
fn unpack_minutes(
    hour: TimestampWithTimeZone,
    minutes: &[u8],
) -> TableIterator<
    'static,
    (
        name!(minute, TimestampWithTimeZone),
        name!(events, i64),
        name!(late_events, i64),
    ),
> {
    let start = hour.into_inner();
    let rows: Vec<_> = read(minutes)
        .minutes()
        .map(|(minute, count)| {
            (
                timestamp(start + minute as i64 * MINUTE),
                count.events,
                count.late_events,
            )
        })
        .collect();
    TableIterator::new(rows)
}

#[pg_extern(sql = false)]
fn pack_minutes_step(
    state: Internal,
    minute: Option<TimestampWithTimeZone>,
    events: Option<i64>,
    late_events: Option<i64>,
    fcinfo: pg_sys::FunctionCallInfo,
) -> Internal {
    with_state(state, fcinfo, Hour::default, |hour| {
        if let (Some(minute), Some(events)) = (minute, events) {
            let late_events = late_events.unwrap_or_default();
            hour.add(
                minute_of_hour(minute.into_inner()),
                Count {
                    events,
                    late_events,
                },
            );
        }
    })
}

#[pg_extern(sql = false)]
fn sum_minutes_step(
    state: Internal,
    minutes: Option<&[u8]>,
    fcinfo: pg_sys::FunctionCallInfo,
) -> Internal {
    with_state(state, fcinfo, Hour::default, |hour| {
        if let Some(minutes) = minutes {
            add(hour, minutes);
        }
    })
}

#[pg_extern(sql = false)]
fn packed_minutes(state: Internal) -> Option<Vec<u8>> {
    // SAFETY: only the two transition functions above produce the state of these aggregates, and both put an `Hour` there.
    unsafe { state.get::<Hour>() }.map(Hour::pack)
}
