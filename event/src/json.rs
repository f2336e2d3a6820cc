//! Decodes events from JSON objects in one pass; strings without escapes are borrowed.
//!
//! The grammar is RFC 8259, as strict as in `serde_json`, with which the tests compare this decoder. It is written by hand
//! because integers must keep their decimal text at any size, unknown fields are skipped without being built, and nesting is
//! limited in skipped values as well.

mod scan;

use std::borrow::Cow;

use crate::{Event, Reason, Rejection, field, timestamp};
use scan::{Malformed, Scalar, Scanner};

/// Decodes one event from a JSON object. Fields may come in any order; unknown fields are ignored; of two fields with the
/// same name the last one counts.
///
/// # Errors
/// [`Reason::NotUtf8`], [`Reason::MalformedJson`] (not a JSON object, or nested deeper than 127 levels),
/// [`Reason::MissingField`], or the reason of the first invalid field.
pub fn decode(payload: &[u8]) -> Result<Event<'_>, Rejection> {
    let text = std::str::from_utf8(payload).map_err(|error| {
        Rejection::new(
            Reason::NotUtf8,
            format!("not UTF-8 at byte {}", error.valid_up_to()),
        )
    })?;
    let fields = read(text).map_err(|Malformed { at, what }| {
        Rejection::new(Reason::MalformedJson, format!("{what} at byte {at}"))
    })?;
    fields.validate()
}

/// The `user_id` of a JSON object whose other fields may be invalid; `Err`: not a JSON object.
pub(crate) fn user_id(payload: &[u8]) -> Result<Option<Cow<'_, str>>, ()> {
    let text = std::str::from_utf8(payload).map_err(drop)?;
    let fields = read(text).map_err(drop)?;
    Ok(match fields.user_id {
        Some(Scalar::Text(text)) => Some(text),
        Some(Scalar::Integer(digits)) => Some(Cow::Borrowed(digits)),
        _ => None,
    })
}

/// The string at the start of `bytes`, with its escapes decoded; `None` if it is incomplete or invalid.
pub(crate) fn string_at_start(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let text = bytes.utf8_chunks().next()?.valid();
    Scanner::new(text).string().ok()
}

/// The known fields before they are checked; `None`: absent.
#[derive(Default)]
struct Fields<'a> {
    event_id: Option<Scalar<'a>>,
    user_id: Option<Scalar<'a>>,
    event_type: Option<Scalar<'a>>,
    region: Option<Scalar<'a>>,
    ts: Option<Scalar<'a>>,
    song_id: Option<Scalar<'a>>,
    device: Option<Scalar<'a>>,
}

// Inlined, because the result is large and would be copied otherwise.
#[inline]
fn read(text: &str) -> Result<Fields<'_>, Malformed> {
    let mut fields = Fields::default();
    let mut scanner = Scanner::new(text);
    scanner.begin_object()?;
    let mut first = true;
    while let Some(key) = scanner.next_key(first)? {
        first = false;
        let slot = match &*key {
            "event_id" => &mut fields.event_id,
            "user_id" => &mut fields.user_id,
            "event_type" => &mut fields.event_type,
            "region" => &mut fields.region,
            "ts" => &mut fields.ts,
            "song_id" => &mut fields.song_id,
            "device" => &mut fields.device,
            _ => {
                scanner.skip_value()?;
                continue;
            }
        };
        *slot = Some(scanner.scalar()?);
    }
    scanner.end()?;
    Ok(fields)
}

impl<'a> Fields<'a> {
    #[inline]
    fn validate(self) -> Result<Event<'a>, Rejection> {
        let event_id = match present(self.event_id, "event_id")? {
            Scalar::Text(text) => field::event_id(&text)?,
            _ => return Err(wrong_kind("event_id", "a string", Reason::InvalidEventId)),
        };
        let user_id = text_or_integer(
            present(self.user_id, "user_id")?,
            "user_id",
            Reason::InvalidUserId,
        )?;
        field::user_id(&user_id)?;
        let event_type = text_only(self.event_type, "event_type", Reason::InvalidEventType)?;
        field::event_type(&event_type)?;
        let region = text_only(self.region, "region", Reason::InvalidRegion)?;
        field::region(&region)?;
        let ts = match present(self.ts, "ts")? {
            Scalar::Text(text) => field::ts(&text)?,
            Scalar::Integer(digits) => digits
                .parse()
                .ok()
                .and_then(timestamp::from_millis)
                .ok_or_else(|| {
                    Rejection::new(
                        Reason::InvalidTs,
                        "ts in epoch milliseconds is outside the years 0001 to 9999",
                    )
                })?,
            _ => {
                return Err(wrong_kind(
                    "ts",
                    "a string or an integer",
                    Reason::InvalidTs,
                ));
            }
        };
        let song_id = optional(self.song_id, "song_id", Reason::InvalidSongId)?;
        if let Some(text) = &song_id {
            field::song_id(text)?;
        }
        let device = optional(self.device, "device", Reason::InvalidDevice)?;
        if let Some(text) = &device {
            field::device(text)?;
        }
        Ok(Event {
            event_id,
            user_id,
            event_type,
            region,
            ts,
            song_id,
            device,
        })
    }
}

#[inline]
fn present<'a>(value: Option<Scalar<'a>>, name: &str) -> Result<Scalar<'a>, Rejection> {
    match value {
        None => Err(Rejection::new(
            Reason::MissingField,
            format!("{name} is missing"),
        )),
        Some(Scalar::Null) => Err(Rejection::new(
            Reason::MissingField,
            format!("{name} is null"),
        )),
        Some(value) => Ok(value),
    }
}

#[inline]
fn text_only<'a>(
    value: Option<Scalar<'a>>,
    name: &str,
    reason: Reason,
) -> Result<Cow<'a, str>, Rejection> {
    match present(value, name)? {
        Scalar::Text(text) => Ok(text),
        _ => Err(wrong_kind(name, "a string", reason)),
    }
}

#[inline]
fn text_or_integer<'a>(
    value: Scalar<'a>,
    name: &str,
    reason: Reason,
) -> Result<Cow<'a, str>, Rejection> {
    match value {
        Scalar::Text(text) => Ok(text),
        Scalar::Integer(digits) => Ok(Cow::Borrowed(digits)),
        _ => Err(wrong_kind(name, "a string or an integer", reason)),
    }
}

#[inline]
fn optional<'a>(
    value: Option<Scalar<'a>>,
    name: &str,
    reason: Reason,
) -> Result<Option<Cow<'a, str>>, Rejection> {
    match value {
        None | Some(Scalar::Null) => Ok(None),
        Some(value) => text_or_integer(value, name, reason).map(|text| field::not_null(Some(text))),
    }
}

fn wrong_kind(name: &str, expected: &str, reason: Reason) -> Rejection {
    Rejection::new(reason, format!("{name} is not {expected}"))
}

#[cfg(test)]
mod tests;
