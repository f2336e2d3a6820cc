//! The rules of the wire format as SQL functions. The inbox needs them, because all of its columns are text.

use musicstream_event::field;
use musicstream_event::row::TextRow;
use pgrx::datum::{TimestampWithTimeZone, Uuid};
use pgrx::prelude::*;

use crate::pg_time;

#[pg_extern(sql = false)]
fn parse_event_id(value: &str) -> Option<Uuid> {
    field::event_id(value).ok().map(Uuid::from_bytes)
}

#[pg_extern(sql = false)]
fn parse_ts(value: &str) -> Option<TimestampWithTimeZone> {
    field::ts(value).ok().and_then(pg_time::from_unix_micros)
}

#[pg_extern(sql = false)]
#[allow(clippy::too_many_arguments)] // one per column
fn check_fields(
    event_id: Option<&str>,
    user_id: Option<&str>,
    event_type: Option<&str>,
    region: Option<&str>,
    ts: Option<&str>,
    song_id: Option<&str>,
    device: Option<&str>,
) -> Option<Vec<String>> {
    let row = TextRow {
        event_id,
        user_id,
        event_type,
        region,
        ts,
        song_id,
        device,
    };
    row.validate().err().map(|rejection| {
        vec![
            rejection.reason.as_str().to_owned(),
            rejection.detail.into_owned(),
        ]
    })
}
