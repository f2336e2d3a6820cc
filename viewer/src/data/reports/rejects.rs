//! Input that could not be stored: why, when, and examples.

use crate::calendar::{Day, Micros, Span};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// These UTC days.
    pub span: Span<Day>,
    /// Examples of this reason; `None`: of any.
    pub reason: Option<String>,
}

/// An input that was rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Its number.
    pub rejected_id: i64,
    /// When it came.
    pub received_at: Micros,
    /// Why it was rejected, as one word.
    pub reason: String,
    /// Where it came from.
    pub source: String,
    /// Partition of the source.
    pub partition: i32,
    /// Offset in the partition, or line of the file.
    pub position: i64,
    /// Which field, and what is wrong with it.
    pub detail: Option<String>,
    /// Its first bytes as text, where the role may see them.
    pub payload: Option<String>,
}

/// What the source has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rejects {
    /// All that is kept, by reason, most first.
    pub by_reason: Vec<(String, i64)>,
    /// By UTC day and reason.
    pub by_day: Vec<(Day, String, i64)>,
    /// The newest ones.
    pub examples: Vec<Example>,
    /// Whether the role may see bytes.
    pub may_see_bytes: bool,
    /// The earliest time of arrival among the rows that are read.
    pub first_at: Option<Micros>,
    /// Where there are more rows than are read: how many of the newest ones days are counted over, and when the oldest
    /// of these came.
    pub newest_only: Option<(i64, Micros)>,
}

impl Rejects {
    /// All that is kept.
    pub fn count(&self) -> i64 {
        self.by_reason.iter().map(|(_, rejected)| rejected).sum()
    }
}

/// Bytes as text on one line; unprintable characters are escaped.
pub fn as_text(bytes: &[u8], all: i64) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c.is_control() {
                true => text.extend(c.escape_default()),
                false => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    if all > bytes.len() as i64 {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_text_on_one_line() {
        assert_eq!(as_text(b"{\"a\":1}\n", 8), "{\"a\":1}\\n");
        assert_eq!(as_text(b"\xff\x00ok", 900), "\\xff\\u{0}ok…");
    }
}
