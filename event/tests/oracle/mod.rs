//! An oracle for the wire format, made of `serde_json`, `chrono` and `uuid`. It shares no code with the decoder.
//!
//! Used by the property tests and the fuzz target.

use std::collections::HashMap;
use std::fmt;

use chrono::{DateTime, Datelike, Timelike};
use musicstream_event::{Event, Reason, Rejection, json};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The depth at which `serde_json` gives up.
const TOO_DEEP: usize = 128;

/// An event that owns its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decoded {
    event_id: u128,
    user_id: String,
    event_type: String,
    region: String,
    ts: i64,
    song_id: Option<String>,
    device: Option<String>,
}

impl From<Event<'_>> for Decoded {
    fn from(event: Event<'_>) -> Decoded {
        Decoded {
            event_id: u128::from_be_bytes(event.event_id),
            user_id: event.user_id.into_owned(),
            event_type: event.event_type.into_owned(),
            region: event.region.into_owned(),
            ts: event.ts,
            song_id: event.song_id.map(Into::into),
            device: event.device.map(Into::into),
        }
    }
}

/// Decodes the payload and compares the result with the oracle's. Of several invalid fields the decoder may report any.
///
/// # Errors
/// The results differ; the message shows both.
pub(crate) fn compare(payload: &[u8]) -> Result<(), String> {
    let ours = json::decode(payload).map(Decoded::from);
    let is_right = match (&ours, decode(payload)) {
        (Ok(event), Ok(expected)) => *event == expected,
        (Err(rejection), Err(reasons)) => {
            reasons.contains(&rejection.reason) && !rejection.detail.is_empty()
        }
        _ => false,
    };
    if is_right {
        return Ok(());
    }
    Err(format!(
        "decoder: {:?}\noracle: {:?}\npayload: {}",
        ours.map_err(|Rejection { reason, detail }| (reason, detail)),
        decode(payload),
        payload.escape_ascii()
    ))
}

/// The event, or all reasons to reject it.
fn decode(payload: &[u8]) -> Result<Decoded, Vec<Reason>> {
    let text = std::str::from_utf8(payload).map_err(|_| vec![Reason::NotUtf8])?;
    let mut fields = Fields {
        values: object(text).ok_or_else(|| vec![Reason::MalformedJson])?,
        reasons: Vec::new(),
    };
    let event_id = fields.required("event_id", Reason::InvalidEventId, uuid);
    let user_id = fields.required("user_id", Reason::InvalidUserId, |value| {
        id(value).filter(|text| !text.chars().any(|one| one.is_ascii_control()))
    });
    let event_type = fields.required("event_type", Reason::InvalidEventType, name);
    let region = fields.required("region", Reason::InvalidRegion, name);
    let ts = fields.required("ts", Reason::InvalidTs, micros);
    let song_id = fields.optional("song_id", Reason::InvalidSongId);
    let device = fields.optional("device", Reason::InvalidDevice);
    match (event_id, user_id, event_type, region, ts) {
        (Some(event_id), Some(user_id), Some(event_type), Some(region), Some(ts))
            if fields.reasons.is_empty() =>
        {
            Ok(Decoded {
                event_id,
                user_id,
                event_type,
                region,
                ts,
                song_id,
                device,
            })
        }
        _ => Err(fields.reasons),
    }
}

struct Fields {
    values: HashMap<String, Value>,
    reasons: Vec<Reason>,
}

impl Fields {
    fn required<T>(&mut self, name: &str, bad: Reason, read: fn(&Value) -> Option<T>) -> Option<T> {
        let value = match self.values.get(name) {
            None | Some(Value::Null) => Err(Reason::MissingField),
            Some(Value::Text(text)) if text.is_empty() => Err(Reason::MissingField),
            Some(value) => read(value).ok_or(bad),
        };
        value.map_err(|reason| self.reasons.push(reason)).ok()
    }

    fn optional(&mut self, name: &str, bad: Reason) -> Option<String> {
        match self.values.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::Text(text)) if text.is_empty() => None,
            Some(value) => {
                let read = id(value);
                if read.is_none() {
                    self.reasons.push(bad);
                }
                read
            }
        }
    }
}

fn uuid(value: &Value) -> Option<u128> {
    let Value::Text(text) = value else {
        return None;
    };
    // The crate also accepts braces and a URN.
    let is_plain = matches!(text.len(), 32 | 36);
    let uuid = is_plain.then(|| uuid::Uuid::try_parse(text).ok())??;
    Some(uuid.as_u128())
}

