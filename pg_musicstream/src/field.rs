//! The rules of the wire format as SQL functions, for the inbox, where every column is text.

use musicstream_event::field;
use musicstream_event::row::TextRow;
use pgrx::datum::{TimestampWithTimeZone, Uuid};
use pgrx::prelude::*;

use crate::bounds;

#[pg_extern(sql = false)]
fn musicstream_event_id(value: &str) -> Option<Uuid> {
    field::event_id(value).ok().map(Uuid::from_bytes)
}

#[pg_extern(sql = false)]
fn musicstream_ts(value: &str) -> Option<TimestampWithTimeZone> {
    field::ts(value).ok().and_then(bounds::from_unix_micros)
}

#[pg_extern(sql = false)]
#[allow(clippy::too_many_arguments)] // one a column
fn musicstream_refusal(
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
    row.judge().err().map(|refused| {
        vec![
            refused.reason.as_str().to_owned(),
            refused.detail.into_owned(),
        ]
    })
}
