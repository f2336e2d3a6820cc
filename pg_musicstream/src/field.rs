//! The rules of the wire format as SQL functions, for the inbox, where every column is text.

use musicstream_event::{Reason, Rejection, field};
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
    let judged = required("event_id", event_id, |text| field::event_id(text).map(drop))
        .and_then(|()| required("user_id", user_id, field::user_id))
        .and_then(|()| required("event_type", event_type, field::event_type))
        .and_then(|()| required("region", region, field::region))
        .and_then(|()| required("ts", ts, |text| field::ts(text).map(drop)))
        .and_then(|()| optional(song_id, field::song_id))
        .and_then(|()| optional(device, field::device));
    judged.err().map(|refused| {
        vec![
            refused.reason.as_str().to_owned(),
            refused.detail.into_owned(),
        ]
    })
}

fn required(
    name: &'static str,
    value: Option<&str>,
    judge: impl Fn(&str) -> Result<(), Rejection>,
) -> Result<(), Rejection> {
    match value {
        Some(text) => judge(text),
        None => Err(Rejection::new(
            Reason::MissingField,
            format!("{name} is missing"),
        )),
    }
}

/// An empty optional field is an absent one, as in CSV.
fn optional(
    value: Option<&str>,
    judge: impl Fn(&str) -> Result<(), Rejection>,
) -> Result<(), Rejection> {
    match value {
        None | Some("") => Ok(()),
        Some(text) => judge(text),
    }
}
