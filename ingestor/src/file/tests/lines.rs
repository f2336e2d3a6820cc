//! Limits, blank lines and rows of several lines.

use musicstream_event::Reason;

use super::{HEADER, open, outcomes, read, reader_of, rest, row, thousand_rows};
use crate::file::MAX_RECORD_BYTES;

#[test]
fn a_record_beyond_the_limit_is_refused_without_being_kept() {
    for name in ["a.csv", "a.ndjson"] {
        let head = if name == "a.csv" { HEADER } else { "" };
        let text = format!("{head}{}\nx\n", "y".repeat(1_000_000));
        let mut reader = reader_of(name, text.as_bytes(), 5_000, 2_000).expect("opens");
        let seen = rest(&mut reader).expect("reads");
        assert_eq!(seen.len(), 2);
        assert_eq!(
            (seen[0].outcome.clone(), seen[0].raw.len()),
            (Err(Reason::TooLarge), 2_000)
        );
        assert_eq!(seen[0].end - seen[0].start, 1_000_001);
        assert_eq!(seen[1].raw, b"x");
    }
}

#[test]
fn a_row_of_several_lines_beyond_the_limit_is_refused_however_much_is_read_at_a_time() {
    // Longer than the block that is read at once.
    let half = "y".repeat(3_000);
    let text = format!("{HEADER}\"{half}\n{half}\",1\n{}\n", row("1"));
    for step in [1, 700, 5_000] {
        let mut reader = reader_of("a.csv", text.as_bytes(), step, 4_000).expect("opens");
        let seen = rest(&mut reader).expect("reads");
        let expected = [
            (2, Err(Reason::MalformedCsv)),
            (3, Err(Reason::MalformedCsv)),
            (4, Ok("1")),
        ];
        assert_eq!(outcomes(&seen), expected, "{step} bytes at a time");
    }
}

#[test]
fn only_a_last_record_without_a_line_end_is_at_the_end() {
    let text = thousand_rows();
    let ends = |text: &str| {
        let mut reader = open("a.csv", text.as_bytes()).expect("opens");
        let mut ends = Vec::new();
        while let Some(record) = reader.next_record().expect("reads") {
            ends.push(record.is_at_end);
        }
        ends
    };
    assert_eq!(ends(&text), [false; 1_000]);
    let cut = ends(&text[..text.len() - 10]);
    let (last, others) = cut.split_last().expect("records");
    assert!(*last && !others.contains(&true));
}

#[test]
fn blank_lines_at_the_end_are_not_unread_content() {
    let text = format!("{HEADER}{}\n\n\r\n", row("1"));
    let mut reader = open("a.csv", text.as_bytes()).expect("opens");
    assert!(!reader.is_at_end().expect("reads"));
    assert!(reader.next_record().expect("reads").is_some());
    assert!(reader.is_at_end().expect("reads"));
}

#[test]
fn a_carriage_return_is_blank_only_before_a_line_end_or_at_the_end() {
    let text = format!("{}\r{}\n\r\n{}\n\r", thousand_rows(), row("x"), row("y"));
    let mut reader = reader_of("a.csv", text.as_bytes(), 1, MAX_RECORD_BYTES).expect("opens");
    let seen = rest(&mut reader).expect("reads");
    assert_eq!(
        outcomes(&seen[1_000..]),
        [(1_002, Err(Reason::InvalidEventId)), (1_004, Ok("y"))]
    );
    assert_eq!(reader.position(), text.len() as u64);
}

#[test]
fn a_quoted_row_may_have_as_many_bytes_as_the_limit_and_no_more() {
    // With steps of one byte the window ends with the carriage return of the row after its second read.
    let quoted = format!(
        "{},\"{}\n{}\"",
        row("1"),
        "y".repeat(1_000),
        "y".repeat(1_074)
    );
    let rows = thousand_rows().replace('\n', ",\n");
    let text = format!("{rows}{quoted}\r\n{},\n", row("2"));
    let broken = Err(Reason::MalformedCsv);
    for step in [1, 700, 5_000] {
        for (limit, expected) in [
            (quoted.len(), vec![(1_002, Ok("1")), (1_004, Ok("2"))]),
            (
                quoted.len() - 1,
                vec![(1_002, broken), (1_003, broken), (1_004, Ok("2"))],
            ),
        ] {
            let mut reader = reader_of("a.csv", text.as_bytes(), step, limit).expect("opens");
            let seen = rest(&mut reader).expect("reads");
            let found = outcomes(&seen[1_000..]);
            assert_eq!(found, expected, "{step} bytes at a time, {limit}");
        }
    }
}

#[test]
fn a_row_of_several_lines_with_a_wrong_count_costs_its_first_line_only() {
    let text = format!("{HEADER}\"a\nb\",1\n{}\n", row("1"));
    assert_eq!(
        outcomes(&read("a.csv", text.as_bytes())),
        [
            (2, Err(Reason::MalformedCsv)),
            (3, Err(Reason::MalformedCsv)),
            (4, Ok("1")),
        ]
    );
}
