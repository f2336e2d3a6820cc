//! Headers, formats and compressions, and files opened by their paths.

use std::io::Cursor;
use std::path::Path;

use musicstream_event::{Format, Reason};

use super::{HEADER, gzip, open, outcomes, rest, row, thousand_rows, zst};
use crate::file::input::Input;
use crate::file::{FileArgs, FileError, FileReader, MAX_RECORD_BYTES};

#[test]
fn a_header_that_makes_no_load() {
    let error = |name: &str, text: &[u8]| {
        open(name, text)
            .map(|_| ())
            .expect_err("refused")
            .to_string()
    };
    assert_eq!(
        error("a.csv", b"event_id,user_id,event_type\n"),
        "a.csv lacks the columns region, ts; its first line names event_id, user_id, event_type"
    );
    // The first line may be an event, which must not be logged.
    assert_eq!(
        error("a.csv", b"6f1c,u1,play,eu,2026-03-01T21:15:00Z\n"),
        "a.csv lacks the columns event_id, user_id, event_type, region, ts; its first line names none of them: it must be the header"
    );
    assert!(error("a.csv", b"event_id;user_id\n").ends_with("separated by commas)"));
    assert!(error("a.csv", b"ts,ts,region\n").contains("column ts twice"));
    assert!(error("a.csv", b"").contains("is empty"));
    assert!(error("a.csv", b"\"event_id").contains("quoting is broken"));
    assert!(error("a.csv", b"\xff\xfee\0v\0").contains("UTF-16"));
}

#[test]
fn a_wrong_header_is_shown_shortened_with_a_hint() {
    let error = |text: &str| {
        open("a.csv", text.as_bytes())
            .map(|_| ())
            .expect_err("refused")
            .to_string()
    };
    assert!(error("event_id\n").ends_with("names event_id"));
    assert!(error("event_id\tuser_id\n").ends_with("separated by commas)"));
    for text in ["{\"a\":1}\n", "{\"a\":1,\"b\":2}\n"] {
        assert!(error(text).ends_with("(is it NDJSON? then give --format ndjson)"));
    }
    let long = error(&format!("event_id,{}\n", "é".repeat(300)));
    let (_, shown) = long
        .split_once("its first line ")
        .expect("the header is shown");
    assert!(shown.starts_with("names event_id, é") && shown.ends_with("é…"));
    assert_eq!(shown.chars().count(), 201);
}

#[test]
fn a_file_is_opened_by_its_path_and_its_progress_is_known() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.csv");
    let text = thousand_rows();
    std::fs::write(&path, &text).expect("can be written");
    let size = text.len() as u64;
    let mut reader = FileReader::open(&path, &FileArgs::default()).expect("opens");
    assert_eq!(rest(&mut reader).expect("reads").len(), 1_000);
    assert_eq!(reader.progress(), (size, size));
    let error = |path: &Path| {
        FileReader::open(path, &FileArgs::default())
            .map(|_| ())
            .expect_err("refused")
    };
    assert!(matches!(error(folder.path()), FileError::Directory { .. }));
    let missing = error(&folder.path().join("b.csv"));
    assert!(matches!(missing, FileError::Open { .. }));
}

#[test]
fn compression_is_detected_by_content() {
    let text = format!("{HEADER}{}\n", row("1"));
    let skippable = [
        &b"\x50\x2a\x4d\x18\x04\0\0\0skip"[..],
        &zst(text.as_bytes())[..],
    ]
    .concat();
    for bytes in [
        text.clone().into_bytes(),
        gzip(text.as_bytes()),
        zst(text.as_bytes()),
        skippable,
    ] {
        let mut reader = open("a.csv.gz", &bytes).expect("opens");
        assert_eq!(outcomes(&rest(&mut reader).expect("reads")), [(2, Ok("1"))]);
    }
    let empty = open("a.csv.zst", b"").map(|_| ());
    assert!(matches!(empty, Err(FileError::Truncated { .. })));
}

#[test]
fn a_given_format_wins_over_the_name() {
    let source = Cursor::new(b"{}\n".to_vec());
    let input = Input::over(Box::new(source), "a.csv".to_owned(), 0).expect("opens");
    let mut reader =
        FileReader::over(input, Some(Format::Ndjson), MAX_RECORD_BYTES).expect("opens");
    assert_eq!(
        outcomes(&rest(&mut reader).expect("reads")),
        [(1, Err(Reason::MissingField))]
    );
}
