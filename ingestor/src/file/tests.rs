//! Whole files through the reader.

mod corpora;
mod lines;
mod opening;
mod properties;

use std::io::{self, Cursor, Read, Write};

use musicstream_event::{Reason, field};

use super::input::Input;
use super::window::Window;
use super::*;

const HEADER: &str = "event_id,user_id,event_type,region,ts,song_id,device\n";
const ID: &str = "bbf32908-1239-4d3f-aaf1-b4ed0728331b";

/// An owned record: line, the consumed range (with the blank lines before it and its line end), bytes, and the user_id or
/// the reason of the rejection.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    line: u64,
    start: u64,
    end: u64,
    raw: Vec<u8>,
    outcome: Result<String, Reason>,
}

/// Returns at most `step` bytes per read.
struct Trickle(Cursor<Vec<u8>>, usize);

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let step = self.1.min(buffer.len());
        self.0.read(&mut buffer[..step])
    }
}

fn reader_of(name: &str, bytes: &[u8], step: usize, limit: usize) -> Result<FileReader, FileError> {
    let source = Trickle(Cursor::new(bytes.to_vec()), step);
    FileReader::over(
        Input::over(Box::new(source), name.to_owned(), 0)?,
        None,
        limit,
    )
}

/// A window over these bytes, of which at most `step` are read at a time.
pub(super) fn window_over(bytes: &[u8], step: usize) -> Window {
    let source = Trickle(Cursor::new(bytes.to_vec()), step);
    Window::new(Input::over(Box::new(source), "a.csv".to_owned(), 0).expect("opens"))
}

fn open(name: &str, bytes: &[u8]) -> Result<FileReader, FileError> {
    reader_of(name, bytes, 7, MAX_RECORD_BYTES)
}

fn rest(reader: &mut FileReader) -> Result<Vec<Seen>, (Vec<Seen>, FileError)> {
    let mut seen = Vec::new();
    loop {
        let start = reader.position();
        let one = match reader.next_record() {
            Err(error) => return Err((seen, error)),
            Ok(None) => return Ok(seen),
            Ok(Some(record)) => Seen {
                line: record.line,
                start,
                end: 0,
                raw: record.raw.to_vec(),
                outcome: record
                    .event
                    .map(|event| event.user_id.into_owned())
                    .map_err(|rejection| rejection.reason),
            },
        };
        let end = reader.position();
        assert!(end > start, "each record consumes bytes");
        seen.push(Seen { end, ..one });
    }
}

fn read(name: &str, bytes: &[u8]) -> Vec<Seen> {
    let mut reader = open(name, bytes).expect("opens");
    let seen = rest(&mut reader).expect("reads to the end");
    assert_eq!(reader.position(), bytes.len() as u64, "all is consumed");
    assert_eq!(
        reader.checksum(),
        *blake3::hash(bytes).as_bytes(),
        "the checksum is over all"
    );
    seen
}

fn row(user: &str) -> String {
    format!("{ID},{user},play,us,2026-01-02T03:04:05Z,1,ios")
}

fn outcomes(seen: &[Seen]) -> Vec<(u64, Result<&str, Reason>)> {
    seen.iter()
        .map(|one| {
            (
                one.line,
                one.outcome
                    .as_ref()
                    .map(String::as_str)
                    .map_err(|reason| *reason),
            )
        })
        .collect()
}

#[test]
fn columns_in_any_order_and_extra_ones() {
    let text = format!(
        "\u{feff}x,ts, region ,event_type,user_id,event_id\r\n\r\n,2026-01-02 03:04:05,us,play,7,{ID}\r\n"
    );
    let mut reader = open("a.csv", text.as_bytes()).expect("opens");
    let record = reader.next_record().expect("reads").expect("a record");
    let event = record.event.expect("a good event");
    assert_eq!((event.user_id.as_ref(), event.region.as_ref()), ("7", "us"));
    assert_eq!(Ok(event.ts), field::ts("2026-01-02T03:04:05Z"));
    assert_eq!((event.song_id, event.device, record.line), (None, None, 3));
    assert_eq!(reader.position(), text.len() as u64);
}

#[test]
fn optional_columns_are_read_and_empty_ones_are_null() {
    let text = format!(
        "{HEADER}{}\n{}\n",
        row("1"),
        row("2").replace(",1,ios", ",,")
    );
    let mut reader = open("a.csv", text.as_bytes()).expect("opens");
    for expected in [(Some("1"), Some("ios")), (None, None)] {
        let record = reader.next_record().expect("reads").expect("a record");
        let event = record.event.expect("a good event");
        let found = (event.song_id.as_deref(), event.device.as_deref());
        assert_eq!(found, expected);
    }
}

