//! Random files, compared with the `csv` crate and with the values from which they were written.

use musicstream_event::Reason;
use proptest::prelude::*;

use super::corpora::split_all;
use super::{HEADER, ID, reader_of, rest};
use crate::file::MAX_RECORD_BYTES;

/// Renders a field, in quotes if it needs them or `quote` is set.
fn cell(value: &str, quote: bool) -> String {
    if quote || value.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}

proptest! {
    #[test]
    fn rendered_events_read_back(
        rows in prop::collection::vec(
            ("[^\\x00-\\x1f\\x7f-\\u{9f}]{1,20}", "[\",\\r\\n a-zé]{0,12}", any::<[bool; 3]>()), 1..40),
        step in 1_usize..200,
    ) {
        let mut text = "note,user_id,ts,event_type,event_id,region\n".to_owned();
        for (user, note, [quote_user, quote_note, crlf]) in &rows {
            text += &format!("{},{},2026-01-02T03:04:05Z,play,{ID},us", cell(note, *quote_note), cell(user, *quote_user));
            text += if *crlf { "\r\n" } else { "\n" };
        }
        let mut reader = reader_of("a.csv", text.as_bytes(), step, MAX_RECORD_BYTES).expect("opens");
        let mut next = reader.position();
        let mut line = 2;
        let seen = rest(&mut reader).expect("reads");
        prop_assert_eq!(seen.len(), rows.len());
        for (record, (user, _, _)) in seen.iter().zip(&rows) {
            prop_assert_eq!(record.start, next, "no gap and no overlap");
            prop_assert_eq!(record.line, line);
            prop_assert_eq!(record.outcome.as_ref(), Ok(user));
            let bytes = &text.as_bytes()[record.start as usize..record.end as usize];
            prop_assert!(bytes.starts_with(&record.raw));
            line += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
            next = record.end;
        }
        prop_assert_eq!(next, text.len() as u64);
    }

    #[test]
    fn splits_like_the_csv_crate(
        rows in prop::collection::vec(prop::collection::vec(("[\",\\r\\n ab]{0,6}", any::<bool>()), 2..5), 1..10)
    ) {
        let mut text = String::new();
        for row in &rows {
            let cells: Vec<String> = row.iter().map(|(value, quote)| cell(value, *quote)).collect();
            text += &(cells.join(",") + "\n");
        }
        let mut oracle = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let expected: Vec<Vec<String>> =
            oracle.records().map(|row| row.expect("parses").iter().map(str::to_owned).collect()).collect();
        prop_assert_eq!(split_all(text.as_bytes()), expected);
    }

    #[test]
    fn any_bytes_are_covered_by_records_and_line_ends(
        pieces in prop::collection::vec(prop::sample::select(vec!["\"", ",", "\n", "\r\n", "\r", "a", "\"\"", "{", "\u{0}"]), 0..120),
        is_csv in any::<bool>(), step in 1_usize..50,
    ) {
        let body: String = pieces.concat();
        // Longer than the block that is read at once, so that the body is read in steps.
        let pad = "p".repeat(4_200) + "\n";
        let (name, text) = if is_csv { ("a.csv", format!("{HEADER}{pad}{body}")) } else { ("a.ndjson", format!("{pad}{body}")) };
        let mut reader = reader_of(name, text.as_bytes(), step, 60).expect("opens");
        let mut next = reader.position();
        for record in rest(&mut reader).expect("reads") {
            prop_assert_eq!(record.start, next, "no gap and no overlap");
            next = record.end;
            if record.outcome == Err(Reason::TooLarge) {
                continue;
            }
            let consumed = &text.as_bytes()[record.start as usize..record.end as usize];
            let at = consumed.windows(record.raw.len()).rposition(|bytes| bytes == record.raw);
            let at = at.expect("the record's bytes are among those consumed");
            let (before, tail) = (&consumed[..at], &consumed[at + record.raw.len()..]);
            prop_assert!(before.iter().all(|byte| matches!(byte, b'\r' | b'\n')), "only blank lines are skipped");
            prop_assert!(matches!(tail, b"" | b"\n" | b"\r\n" | b"\r"), "{:?}", tail);
        }
        let after = &text.as_bytes()[next as usize..];
        prop_assert!(after.iter().all(|byte| matches!(byte, b'\r' | b'\n')));
        prop_assert_eq!(reader.position(), text.len() as u64);
    }
}
