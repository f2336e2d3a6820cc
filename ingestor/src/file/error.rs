//! Errors of reading a file.

use std::io;

/// A file cannot be read, or cannot be read to its end. An invalid row is no error: it is rejected.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("cannot open {path}")]
    Open { path: String, source: io::Error },
    #[error("{path} is a directory: name the files in it")]
    Directory { path: String },
    #[error("cannot read {path} after byte {offset} of its content")]
    Read {
        path: String,
        offset: u64,
        source: io::Error,
    },
    #[error(
        "{path} ends in the middle of its compressed data, after byte {offset} of its content: the file is incomplete"
    )]
    Truncated { path: String, offset: u64 },
    #[error(
        "{path} is damaged: its compressed data cannot be read after byte {offset} of its content"
    )]
    Damaged {
        path: String,
        offset: u64,
        source: io::Error,
    },
    #[error("{path} is UTF-16: convert it to UTF-8 first, for example with iconv")]
    Utf16 { path: String },
    #[error("{path} has no CSV header: {why}")]
    NoHeader { path: String, why: &'static str },
    #[error("{path} lacks the column{} {}; its first line {found}{hint}", if missing.len() == 1 { "" } else { "s" }, missing.join(", "))]
    MissingColumns {
        path: String,
        missing: Vec<&'static str>,
        found: String,
        hint: &'static str,
    },
    #[error("{path} names the column {column} twice in its header")]
    DuplicateColumn { path: String, column: &'static str },
    #[error("{path} is not the file that was loaded before: {why}")]
    Changed { path: String, why: String },
}
