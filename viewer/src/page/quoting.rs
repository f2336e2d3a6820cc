//! How CSV quotes text.

/// Quotes where RFC 4180 asks for it. A text that a spreadsheet would run as a formula gets an apostrophe.
pub(super) fn quoted(text: &str) -> String {
    let guarded = match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{text}"),
        _ => text.to_owned(),
    };
    if guarded.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}
