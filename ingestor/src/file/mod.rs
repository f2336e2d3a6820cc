//! Reads CSV and NDJSON files, plain, gzip or zstd, as records with positions.
//!
//! What `load` needs from here:
//! ```text
//! pub(crate) struct FileArgs { … }                       // clap, flattened into LoadArgs (format and the like)
//! pub(crate) struct FileReader;                          // Send
//! impl FileReader {
//!     pub(crate) fn open(path: &Path, args: &FileArgs) -> Result<FileReader, FileError>;   // sniffs the format, reads the CSV header; missing column = error
//!     pub(crate) fn fingerprint(&self) -> String;        // hex of a hash over format, header and first record (so that an appended file keeps it)
//!     pub(crate) fn resume(&mut self, position: u64, checksum: &[u8]) -> Result<(), FileError>; // reads and hashes up to position; FileError::Changed if it differs
//!     pub(crate) fn next_record(&mut self) -> Result<Option<Record<'_>>, FileError>;          // None = end of file
//!     pub(crate) fn position(&self) -> u64;              // decompressed bytes consumed, header included; start of the next record
//!     pub(crate) fn checksum(&self) -> [u8; 32];         // of all decompressed bytes before position()
//!     pub(crate) fn progress(&self) -> (u64, u64);       // bytes of the file on disk read so far, its size
//! }
//! pub(crate) struct Record<'a> {
//!     pub(crate) line: u64,                              // 1-based line on which it starts
//!     pub(crate) raw: &'a [u8],                          // its bytes, without the line end
//!     pub(crate) event: Result<musicstream_event::Event<'a>, musicstream_event::Rejection>,
//! }
//! ```
