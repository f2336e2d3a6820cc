//! The rules of each field, for CSV cells, columns of a table, and JSON strings.
//!
//! Empty text counts as absent: an empty optional field is null, an empty required field is missing. Text that identifies or
//! groups an event (`user_id`, `event_type`, `region`) must not contain control characters. Text that only describes it
//! (`song_id`, `device`) may contain all characters but NUL, which Postgres cannot store: real song titles contain control
//! characters, and a play must not be lost to the metrics because of its title.

use crate::{Reason, Rejection, timestamp};

/// Longest `user_id`, `song_id` and `device`, in bytes.
pub const MAX_ID_BYTES: usize = 128;
/// Longest `event_type` and `region`, in bytes.
pub const MAX_NAME_BYTES: usize = 64;

/// The 16 bytes of a UUID, hyphenated (8-4-4-4-12) or 32 hexadecimal digits, in either case.
///
/// # Errors
/// [`Reason::MissingField`] if it is empty, [`Reason::InvalidEventId`] if it is anything else.
pub fn event_id(text: &str) -> Result<[u8; 16], Rejection> {
    not_empty(text, "event_id")?;
    uuid(text.as_bytes()).ok_or_else(|| {
        Rejection::new(
            Reason::InvalidEventId,
            "event_id is not a UUID (hyphenated or 32 hexadecimal digits)",
        )
    })
}

/// Microseconds since 1970-01-01 UTC of an RFC 3339 time, or of an integer in epoch milliseconds.
///
/// A time without a zone is in UTC. Between date and time stands `T`, `t` or one blank. A fraction is cut to microseconds. A
/// leap second (23:59:60 UTC) becomes the last microsecond of its minute.
///
/// # Errors
/// [`Reason::MissingField`] if it is empty, [`Reason::InvalidTs`] if it is neither, or outside the years 0001 to 9999.
pub fn ts(text: &str) -> Result<i64, Rejection> {
    not_empty(text, "ts")?;
    // A date has a dash at byte 4 and a colon at byte 13; an integer has neither.
    let instant = match text.as_bytes() {
        [b'-', digits @ ..] | digits
            if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) =>
        {
            text.parse().ok().and_then(timestamp::from_millis)
        }
        _ => timestamp::parse(text),
    };
    instant.ok_or_else(|| {
        Rejection::new(
            Reason::InvalidTs,
            "ts is neither an RFC 3339 time nor epoch milliseconds in the years 0001 to 9999",
        )
    })
}

/// Checks a time that was parsed elsewhere, in microseconds since 1970-01-01 UTC.
///
/// # Errors
/// [`Reason::InvalidTs`] if it is outside the years 0001 to 9999.
pub fn instant(micros: i64) -> Result<(), Rejection> {
    if timestamp::is_in_range(micros) {
        return Ok(());
    }
    Err(Rejection::new(
        Reason::InvalidTs,
        "ts is outside the years 0001 to 9999",
    ))
}

/// 1 to 128 bytes without control characters.
///
/// # Errors
/// [`Reason::MissingField`] if it is empty, else [`Reason::InvalidUserId`].
pub fn user_id(text: &str) -> Result<(), Rejection> {
    identifying(text, "user_id", MAX_ID_BYTES, Reason::InvalidUserId)
}

/// 1 to 64 bytes without control characters. Whether the type is known is decided by the database.
///
/// # Errors
/// [`Reason::MissingField`] if it is empty, else [`Reason::InvalidEventType`].
pub fn event_type(text: &str) -> Result<(), Rejection> {
    identifying(text, "event_type", MAX_NAME_BYTES, Reason::InvalidEventType)
}

/// 1 to 64 bytes without control characters.
///
/// # Errors
/// [`Reason::MissingField`] if it is empty, else [`Reason::InvalidRegion`].
pub fn region(text: &str) -> Result<(), Rejection> {
    identifying(text, "region", MAX_NAME_BYTES, Reason::InvalidRegion)
}

/// At most 128 bytes without NUL. Empty is null: see [`not_null`].
///
/// # Errors
/// [`Reason::InvalidSongId`].
pub fn song_id(text: &str) -> Result<(), Rejection> {
    describing(text, "song_id", Reason::InvalidSongId)
}

/// At most 128 bytes without NUL. Empty is null: see [`not_null`].
///
/// # Errors
/// [`Reason::InvalidDevice`].
pub fn device(text: &str) -> Result<(), Rejection> {
    describing(text, "device", Reason::InvalidDevice)
}