#[test]
fn quoted_fields_with_commas_quotes_and_newlines() {
    let header = HEADER.trim_end();
    let text = format!(
        "{header},note\n{},\"a \"\"b\"\",\r\nc\"\r\n{},\"\"\n",
        row("\"x\"\"y,z\""),
        row("2")
    );
    let seen = read("a.csv", text.as_bytes());
    assert_eq!(outcomes(&seen), [(2, Ok("x\"y,z")), (4, Ok("2"))]);
}

#[test]
fn bad_rows_are_rejected_with_their_line_and_the_rest_is_read() {
    let mut bytes = format!(
        "{HEADER}{}\r\n\r\nonly,three,fields\n,1,play,us,2026-01-02T03:04:05Z,,\nnope,1,play,us,2026-01-02T03:04:05Z,,\n",
        row("1")
    )
    .into_bytes();
    bytes.extend_from_slice(b"\xff\xfe,1,play,us,2026-01-02T03:04:05Z,,\n");
    bytes.extend_from_slice(format!("{}\n{}", row("a\0b"), row("5")).as_bytes());
    assert_eq!(
        outcomes(&read("a.csv", &bytes)),
        [
            (2, Ok("1")),
            (4, Err(Reason::MalformedCsv)),
            (5, Err(Reason::MissingField)),
            (6, Err(Reason::InvalidEventId)),
            (7, Err(Reason::NotUtf8)),
            (8, Err(Reason::InvalidUserId)),
            (9, Ok("5")),
        ]
    );
}

#[test]
fn a_stray_quote_costs_its_own_line_only() {
    for stray in [
        "\"x,1,play,us,2026-01-02T03:04:05Z,,",
        "\"x\"y,1,play,us,2026-01-02T03:04:05Z,,",
        "1,2,\"",
        "\"",
    ] {
        for after in [row("\"quoted\""), row("plain")] {
            let text = format!("{HEADER}{}\n{stray}\n{}\n{after}\n", row("1"), row("2"));
            let seen = read("a.csv", text.as_bytes());
            assert_eq!(seen.len(), 4, "{stray}");
            assert_eq!(
                (seen[1].line, &seen[1].outcome),
                (3, &Err(Reason::MalformedCsv))
            );
            assert_eq!(seen[1].raw, stray.as_bytes());
            assert_eq!(seen[2].outcome, Ok("2".to_owned()));
            assert!(seen[3].outcome.is_ok());
        }
    }
}

#[test]
fn ndjson_lines() {
    let good =
        format!(r#"{{"event_id":"{ID}","user_id":"é","event_type":"play","region":"us","ts":1}}"#);
    let text = format!("\u{feff}{good}\r\n\n{{\"cut\n{good}");
    let seen = read("a.jsonl", text.as_bytes());
    assert_eq!(
        outcomes(&seen),
        [(1, Ok("é")), (3, Err(Reason::MalformedJson)), (4, Ok("é"))]
    );
    assert_eq!(seen[0].raw, good.as_bytes());
    let sniffed = open("stdin", text.as_bytes()).expect("opens");
    assert_eq!(
        sniffed.fingerprint(),
        open("a.ndjson", text.as_bytes())
            .expect("opens")
            .fingerprint()
    );
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("compresses");
    encoder.finish().expect("compresses")
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).expect("compresses")
}

fn thousand_rows() -> String {
    let rows: String = (0..1_000)
        .map(|user| row(&user.to_string()) + "\n")
        .collect();
    format!("{HEADER}{rows}")
}

#[test]
fn archives_of_several_members_read_like_the_plain_file() {
    let text = thousand_rows();
    let (first, second) = text.as_bytes().split_at(20_000);
    let plain = read("a.csv", text.as_bytes());
    let of_plain = open("a.csv", text.as_bytes()).expect("opens");
    for pack in [gzip, zst] {
        let bytes = [pack(first), pack(second)].concat();
        let mut reader = open("a.csv", &bytes).expect("opens");
        assert_eq!(reader.fingerprint(), of_plain.fingerprint());
        assert_eq!(rest(&mut reader).expect("reads"), plain);
    }
}

#[test]
fn a_cut_archive_yields_its_whole_rows_and_then_an_error() {
    let text = thousand_rows();
    let plain = read("a.csv", text.as_bytes());
    for pack in [gzip, zst] {
        let whole = pack(text.as_bytes());
        for length in [0, whole.len() / 2, whole.len() - 1] {
            let error = match open("a.csv.gz", &whole[..length]) {
                Err(error) => error,
                Ok(mut reader) => {
                    let (seen, error) = rest(&mut reader).expect_err("the archive is cut");
                    assert_eq!(seen, plain[..seen.len()]);
                    error
                }
            };
            assert!(
                matches!(error, FileError::Truncated { .. }),
                "{error:?} at {length}"
            );
        }
    }
    let mut damaged = gzip(text.as_bytes());
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0x55;
    let failed = open("a.csv.gz", &damaged)
        .and_then(|mut reader| rest(&mut reader).map_err(|(_, error)| error));
    assert!(failed.is_err());
}

