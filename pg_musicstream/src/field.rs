//! The wire format as SQL functions. The inbox needs the rules of its fields, because all of its columns are text; erasing a user
//! needs to know which records name the user.

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

#[pg_extern(sql = false)]
fn names_user(key: Option<&[u8]>, payload: Option<&[u8]>, user_id: &str) -> bool {
    key == Some(user_id.as_bytes())
        || payload.is_some_and(|payload| musicstream_event::names_user(payload, user_id))
}