/// The value of an optional field; `None` if it is empty.
pub fn not_null<T: AsRef<str>>(text: Option<T>) -> Option<T> {
    text.filter(|text| !text.as_ref().is_empty())
}

/// Checks text that identifies or groups events: not empty, without control characters.
fn identifying(text: &str, field: &str, max_bytes: usize, reason: Reason) -> Result<(), Rejection> {
    not_empty(text, field)?;
    at_most(text, field, max_bytes, reason)?;
    // Without an early exit the compiler vectorizes the loop, and valid input is read to the end anyway.
    let has_control = text
        .bytes()
        .fold(false, |found, byte| found | (byte < 0x20) | (byte == 0x7f));
    if has_control {
        return Err(Rejection::new(
            reason,
            format!("{field} contains a control character"),
        ));
    }
    Ok(())
}

/// Checks text that is only stored and compared: any text that Postgres can store.
fn describing(text: &str, field: &str, reason: Reason) -> Result<(), Rejection> {
    at_most(text, field, MAX_ID_BYTES, reason)?;
    if text.bytes().fold(false, |found, byte| found | (byte == 0)) {
        return Err(Rejection::new(reason, format!("{field} contains NUL")));
    }
    Ok(())
}

fn not_empty(text: &str, field: &str) -> Result<(), Rejection> {
    if text.is_empty() {
        return Err(Rejection::new(
            Reason::MissingField,
            format!("{field} is empty"),
        ));
    }
    Ok(())
}

fn at_most(text: &str, field: &str, max_bytes: usize, reason: Reason) -> Result<(), Rejection> {
    if text.len() > max_bytes {
        let detail = format!("{field} has {} bytes, more than {max_bytes}", text.len());
        return Err(Rejection::new(reason, detail));
    }
    Ok(())
}

fn uuid(text: &[u8]) -> Option<[u8; 16]> {
    let mut digits = [0u8; 32];
    match text.len() {
        32 => digits.copy_from_slice(text),
        36 => {
            if text[8] != b'-' || text[13] != b'-' || text[18] != b'-' || text[23] != b'-' {
                return None;
            }
            digits[..8].copy_from_slice(&text[..8]);
            digits[8..12].copy_from_slice(&text[9..13]);
            digits[12..16].copy_from_slice(&text[14..18]);
            digits[16..20].copy_from_slice(&text[19..23]);
            digits[20..].copy_from_slice(&text[24..]);
        }
        _ => return None,
    }
    let mut bytes = [0u8; 16];
    let mut bad = 0u8;
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let (high, low) = (HEX[usize::from(pair[0])], HEX[usize::from(pair[1])]);
        bad |= high | low;
        *byte = (high << 4) | (low & 0x0f);
    }
    (bad & NOT_HEX == 0).then_some(bytes)
}

const NOT_HEX: u8 = 0x80;

