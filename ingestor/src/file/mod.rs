//! Reads CSV and NDJSON files, plain, gzip or zstd, as decoded records with positions.
//!
//! A position is a byte offset in the *decompressed* content, so a file stays the same source if it is decompressed, or
//! compressed in another way. A caller does this, in this order:
//! 1. [`FileReader::open`]: a file that cannot be loaded (no header, a missing column) fails here, before anything is stored.
//! 2. Look up the source `file:<fingerprint>`. If the database has a position for it, [`FileReader::resume`] with the stored
//!    position and checksum; its error means that the file is not the one that was loaded: stop. If it has none, try
//!    [`FileReader::earlier_fingerprints`]: a shorter state of this file may have been loaded under one of them. If that one
//!    resumes, it is the source; if not, it is another file: open this one again, as a new source.
//! 3. [`FileReader::next_record`] until `None`. After any record, [`FileReader::position`] and [`FileReader::checksum`] belong
//!    together, and are committed with the records so far; after `None` too, since blank lines may follow the last record.
//! 4. An error of `next_record` comes after all complete records: commit those first, then report it.

mod csv;
mod error;
mod fingerprint;
mod header;
mod input;
mod lines;
mod reader;
mod states;
mod window;

#[cfg(test)]
mod tests;

use musicstream_event::Format;

use crate::args::format_parser;
pub(crate) use error::FileError;
pub(crate) use reader::FileReader;
pub(crate) use states::States;

/// A larger record is rejected as too large, and only its first [`KEPT_BYTES`] are kept in memory.
const MAX_RECORD_BYTES: usize = 1 << 20;

/// How much of a record that is too large is kept.
const KEPT_BYTES: usize = 64 << 10;

/// How to read the files of a load.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct FileArgs {
    /// Format of the files [default: by the extension, else by the first byte]
    #[arg(long, value_parser = format_parser())]
    pub(crate) format: Option<Format>,
}
