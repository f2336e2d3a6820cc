//! Files of other projects. A test prints a line with its name if they are missing.

use std::path::{Path, PathBuf};

use super::rest;
use crate::file::{FileArgs, FileReader, csv};

/// The folder of these files; prints that the test is skipped if it is missing.
fn test_data(test: &str, below: &str) -> Option<PathBuf> {
    let root = std::env::var_os("MUSICSTREAM_TEST_DATA").map(PathBuf::from);
    let root =
        root.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"));
    let path = root.join(below);
    if path.exists() {
        return Some(path);
    }
    eprintln!(
        "skipped: {test}: {} is not there (MUSICSTREAM_TEST_DATA)",
        path.display()
    );
    None
}

#[test]
fn csv_spectrum_splits_as_the_corpus_says() {
    let Some(folder) = test_data(
        "csv_spectrum_splits_as_the_corpus_says",
        "corpora/csv-spectrum/csvs",
    ) else {
        return;
    };
    let mut files = 0;
    for entry in std::fs::read_dir(folder).expect("the corpus can be listed") {
        let path = entry.expect("the corpus can be listed").path();
        let bytes = std::fs::read(&path).expect("the file can be read");
        let mut oracle = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(&bytes[..]);
        let expected: Vec<Vec<String>> = oracle
            .records()
            .map(|row| row.expect("parses").iter().map(str::to_owned).collect())
            .collect();
        assert_eq!(split_all(&bytes), expected, "{}", path.display());
        files += 1;
    }
    assert!(files >= 11);
}

/// Splits all records of a text, as the reader does.
pub(super) fn split_all(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut fields = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let csv::Scan::Record { length, next } = csv::split_quoted(&bytes[at..], true, &mut fields)
        else {
            panic!("the text is well formed")
        };
        let row = std::str::from_utf8(&bytes[at..at + length]).expect("the text is UTF-8");
        rows.push(
            fields
                .iter()
                .map(|field| field.value(row).into_owned())
                .collect(),
        );
        at += next;
    }
    rows
}

#[test]
fn the_seed_file_reads_to_the_last_row() {
    let Some(path) = test_data(
        "the_seed_file_reads_to_the_last_row",
        "seed_events/events.csv",
    ) else {
        return;
    };
    let mut reader = FileReader::open(&path, &FileArgs::default()).expect("opens");
    let seen = rest(&mut reader).expect("reads");
    assert_eq!(seen.len(), 30_000);
    assert!(seen.iter().all(|record| record.outcome.is_ok()));
    assert_eq!(seen[29_999].line, 30_001);
    let size = std::fs::metadata(&path).expect("is there").len();
    assert_eq!((reader.position(), reader.progress()), (size, (size, size)));
}
