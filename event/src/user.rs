//! Whether a rejected input belongs to a user, as far as that can be determined. Used to erase a user's data.

use crate::json;

/// Whether `payload`, which may be malformed, belongs to this user.
///
/// In a JSON object the field `user_id` decides; in an incomplete or damaged one the value after that name. Anything else is
/// a row of a table without its header: there any cell counts, so that in doubt the input is erased.
pub fn names_user(payload: &[u8], user_id: &str) -> bool {
    match json::user_id(payload) {
        Ok(found) => found.is_some_and(|found| found == user_id),
        Err(()) if damaged_object_names(payload, user_id.as_bytes()) => true,
        Err(()) => {
            !payload.trim_ascii_start().starts_with(b"{")
                && (is_cell(payload, user_id) || is_quoted_cell(payload, user_id))
        }
    }
}

fn is_cell(payload: &[u8], user_id: &str) -> bool {
    let is_it = |cell: &[u8]| cell == user_id.as_bytes() || unquoted(cell) == user_id.as_bytes();
    let is_in_row_of =
        |delimiters: &[u8]| payload.split(|byte| delimiters.contains(byte)).any(is_it);
    // An id may contain what delimits the cells of other tables.
    is_in_row_of(b",\r\n") || is_in_row_of(b",;\t\r\n")
}

/// Whether `payload` has a quoted cell with this content, which may contain delimiters and quotes.
fn is_quoted_cell(payload: &[u8], user_id: &str) -> bool {
    let quoted = format!("\"{}\"", user_id.replace('"', "\"\""));
    payload
        .windows(quoted.len())
        .any(|window| window == quoted.as_bytes())
}

fn unquoted(cell: &[u8]) -> &[u8] {
    let cell = cell.trim_ascii();
    cell.strip_prefix(b"\"")
        .and_then(|cell| cell.strip_suffix(b"\""))
        .unwrap_or(cell)
}

/// Whether the value after a name `user_id` is this one. The name may occur more than once.
fn damaged_object_names(payload: &[u8], user_id: &[u8]) -> bool {
    const NAME: &[u8] = b"\"user_id\"";
    let mut rest = payload;
    while let Some(at) = rest.windows(NAME.len()).position(|window| window == NAME) {
        rest = &rest[at + NAME.len()..];
        let value = rest.trim_ascii_start();
        let Some(value) = value.strip_prefix(b":") else {
            continue;
        };
        let value = value.trim_ascii_start();
        // A string with escapes is decoded; what is incomplete is compared as it is.
        if json::string_at_start(value).is_some_and(|text| text.as_bytes() == user_id) {
            return true;
        }
        let value = match value.strip_prefix(b"\"") {
            Some(text) => text.split(|byte| *byte == b'"').next(),
            None => value
                .split(|byte| !matches!(byte, b'-' | b'0'..=b'9'))
                .next(),
        };
        if value == Some(user_id) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_an_object_the_user_id_field_decides() {
        for (payload, user_id, expected) in [
            (r#"{"user_id":"u1","event_type":"?"}"#, "u1", true),
            (r#"{"user_id":"u\u0031"}"#, "u1", true),
            (r#"{"user_id":17}"#, "17", true),
            (r#"{"user_id":"u12","device":"u1"}"#, "u1", false),
            (r#"{"user_id":null}"#, "null", false),
            (r#"{"other":{"user_id":"u1"}}"#, "u1", false),
            ("{}", "", false),
        ] {
            assert_eq!(
                names_user(payload.as_bytes(), user_id),
                expected,
                "{payload}"
            );
        }
    }

    #[test]
    fn in_a_damaged_object_the_value_after_the_name_decides() {
        for (payload, user_id, expected) in [
            (&br#"{"user_id":"u1","ts":"#[..], "u1", true),
            (b"{\"device\":\"\xff\",\"user_id\" : 17}", "17", true),
            (br#" {"user_id":"u12""#, "u1", false),
            (br#"{"a":"user_id","user_id":"u1"#, "u1", true),
            (br#"{"user_id"#, "u1", false),
            (br#"{"user_id":"#, "", true),
            (br#"{"user_id":"caf\u00e9","ts":"#, "café", true),
            (
                b"{\"user_id\":\"a\\\"b\",\"device\":\"\xff\"}",
                "a\"b",
                true,
            ),
            (br#"{"user_id":"caf\u00e9","ts":"#, "cafe", false),
        ] {
            assert_eq!(names_user(payload, user_id), expected, "{payload:?}");
        }
    }

    #[test]
    fn in_a_line_any_cell_may_match() {
        for (payload, user_id, expected) in [
            ("x,u1,play,eu,2026-03-01T00:00:15Z", "u1", true),
            ("x, \"u1\" ;play", "u1", true),
            ("x,u12,play", "u1", false),
            ("x,1,play,eu,2026-03-01T00:00:15Z", "15", false),
            ("u1", "u1", true),
            ("x,\"Smith, J\",play", "Smith, J", true),
            ("x,a;b,play", "a;b", true),
            ("x, u1,play", " u1", true),
            // The first line of an array, and an object after a byte order mark.
            ("[{\"user_id\":17},", "17", true),
            ("[{\"user_id\":171},", "17", false),
            ("\u{feff}{\"user_id\":17}", "17", true),
            ("x,\"the \"\"A\"\" one\",play", "the \"A\" one", true),
            ("x,\"Smith, Jo\",play", "Smith, J", false),
            ("", "u1", false),
        ] {
            assert_eq!(
                names_user(payload.as_bytes(), user_id),
                expected,
                "{payload}"
            );
        }
    }
}
