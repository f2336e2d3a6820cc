//! Searches logs, pages and metrics of programs for parts of records and for secrets.
//!
//! This is done for every ingestor that a test starts, at log level `trace`; see [`crate::process`].

use std::sync::{Mutex, PoisonError};

/// A word in keys and values of the tests' records, by which a part of a record is detected.
pub const CANARY: &str = "canary";

/// Names of fields in every JSON record.
const FIELDS: [&str; 3] = ["\"event_id\":", "\"user_id\":", "\"event_type\":"];

static SECRETS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Adds a secret that no program of this test run may show. Passwords of test databases are detected without it.
pub fn hide(secret: &str) {
    secrets().push(secret.to_owned());
}

/// Checks that the text contains no payload and no secret.
///
/// # Panics
/// It contains one; the message has the line.
pub fn assert_shows_nothing(who: &str, text: &str) {
    let forbidden = forbidden();
    for line in text.lines() {
        if let Some(what) = leak(line, &forbidden) {
            panic!("{who} shows {what}: {line}");
        }
    }
}

fn forbidden() -> Vec<String> {
    let known = secrets();
    let words = FIELDS.iter().copied().chain([CANARY]);
    words
        .chain(known.iter().map(String::as_str))
        .flat_map(forms)
        .collect()
}

fn leak(line: &str, forbidden: &[String]) -> Option<String> {
    let found = forbidden.iter().find(|form| line.contains(form.as_str()));
    found.map(|form| format!("`{form}`")).or_else(|| {
        has_event_id(line).then(|| "an event id, or a password of a test database".to_owned())
    })
}

/// The word as text, and as bytes in the notations `[99, 97]` and `6361`.
fn forms(word: &str) -> [String; 3] {
    let decimal: Vec<String> = word.bytes().map(|byte| byte.to_string()).collect();
    let hexadecimal = word.bytes().map(|byte| format!("{byte:02x}"));
    [word.to_owned(), decimal.join(", "), hexadecimal.collect()]
}

fn secrets() -> std::sync::MutexGuard<'static, Vec<String>> {
    SECRETS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the line contains 32 hexadecimal digits, with or without the hyphens of a UUID. In the name of a source they are
/// allowed: the fingerprint of a file, or the id of a recreated topic.
fn has_event_id(line: &str) -> bool {
    let words = line.split(|one: char| !one.is_ascii_hexdigit() && one != '-');
    words.into_iter().any(|word| {
        let digits = word.bytes().filter(u8::is_ascii_hexdigit).count();
        let is_id = digits == 32 && matches!(word.trim_matches('-').len(), 32 | 36);
        is_id
            && !["file:", "@"]
                .iter()
                .any(|before| line.contains(&format!("{before}{word}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_and_secrets_are_found() {
        hide("sesame");
        for line in [
            r#"cannot read {"event_id":"x"}"#,
            "user canary-7",
            "id 00000000-0000-0000-0000-00000000000a.",
            "id=0000000000000000000000000000000A",
            "password=sesame",
            "parameters [[1, 99, 97, 110, 97, 114, 121]]",
            "payload \\\\x0163616e617279",
        ] {
            assert!(leak(line, &forbidden()).is_some(), "{line}");
        }
        for line in [
            "event_id is missing",
            "file:00000000000000000000000000000abc is done",
            "source=kafka:c/t@00000000000000000000000000000abc owner=h/1/0000000a",
            "0123456789abcdef",
            "2026-03-01T00:00:00Z INFO partition=3 offset=17",
        ] {
            assert_eq!(leak(line, &forbidden()), None, "{line}");
        }
    }
}
