//! The wire format of a listening event: one implementation for Kafka, NDJSON, CSV, the inbox and staged batches.

use std::borrow::Cow;

pub mod field;
mod format;
pub mod json;
pub mod row;
mod timestamp;
mod user;

pub use format::Format;
pub use user::names_user;

/// A well-formed event. Whether its type is known and its time is plausible is decided by the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'a> {
    /// The 16 bytes of the UUID.
    pub event_id: [u8; 16],
    /// 1 to 128 bytes, no control characters.
    pub user_id: Cow<'a, str>,
    /// 1 to 64 bytes, no control characters.
    pub event_type: Cow<'a, str>,
    /// 1 to 64 bytes, no control characters.
    pub region: Cow<'a, str>,
    /// Microseconds since 1970-01-01 00:00 UTC, in the years 0001 to 9999.
    pub ts: i64,
    /// 1 to 128 bytes, no NUL.
    pub song_id: Option<Cow<'a, str>>,
    /// 1 to 128 bytes, no NUL.
    pub device: Option<Cow<'a, str>>,
}

/// Why an input is rejected: a closed set, stored as text in `rejected_events.reason`. From [`Reason::UnknownEventType`] on
/// the state of the database decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Not a JSON object, or nested too deeply.
    MalformedJson,
    /// Not a CSV row that fits the header.
    MalformedCsv,
    /// Not UTF-8.
    NotUtf8,
    /// A required field is absent, null or empty.
    MissingField,
    /// Not a UUID.
    InvalidEventId,
    /// Not a string of at most 128 bytes without control characters, nor an integer.
    InvalidUserId,
    /// Not a string of at most 64 bytes without control characters.
    InvalidEventType,
    /// Not a string of at most 64 bytes without control characters.
    InvalidRegion,
    /// Not an RFC 3339 time or epoch milliseconds in the years 0001 to 9999.
    InvalidTs,
    /// Not a string of at most 128 bytes without NUL, nor an integer.
    InvalidSongId,
    /// Not a string of at most 128 bytes without NUL, nor an integer.
    InvalidDevice,
    /// Larger than the limit of a record.
    TooLarge,
    /// Refused by the database although it is well-formed.
    RefusedByDatabase,
    /// `accepted_event_types` does not list the type.
    UnknownEventType,
    /// Older than `musicstream.retention` allows.
    TooOld,
    /// Further ahead of the server's clock than `musicstream.max_future` allows.
    TooFarInFuture,
    /// The events of its day were dropped by `musicstream_expire()`.
    DayFrozen,
    /// Its day has no partition, because another object blocks it.
    NoPartition,
    /// Its day has no partition, and the limit of `musicstream.max_new_days` for new partitions within 24 hours is reached.
    TooManyNewDays,
    /// The same event_id is stored with other fields.
    ConflictingDuplicate,
}

impl Reason {
    /// All reasons, in the order of their declaration.
    pub const ALL: [Reason; Reason::ConflictingDuplicate as usize + 1] = [
        Reason::MalformedJson,
        Reason::MalformedCsv,
        Reason::NotUtf8,
        Reason::MissingField,
        Reason::InvalidEventId,
        Reason::InvalidUserId,
        Reason::InvalidEventType,
        Reason::InvalidRegion,
        Reason::InvalidTs,
        Reason::InvalidSongId,
        Reason::InvalidDevice,
        Reason::TooLarge,
        Reason::RefusedByDatabase,
        Reason::UnknownEventType,
        Reason::TooOld,
        Reason::TooFarInFuture,
        Reason::DayFrozen,
        Reason::NoPartition,
        Reason::TooManyNewDays,
        Reason::ConflictingDuplicate,
    ];

    /// The text in `rejected_events.reason`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Reason::MalformedJson => "malformed_json",
            Reason::MalformedCsv => "malformed_csv",
            Reason::NotUtf8 => "not_utf8",
            Reason::MissingField => "missing_field",
            Reason::InvalidEventId => "invalid_event_id",
            Reason::InvalidUserId => "invalid_user_id",
            Reason::InvalidEventType => "invalid_event_type",
            Reason::InvalidRegion => "invalid_region",
            Reason::InvalidTs => "invalid_ts",
            Reason::InvalidSongId => "invalid_song_id",
            Reason::InvalidDevice => "invalid_device",
            Reason::TooLarge => "too_large",
            Reason::RefusedByDatabase => "refused_by_database",
            Reason::UnknownEventType => "unknown_event_type",
            Reason::TooOld => "too_old",
            Reason::TooFarInFuture => "too_far_in_future",
            Reason::DayFrozen => "day_frozen",
            Reason::NoPartition => "no_partition",
            Reason::TooManyNewDays => "too_many_new_days",
            Reason::ConflictingDuplicate => "conflicting_duplicate",
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A rejection: the reason, and a detail that names a field or a position but never shows the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The reason.
    pub reason: Reason,
    /// The detail, without any part of the payload.
    pub detail: Cow<'static, str>,
}

impl Rejection {
    /// A rejection with its detail.
    pub fn new(reason: Reason, detail: impl Into<Cow<'static, str>>) -> Rejection {
        Rejection {
            reason,
            detail: detail.into(),
        }
    }
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.reason, self.detail)
    }
}

impl std::error::Error for Rejection {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn all_reasons_are_listed_once_and_documented() {
        for (index, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, index, "{reason}");
        }
        let page = include_str!("../../docs/ingestor.md");
        let (_, section) = page.split_once("### Why a record is rejected").unwrap();
        let table = section.split("\n## ").next().unwrap_or_default();
        let documented: BTreeSet<&str> = table
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
            .flat_map(|(reasons, _)| reasons.split("`, `"))
            .collect();
        let listed = Reason::ALL.map(Reason::as_str);
        assert_eq!(documented, BTreeSet::from(listed));
    }

    #[test]
    fn a_rejection_is_printed_as_its_reason_and_detail() {
        let rejection = Rejection::new(Reason::InvalidTs, "ts is absent");
        assert_eq!(rejection.to_string(), "invalid_ts: ts is absent");
    }
}