fn id(value: &Value) -> Option<String> {
    let text = match value {
        Value::Text(text) | Value::Integer(text) => text,
        _ => return None,
    };
    (text.len() <= 128 && !text.contains('\0')).then(|| text.clone())
}

fn name(value: &Value) -> Option<String> {
    let Value::Text(text) = value else {
        return None;
    };
    let has_control = text.chars().any(|one| one.is_ascii_control());
    ((1..=64).contains(&text.len()) && !has_control).then(|| text.clone())
}

fn micros(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(digits) => of_millis(digits),
        Value::Text(text) => match text.strip_prefix('-').unwrap_or(text) {
            digits if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                of_millis(text)
            }
            _ => of_text(text),
        },
        _ => None,
    }
}

fn of_millis(digits: &str) -> Option<i64> {
    let time = DateTime::from_timestamp_millis(digits.parse().ok()?)?;
    (1..=9999)
        .contains(&time.year())
        .then(|| time.timestamp_micros())
}

fn of_text(text: &str) -> Option<i64> {
    // Where chrono accepts more than RFC 3339, and where the wire format does.
    let is_dated = text.is_ascii() && text.as_bytes().first()?.is_ascii_digit();
    let (date, time) = (text.get(..10)?, text.get(11..)?);
    let separator = text.as_bytes()[10];
    if !is_dated || !matches!(separator, b'T' | b't' | b' ') || date.starts_with("0000") {
        return None;
    }
    let has_zone = time.contains(['Z', 'z', '+', '-']);
    let time = match time.rsplit_once(['+', '-']) {
        Some((clock, offset)) if offset.bytes().all(|byte| byte.is_ascii_digit()) => {
            let sign = &time[clock.len()..=clock.len()];
            match offset.len() {
                2 => format!("{clock}{sign}{offset}:00"),
                4 => format!("{clock}{sign}{}:{}", &offset[..2], &offset[2..]),
                _ => return None,
            }
        }
        _ => time.to_owned(),
    };
    let strict = format!("{date}T{time}{}", if has_zone { "" } else { "Z" });
    let time = DateTime::parse_from_rfc3339(&strict).ok()?.to_utc();
    if !(1..=9999).contains(&time.year()) {
        return None;
    }
    // chrono accepts a leap second at any minute, and represents it within the second before.
    if time.nanosecond() < 1_000_000_000 {
        return Some(time.timestamp_micros());
    }
    let is_last_of_day = time.num_seconds_from_midnight() == 86_399;
    is_last_of_day.then(|| time.timestamp() * 1_000_000 + 999_999)
}

/// A value, with the distinctions that the rules of the fields make.
#[derive(Debug)]
enum Value {
    Null,
    Text(String),
    Integer(String),
    Other,
}

/// The fields of a JSON object; of two with one name the last. `None`: not a JSON object.
fn object(text: &str) -> Option<HashMap<String, Value>> {
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    if !raw.get().starts_with('{') {
        return None;
    }
    let Members(members) = serde_json::from_str(raw.get()).ok()?;
    let values = members
        .into_iter()
        .map(|(name, raw)| Some((name, value(raw, 2)?)));
    values.collect()
}

/// Checks a value at this depth down to its leaves: `serde_json` does not check what it keeps as raw text.
fn value(raw: &RawValue, depth: usize) -> Option<Value> {
    let text = raw.get();
    Some(match text.as_bytes()[0] {
        b'n' => Value::Null,
        b'"' => Value::Text(serde_json::from_str(text).ok()?),
        b'-' | b'0'..=b'9' if !text.contains(['.', 'e', 'E']) => Value::Integer(text.to_owned()),
        b'{' | b'[' if depth >= TOO_DEEP => return None,
        b'{' => {
            let Members(members) = serde_json::from_str(text).ok()?;
            for (_, member) in members {
                value(member, depth + 1)?;
            }
            Value::Other
        }
        b'[' => {
            let Elements(elements) = serde_json::from_str(text).ok()?;
            for element in elements {
                value(element, depth + 1)?;
            }
            Value::Other
        }
        _ => Value::Other,
    })
}

/// All members of an object, in order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

/// All elements of an array.
struct Elements<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

impl<'de> Deserialize<'de> for Elements<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Elements<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = seq.next_element()? {
                    elements.push(element);
                }
                Ok(Elements(elements))
            }
        }
        deserializer.deserialize_seq(Collect)
    }
}