/// The value of each hexadecimal digit; [`NOT_HEX`] for every other byte.
const HEX: [u8; 256] = {
    let mut table = [NOT_HEX; 256];
    let mut byte = 0u8;
    while byte < 128 {
        table[byte as usize] = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            _ => NOT_HEX,
        };
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn event_ids_are_hyphenated_or_plain_uuids() {
        let bytes = [
            0x55, 0x0e, 0x84, 0x00, 0xe2, 0x9b, 0x41, 0xd4, 0xa7, 0x16, 0x44, 0x66, 0x55, 0x44,
            0x00, 0xff,
        ];
        for text in [
            "550e8400-e29b-41d4-a716-4466554400ff",
            "550E8400-E29B-41D4-A716-4466554400FF",
            "550e8400e29b41d4a7164466554400fF",
        ] {
            assert_eq!(event_id(text), Ok(bytes), "{text}");
        }
        for text in [
            "550e8400-e29b-41d4-a716-4466554400f",
            "550e8400-e29b-41d4-a716-4466554400fff",
            "550e8400-e29b-41d4-a7164-466554400ff",
            "{550e8400-e29b-41d4-a716-4466554400ff}",
            "550e8400-e29b-41d4-a716-4466554400fg",
            "g50e8400e29b41d4a7164466554400ff",
            "gg0e8400e29b41d4a7164466554400ff",
            "550e8400ae29b-41d4-a716-4466554400ff",
            "550e8400-e29ba41d4-a716-4466554400ff",
            "550e8400-e29b-41d4aa716-4466554400ff",
            "550e8400-e29b-41d4-a716a4466554400ff",
            " 50e8400e29b41d4a7164466554400ff",
            "550e8400é29b41d4a7164466554400f",
        ] {
            assert_eq!(
                event_id(text).unwrap_err().reason,
                Reason::InvalidEventId,
                "{text}"
            );
        }
    }

    #[test]
    fn lengths_are_counted_in_bytes() {
        assert!(user_id(&"x".repeat(128)).is_ok());
        assert!(user_id(&"x".repeat(129)).is_err());
        assert!(user_id(&"é".repeat(65)).is_err());
        assert!(region(&"é".repeat(32)).is_ok());
        assert!(region(&"é".repeat(33)).is_err());
        assert!(device(&"x".repeat(129)).is_err());
    }

    #[test]
    fn empty_text_is_an_absent_value() {
        for rejection in [
            event_id("").unwrap_err(),
            user_id("").unwrap_err(),
            event_type("").unwrap_err(),
            region("").unwrap_err(),
            ts("").unwrap_err(),
        ] {
            assert_eq!(rejection.reason, Reason::MissingField, "{rejection}");
        }
        assert!(song_id("").is_ok());
        assert!(device("").is_ok());
        assert_eq!(not_null(Some("")), None);
        assert_eq!(not_null(Some("x")), Some("x"));
    }

    #[test]
    fn control_characters_are_refused_in_identifying_fields() {
        for bad in [
            "\0", "\0\0", "a\nb", "a\n\tb", "a\x1f", "\x7f", "\x7f\x7f", "\n\x7f",
        ] {
            assert_eq!(region(bad).unwrap_err().reason, Reason::InvalidRegion);
            assert_eq!(
                event_type(bad).unwrap_err().reason,
                Reason::InvalidEventType
            );
            assert_eq!(user_id(bad).unwrap_err().reason, Reason::InvalidUserId);
            assert_eq!(device(bad).is_err(), bad.contains('\0'));
        }
        assert_eq!(song_id("\0").unwrap_err().reason, Reason::InvalidSongId);
        assert!(song_id("I\u{19}m Not The One").is_ok());
        assert!(region("\u{80}\u{2028} ~").is_ok());
    }

    #[test]
    fn times_are_rfc3339_or_epoch_milliseconds() {
        assert_eq!(ts("1970-01-01T00:00:00.001Z"), Ok(1000));
        assert_eq!(ts("1"), Ok(1000));
        assert_eq!(ts("-1"), Ok(-1000));
        assert_eq!(ts("1772323200000"), ts("2026-03-01T00:00:00Z"));
        for bad in [
            "-",
            "+1",
            "1.5",
            "1e3",
            "now",
            "99999999999999999999",
            "--1",
        ] {
            assert_eq!(ts(bad).unwrap_err().reason, Reason::InvalidTs, "{bad}");
        }
        for (edge, beyond) in [
            (ts("0001-01-01T00:00:00Z").unwrap(), -1),
            (ts("9999-12-31T23:59:59.999999Z").unwrap(), 1),
        ] {
            assert_eq!(instant(edge), Ok(()));
            assert_eq!(
                instant(edge + beyond).unwrap_err().reason,
                Reason::InvalidTs
            );
        }
    }

    #[test]
    fn details_show_no_payload() {
        for rejection in [
            event_id("secret").unwrap_err(),
            ts("secret").unwrap_err(),
            user_id("secret\0").unwrap_err(),
            region(&"secret".repeat(20)).unwrap_err(),
        ] {
            assert!(!rejection.detail.contains("secret"), "{rejection}");
        }
    }

    proptest! {
        #[test]
        fn uuid_agrees_with_u128(value: u128, hyphenated: bool, upper: bool) {
            let mut text = format!("{value:032x}");
            if hyphenated {
                for at in [8, 13, 18, 23] {
                    text.insert(at, '-');
                }
            }
            if upper {
                text.make_ascii_uppercase();
            }
            prop_assert_eq!(event_id(&text), Ok(value.to_be_bytes()));
        }

        #[test]
        fn never_panics(text in "\\PC{0,200}") {
            let _ = (event_id(&text), ts(&text), user_id(&text), event_type(&text), region(&text), song_id(&text), device(&text));
        }
    }
}
