//! The reader: finds records, decodes them, and keeps position, line and checksum together.

use std::ops::Range;
use std::path::Path;

use musicstream_event::{Event, Format, Reason, Rejection, json};

use super::csv::{self, Field, Scan};
use super::fingerprint::{self, BLOCK_BYTES};
use super::header::Columns;
use super::input::Input;
use super::lines::{self, Line};
use super::window::Window;
use super::{FileArgs, FileError, KEPT_BYTES, MAX_RECORD_BYTES};

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// One record of a file, decoded.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    /// Number of the line on which it starts, counted from 1.
    pub(crate) line: u64,
    /// Its bytes without the line end; only the first [`KEPT_BYTES`] of a record that is too large.
    pub(crate) raw: &'a [u8],
    pub(crate) event: Result<Event<'a>, Rejection>,
    /// Whether the end of the input is known. Only then this may be half a record, if the program that writes the input was
    /// interrupted.
    pub(crate) is_at_end: bool,
}

/// Reads the records of one file in order.
pub(crate) struct FileReader {
    window: Window,
    format: Format,
    /// For CSV only.
    columns: Option<Columns>,
    fields: Vec<Field>,
    /// Number of the line at the window's position.
    line: u64,
    limit: usize,
    /// The first bytes of a record that is too large.
    kept: Vec<u8>,
    fingerprint: String,
    earlier_fingerprints: Vec<String>,
}

/// A record that was found and consumed, before it is decoded.
struct Found {
    line: u64,
    body: Body,
}

enum Body {
    Whole(Range<usize>),
    Refused(Range<usize>, Rejection),
    TooLarge(Rejection),
}

impl FileReader {
    /// Opens a file, or standard input for `-`, and reads the byte order mark and the CSV header.
    ///
    /// # Errors
    /// The file cannot be read, or it cannot be loaded: there is no header, or a required column is missing.
    pub(crate) fn open(path: &Path, args: &FileArgs) -> Result<FileReader, FileError> {
        FileReader::over(Input::open(path)?, args.format, MAX_RECORD_BYTES)
    }