#[test]
fn a_load_resumes_after_every_record() {
    let text = format!(
        "{}\n\n{},\"n\r\nn\"\n\"\n{}",
        thousand_rows(),
        row("x"),
        row("last")
    );
    let all = read("a.csv", text.as_bytes());
    let mut reader = open("a.csv", text.as_bytes()).expect("opens");
    for count in 0..=all.len() {
        if !(2..all.len() - 5).contains(&count) {
            let (position, checksum) = (reader.position(), reader.checksum());
            let mut again = open("a.csv", text.as_bytes()).expect("opens");
            again.resume(position, &checksum).expect("resumes");
            assert_eq!(rest(&mut again).expect("reads"), all[count..]);
        }
        reader.next_record().expect("reads");
    }
}

#[test]
fn an_appended_file_continues_and_a_changed_one_is_refused() {
    let text = format!("{HEADER}{}\n{}", row("1"), row("2"));
    let mut reader = open("a.csv", text.as_bytes()).expect("opens");
    rest(&mut reader).expect("reads");
    let (position, checksum) = (reader.position(), reader.checksum());

    let appended = format!("{text}\n{}\n", row("3"));
    let mut longer = open("a.csv", appended.as_bytes()).expect("opens");
    assert!(
        longer
            .earlier_fingerprints()
            .contains(&reader.fingerprint().to_owned())
    );
    longer.resume(position, &checksum).expect("resumes");
    assert_eq!(outcomes(&rest(&mut longer).expect("reads")), [(4, Ok("3"))]);

    let refusal = |text: &str| {
        let mut changed = open("a.csv", text.as_bytes()).expect("opens");
        changed
            .resume(position, &checksum)
            .expect_err("refused")
            .to_string()
    };
    assert!(refusal(&text.replace(",2,", ",9,")).contains("differ from those that were loaded"));
    assert!(refusal(&text[..text.len() - 3]).contains("while"));
    assert!(refusal(&format!("{text}x")).contains("has grown since"));
}

#[test]
fn a_file_longer_than_its_first_block_has_the_fingerprints_of_its_beginnings() {
    let text = thousand_rows();
    let whole = open("a.csv", text.as_bytes()).expect("opens");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for count in [2, 10] {
        let beginning: String = lines[..count].concat();
        let shorter = open("a.csv", beginning.as_bytes()).expect("opens");
        assert!(
            whole
                .earlier_fingerprints()
                .contains(&shorter.fingerprint().to_owned())
        );
    }
    let header_only = open("a.csv", HEADER.as_bytes()).expect("opens");
    assert!(
        !whole
            .earlier_fingerprints()
            .contains(&header_only.fingerprint().to_owned())
    );
    let beyond_block: String = lines[..500].concat();
    assert_eq!(
        open("a.csv", beyond_block.as_bytes())
            .expect("opens")
            .fingerprint(),
        whole.fingerprint()
    );
}

#[test]
fn a_load_resumes_only_if_the_last_line_has_not_grown() {
    let text = format!("{}{}", thousand_rows(), row("last"));
    let (end, checksum) = (text.len() as u64, *blake3::hash(text.as_bytes()).as_bytes());
    let resumed = |text: &str, position: u64, checksum: &[u8]| {
        let mut reader = reader_of("a.csv", text.as_bytes(), 1, MAX_RECORD_BYTES).expect("opens");
        reader
            .resume(position, checksum)
            .map_err(|error| error.to_string())
    };
    for more in ["", "\n", "\r\n", "\nmore"] {
        let found = resumed(&format!("{text}{more}"), end, &checksum);
        assert_eq!(found, Ok(()), "{more:?}");
    }
    for more in ["x", "\rx"] {
        let refused = resumed(&format!("{text}{more}"), end, &checksum);
        assert!(
            refused.is_err_and(|why| why.contains("has grown since")),
            "{more:?}"
        );
    }
    assert!(resumed(&text, end, b"").is_err_and(|why| why.contains("differ")));
    assert!(resumed(&text, 10, &checksum).is_err_and(|why| why.contains("within its header")));
}

#[test]
fn a_damaged_archive_yields_the_rows_before_the_damage() {
    let text = thousand_rows();
    let plain = read("a.csv", text.as_bytes());
    let mut wrong_checksum = gzip(text.as_bytes());
    let at = wrong_checksum.len() - 8;
    wrong_checksum[at] ^= 0x55;
    let garbage_after = [&zst(text.as_bytes())[..], b"garbage"].concat();
    for bytes in [wrong_checksum, garbage_after] {
        let mut reader = open("a.csv", &bytes).expect("opens");
        let (seen, error) = rest(&mut reader).expect_err("the archive is damaged");
        assert_eq!(seen, plain);
        assert!(
            matches!(error, FileError::Damaged { offset, .. } if offset == text.len() as u64),
            "{error:?}"
        );
    }
}
