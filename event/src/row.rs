//! Events as columns of a table.

use crate::{Reason, Rejection, field};

/// Columns of type text, as in the inbox. `None`: null.
#[derive(Debug, Clone, Copy, Default)]
#[allow(missing_docs)] // the fields of an event
pub struct TextRow<'a> {
    pub event_id: Option<&'a str>,
    pub user_id: Option<&'a str>,
    pub event_type: Option<&'a str>,
    pub region: Option<&'a str>,
    pub ts: Option<&'a str>,
    pub song_id: Option<&'a str>,
    pub device: Option<&'a str>,
}

impl TextRow<'_> {
    /// Checks whether the row is a well-formed event.
    ///
    /// # Errors
    /// The first invalid column, in the order of the fields.
    pub fn validate(&self) -> Result<(), Rejection> {
        field::event_id(present(self.event_id, "event_id")?)?;
        field::user_id(present(self.user_id, "user_id")?)?;
        field::event_type(present(self.event_type, "event_type")?)?;
        field::region(present(self.region, "region")?)?;
        field::ts(present(self.ts, "ts")?)?;
        self.song_id.map_or(Ok(()), field::song_id)?;
        self.device.map_or(Ok(()), field::device)
    }
}

/// Columns with typed id and time, as in a staged batch. The text columns are unchecked. `None`: null.
#[derive(Debug, Clone, Copy, Default)]
#[allow(missing_docs)] // the fields of an event
pub struct TypedRow<'a> {
    pub has_event_id: bool,
    pub user_id: Option<&'a [u8]>,
    pub event_type: Option<&'a [u8]>,
    pub region: Option<&'a [u8]>,
    /// Microseconds since 1970-01-01 UTC.
    pub ts: Option<i64>,
    pub song_id: Option<&'a [u8]>,
    pub device: Option<&'a [u8]>,
}

impl TypedRow<'_> {
    /// Checks whether the row is a well-formed event.
    ///
    /// # Errors
    /// As [`TextRow::validate`].
    pub fn validate(&self) -> Result<(), Rejection> {
        present(self.has_event_id.then_some(()), "event_id")?;
        required(self.user_id, "user_id", field::user_id)?;
        required(self.event_type, "event_type", field::event_type)?;
        required(self.region, "region", field::region)?;
        field::instant(present(self.ts, "ts")?)?;
        optional(self.song_id, "song_id", field::song_id)?;
        optional(self.device, "device", field::device)
    }
}

type Rule = fn(&str) -> Result<(), Rejection>;

fn required(bytes: Option<&[u8]>, name: &'static str, rule: Rule) -> Result<(), Rejection> {
    rule(text(present(bytes, name)?, name)?)
}

fn optional(bytes: Option<&[u8]>, name: &'static str, rule: Rule) -> Result<(), Rejection> {
    match bytes {
        Some(bytes) => rule(text(bytes, name)?),
        None => Ok(()),
    }
}

fn present<T>(value: Option<T>, name: &'static str) -> Result<T, Rejection> {
    value.ok_or_else(|| Rejection::new(Reason::MissingField, format!("{name} is missing")))
}

fn text<'a>(bytes: &'a [u8], name: &'static str) -> Result<&'a str, Rejection> {
    std::str::from_utf8(bytes).map_err(|error| {
        Rejection::new(
            Reason::NotUtf8,
            format!("{name} is not UTF-8 at byte {}", error.valid_up_to()),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: TextRow<'static> = TextRow {
        event_id: Some("550e8400e29b41d4a7164466554400ff"),
        user_id: Some("u"),
        event_type: Some("play"),
        region: Some("eu"),
        ts: Some("2026-03-01T12:00:00Z"),
        song_id: None,
        device: None,
    };
    const TYPED: TypedRow<'static> = TypedRow {
        has_event_id: true,
        user_id: Some(b"u"),
        event_type: Some(b"play"),
        region: Some(b"eu"),
        ts: Some(0),
        song_id: None,
        device: None,
    };

    fn reason(outcome: Result<(), Rejection>) -> Option<Reason> {
        outcome.err().map(|rejection| rejection.reason)
    }

    #[test]
    fn each_column_has_its_rule() {
        assert_eq!(TEXT.validate(), Ok(()));
        assert_eq!(TYPED.validate(), Ok(()));
        let long = "x".repeat(129);
        let bad = Some(long.as_str());
        for (row, expected) in [
            (
                TextRow {
                    event_id: bad,
                    ..TEXT
                },
                Reason::InvalidEventId,
            ),
            (
                TextRow {
                    user_id: bad,
                    ..TEXT
                },
                Reason::InvalidUserId,
            ),
            (
                TextRow {
                    event_type: bad,
                    ..TEXT
                },
                Reason::InvalidEventType,
            ),
            (
                TextRow {
                    region: bad,
                    ..TEXT
                },
                Reason::InvalidRegion,
            ),
            (TextRow { ts: bad, ..TEXT }, Reason::InvalidTs),
            (
                TextRow {
                    song_id: bad,
                    ..TEXT
                },
                Reason::InvalidSongId,
            ),
            (
                TextRow {
                    device: bad,
                    ..TEXT
                },
                Reason::InvalidDevice,
            ),
            (
                TextRow {
                    event_id: None,
                    ..TEXT
                },
                Reason::MissingField,
            ),
            (
                TextRow {
                    user_id: None,
                    ..TEXT
                },
                Reason::MissingField,
            ),
            (
                TextRow {
                    event_type: None,
                    ..TEXT
                },
                Reason::MissingField,
            ),
            (
                TextRow {
                    region: Some(""),
                    ..TEXT
                },
                Reason::MissingField,
            ),
            (
                TextRow {
                    ts: Some(""),
                    ..TEXT
                },
                Reason::MissingField,
            ),
        ] {
            assert_eq!(reason(row.validate()), Some(expected), "{row:?}");
        }
        let bad = Some(long.as_bytes());
        for (row, expected) in [
            (
                TypedRow {
                    has_event_id: false,
                    ..TYPED
                },
                Reason::MissingField,
            ),
            (
                TypedRow {
                    user_id: bad,
                    ..TYPED
                },
                Reason::InvalidUserId,
            ),
            (
                TypedRow {
                    event_type: bad,
                    ..TYPED
                },
                Reason::InvalidEventType,
            ),
            (
                TypedRow {
                    region: bad,
                    ..TYPED
                },
                Reason::InvalidRegion,
            ),
            (
                TypedRow {
                    ts: Some(i64::MAX),
                    ..TYPED
                },
                Reason::InvalidTs,
            ),
            (
                TypedRow {
                    song_id: bad,
                    ..TYPED
                },
                Reason::InvalidSongId,
            ),
            (
                TypedRow {
                    device: bad,
                    ..TYPED
                },
                Reason::InvalidDevice,
            ),
            (
                TypedRow {
                    region: Some(b""),
                    ..TYPED
                },
                Reason::MissingField,
            ),
            (TypedRow { ts: None, ..TYPED }, Reason::MissingField),
            (
                TypedRow {
                    device: Some(b"\xff"),
                    ..TYPED
                },
                Reason::NotUtf8,
            ),
        ] {
            assert_eq!(reason(row.validate()), Some(expected), "{row:?}");
        }
        let empty = TypedRow {
            song_id: Some(b""),
            device: Some(b""),
            ..TYPED
        };
        assert_eq!(empty.validate(), Ok(()));
    }
}