    pub(super) fn over(
        input: Input,
        format: Option<Format>,
        limit: usize,
    ) -> Result<FileReader, FileError> {
        let mut window = Window::new(input);
        window.prefill_to(BLOCK_BYTES);
        if matches!(window.bytes(), [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
            return Err(FileError::Utf16 {
                path: window.name().to_owned(),
            });
        }
        let block = window.bytes()[..window.bytes().len().min(BLOCK_BYTES)].to_vec();
        if block.starts_with(UTF8_MARK) {
            window.consume(UTF8_MARK.len());
        }
        let format = format
            .or_else(|| Format::of_name(window.name()))
            .unwrap_or_else(|| sniffed(window.bytes()));
        let mut reader = FileReader {
            window,
            format,
            columns: None,
            fields: Vec::new(),
            line: 1,
            limit,
            kept: Vec::new(),
            fingerprint: fingerprint::of_block(format, &block),
            earlier_fingerprints: Vec::new(),
        };
        if format == Format::Csv {
            reader.read_header()?;
        }
        let after = usize::try_from(reader.position()).unwrap_or(usize::MAX);
        reader.earlier_fingerprints = fingerprint::of_shorter_states(format, &block, after);
        Ok(reader)
    }

    /// Identifies the file by its first block: the same for any name and compression.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The [`FileReader::fingerprint`] while the file was shorter than its first block, the longest state first. Another file
    /// may have had the same beginning: one of these is valid only if [`FileReader::resume`] succeeds.
    pub(crate) fn earlier_fingerprints(&self) -> &[String] {
        &self.earlier_fingerprints
    }

    /// Offset in the decompressed content of the first byte that is not consumed.
    pub(crate) fn position(&self) -> u64 {
        self.window.position()
    }

    /// BLAKE3 of all bytes before [`FileReader::position`].
    pub(crate) fn checksum(&mut self) -> [u8; 32] {
        self.window.checksum()
    }

    /// Bytes of the file on disk that were read, and its size (0 for a pipe).
    pub(crate) fn progress(&self) -> (u64, u64) {
        self.window.progress()
    }

    /// Continues after `position`, which an earlier load has reached; must be called before the first record. The checksum may
    /// be shortened to its first bytes.
    ///
    /// # Errors
    /// [`FileError::Changed`]: the bytes before `position` do not have this checksum, or the load ended within a line that
    /// has grown since.
    pub(crate) fn resume(&mut self, position: u64, checksum: &[u8]) -> Result<(), FileError> {
        if position < self.position() {
            return Err(self.changed(format!(
                "the load had reached byte {position}, which is within its header now"
            )));
        }
        loop {
            let left = usize::try_from(position - self.position()).unwrap_or(usize::MAX);
            let passed = &self.window.bytes()[..self.window.bytes().len().min(left)];
            let (count, ends_line) = (passed.len(), passed.last().map(|byte| *byte == b'\n'));
            self.line += lines::count_newlines(passed);
            self.window.consume(count);
            if count == left {
                return self.check_resumed(position, checksum, ends_line.unwrap_or(true));
            }
            if !self.window.fill()? {
                let why = format!(
                    "it has only {} bytes, while {position} were loaded",
                    self.position()
                );
                return Err(self.changed(why));
            }
        }
    }

    fn check_resumed(
        &mut self,
        position: u64,
        checksum: &[u8],
        ends_line: bool,
    ) -> Result<(), FileError> {
        if checksum.is_empty() || !self.checksum().starts_with(checksum) {
            return Err(self.changed(format!(
                "its first {position} bytes differ from those that were loaded"
            )));
        }
        self.window.fill_to(2)?;
        if ends_line || matches!(self.window.bytes(), [] | [b'\n', ..] | [b'\r', b'\n', ..]) {
            return Ok(());
        }
        Err(self.changed(format!(
            "its last line was loaded up to byte {position} and has grown since"
        )))
    }

    fn changed(&self, why: String) -> FileError {
        FileError::Changed {
            path: self.window.name().to_owned(),
            why,
        }
    }

    /// Whether everything was read.
    ///
    /// # Errors
    /// The file cannot be read further.
    pub(crate) fn is_at_end(&mut self) -> Result<bool, FileError> {
        Ok(!self.skip_blank_lines()?)
    }

    /// The next record, or `None` at the end of the file. Blank lines are skipped.
    ///
    /// # Errors
    /// The file cannot be read further. All complete records before the damage were returned; an incomplete one never is.
    pub(crate) fn next_record(&mut self) -> Result<Option<Record<'_>>, FileError> {
        if !self.skip_blank_lines()? {
            return Ok(None);
        }
        let found = match self.format {
            Format::Csv => self.find_row()?,
            Format::Ndjson => self.find_line()?,
        };
        let (raw, event) = match found.body {
            Body::TooLarge(rejection) => (&self.kept[..], Err(rejection)),
            Body::Refused(range, rejection) => (self.window.taken(range), Err(rejection)),
            Body::Whole(range) => {
                let raw = self.window.taken(range);
                (raw, self.decode(raw))
            }
        };
        Ok(Some(Record {
            line: found.line,
            raw,
            event,
            is_at_end: self.window.is_at_end(),
        }))
    }

    fn decode<'a>(&'a self, raw: &'a [u8]) -> Result<Event<'a>, Rejection> {
        let Some(columns) = &self.columns else {
            return json::decode(raw);
        };
        let row = std::str::from_utf8(raw).map_err(|error| {
            Rejection::new(
                Reason::NotUtf8,
                format!("byte {} of the row is not UTF-8", error.valid_up_to() + 1),
            )
        })?;
        columns.decode(row, &self.fields)
    }

    /// False at the end of the file.
    fn skip_blank_lines(&mut self) -> Result<bool, FileError> {
        loop {
            match self.window.bytes() {
                [b'\n', ..] => {
                    self.window.consume(1);
                    self.line += 1;
                }
                [b'\r', b'\n', ..] => {
                    self.window.consume(2);
                    self.line += 1;
                }
                [b'\r'] if self.window.is_at_end() => self.window.consume(1),
                [] | [b'\r'] => {
                    if !self.window.fill()? && self.window.bytes().is_empty() {
                        return Ok(false);
                    }
                }
                _ => return Ok(true),
            }
        }
    }

    fn find_line(&mut self) -> Result<Found, FileError> {
        let line = lines::find(&mut self.window, self.limit)?;
        self.take_line(line, None)
    }

    /// Consumes one physical line as a record, which is rejected if there is a rejection.
    fn take_line(&mut self, line: Line, rejection: Option<Rejection>) -> Result<Found, FileError> {
        let (start_offset, number) = (self.position(), self.line);
        self.line += 1;
        let body = match line {
            Line::Whole { length, next } => {
                let range = self.window.take(length, next);
                match rejection {
                    Some(rejection) => Body::Refused(range, rejection),
                    None => Body::Whole(range),
                }
            }
            Line::TooLong => {
                self.kept.clear();
                self.kept
                    .extend_from_slice(&self.window.bytes()[..KEPT_BYTES.min(self.limit)]);
                lines::skip(&mut self.window)?;
                let detail = format!(
                    "the record has {} bytes and at most {} are allowed; its first {} bytes are kept",
                    self.position() - start_offset,
                    self.limit,
                    self.kept.len()
                );
                Body::TooLarge(Rejection::new(Reason::TooLarge, detail))
            }
        };
        Ok(Found { line: number, body })
    }

    /// Finds the next CSV row. If its quoting is broken, only the physical line is rejected, and reading continues with the
    /// next one: otherwise a stray quote would consume the rest of the file.
    fn find_row(&mut self) -> Result<Found, FileError> {
        let line = lines::find(&mut self.window, self.limit)?;
        let Line::Whole { length, next } = line else {
            return self.take_line(line, None);
        };
        let content = &self.window.bytes()[..length];
        if memchr::memchr(b'"', content).is_none() {
            csv::split_plain(content, &mut self.fields);
            let wrong = self.wrong_count();
            return self.take_line(line, wrong);
        }
        let scan = self.scan_quoted()?;
        let Scan::Record {
            length,
            next: row_next,
        } = scan
        else {
            let Scan::Broken(why) = scan else {
                unreachable!("scan_quoted ends in a record or broken")
            };
            return self.take_line(line, Some(Rejection::new(Reason::MalformedCsv, why)));
        };
        let wrong = self.wrong_count();
        if row_next <= next || wrong.is_some() {
            return self.take_line(line, wrong);
        }
        let number = self.line;
        self.line += lines::count_newlines(&self.window.bytes()[..row_next]);
        let range = self.window.take(length, row_next);
        Ok(Found {
            line: number,
            body: Body::Whole(range),
        })
    }

    fn scan_quoted(&mut self) -> Result<Scan, FileError> {
        loop {
            let bytes = self.window.bytes();
            let count = bytes.len();
            let scan = csv::split_quoted(bytes, self.window.is_at_end(), &mut self.fields);
            // The window may hold more than the limit: what is accepted must not depend on how much was read at a time.
            let length = match scan {
                Scan::Record { length, .. } => length,
                // The last byte may be the carriage return of the line end.
                Scan::Incomplete => count.saturating_sub(1),
                Scan::Broken(_) => return Ok(scan),
            };
            if length > self.limit {
                return Ok(Scan::Broken(
                    "a quoted field is not closed within the largest record allowed",
                ));
            }
            if scan != Scan::Incomplete {
                return Ok(scan);
            }
            // Doubling keeps the repeated scans of a long record linear.
            self.window.fill_to(count * 2)?;
        }
    }

    fn wrong_count(&self) -> Option<Rejection> {
        let expected = self.columns.as_ref()?.count();
        let count = self.fields.len();
        (count != expected).then(|| {
            Rejection::new(
                Reason::MalformedCsv,
                format!("the row has {count} fields and the header {expected}"),
            )
        })
    }

    fn read_header(&mut self) -> Result<(), FileError> {
        let path = self.window.name().to_owned();
        let none = |why| FileError::NoHeader {
            path: path.clone(),
            why,
        };
        if !self.skip_blank_lines()? {
            return Err(none("the file is empty"));
        }
        let is_json = self.window.bytes().starts_with(b"{");
        let Body::Whole(range) = self.find_row()?.body else {
            return Err(none(if is_json {
                "its first line is no header (is it NDJSON? then give --format ndjson)"
            } else {
                "its first line is too long or its quoting is broken"
            }));
        };
        let header = std::str::from_utf8(self.window.taken(range))
            .map_err(|_| none("its first line is not UTF-8"))?;
        self.columns = Some(Columns::of_header(&path, header, &self.fields)?);
        Ok(())
    }
}

fn sniffed(bytes: &[u8]) -> Format {
    match bytes.trim_ascii_start().first() {
        Some(b'{') => Format::Ndjson,
        _ => Format::Csv,
    }
}
