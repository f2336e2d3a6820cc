//! Options, files and the summary, without a broker.

use clap::Parser;
use musicstream_generator::Record;

use super::*;
use crate::cli::{Cli, Command};
use crate::file::{FileArgs, FileReader};

const SHARES: &str = "--duplicates 3 --late 2 --malformed 5 --out-of-order 4";
const MONTH: &str = "--from 2026-01-01 --until 2026-02-01";

fn parsed(options: &str) -> Result<GenerateArgs, clap::Error> {
    let words = ["musicstream-ingestor", "generate"]
        .into_iter()
        .chain(options.split_whitespace());
    match Cli::try_parse_from(words)?.command {
        Command::Generate(args) => Ok(args),
        _ => panic!("another subcommand than the one given"),
    }
}

/// All records with their bytes.
fn records(options: &str) -> Vec<(Record, Vec<u8>)> {
    let args = parsed(options).expect("the options parse");
    let plan = args.plan(0).expect("the options fit");
    let mut generator = Generator::new(&plan, args.format(), 0).expect("the plan is possible");
    let mut records = Vec::new();
    let mut bytes = Vec::new();
    while let Some(record) = generator.next(&mut bytes, || 0).expect("enough users") {
        records.push((record, std::mem::take(&mut bytes)));
    }
    records
}

#[test]
fn a_generated_csv_file_is_read_back() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["a.csv", "a.csv.gz", "a.csv.zst"] {
        let path = folder.path().join(name);
        let options = format!("--count 3000 {MONTH} {SHARES} --regions us,a\"b");
        let records = records(&format!("--to {} {options}", path.display()));
        let mut output = Output::to_file(&path).expect("can be written");
        output.put(CSV_HEADER.as_bytes()).expect("can be written");
        for (_, bytes) in &records {
            output.put(bytes).expect("can be written");
        }
        assert!(!path.exists(), "it has no name before it is complete");
        output.finish().expect("can be completed");

        let mut reader = FileReader::open(&path, &FileArgs::default()).expect("opens");
        for (made, bytes) in &records {
            let record = reader
                .next_record()
                .expect("reads")
                .expect("as many records as were made");
            assert_eq!(record.raw, bytes);
            let read = record.event.ok().map(|event| (event.event_id, event.ts));
            assert_eq!(
                read,
                made.expected_event(),
                "{}",
                String::from_utf8_lossy(bytes)
            );
        }
        assert!(reader.next_record().expect("reads").is_none());
    }
    assert_eq!(
        std::fs::read_dir(folder.path())
            .expect("can be listed")
            .count(),
        3,
        "nothing is left over"
    );
}

#[test]
fn wrong_options_are_refused() {
    for options in ["--count 1", "--to - --count 1 --format xml"] {
        assert!(parsed(options).is_err(), "{options}");
    }
    for options in [
        "--to -",
        "--to - --live",
        "--to - --count 1 --truth truth.csv",
        "--to - --count 1 --duplicates 60 --late 60",
        "--to kafka --count 1 --format csv",
        "--to a.csv --count 1 --sessions --truth a.csv",
    ] {
        let args = parsed(options).expect("parses");
        assert!(args.plan(0).is_err(), "{options}");
    }
    let format = |options: &str| parsed(options).expect("parses").format();
    assert_eq!(format("--to a.csv.gz --count 1"), Format::Csv);
    assert_eq!(
        format("--to a.csv --count 1 --format ndjson"),
        Format::Ndjson
    );
    assert_eq!(format("--to - --count 1"), Format::Ndjson);
}

#[test]
fn a_summary_adds_up() {
    let mut produced = Produced::default();
    for (record, _) in records(&format!("--to a.csv --count 2000 {MONTH} {SHARES}")) {
        produced.counts.add(&record);
    }
    let summary = Summary::new("x", &produced, 0, Duration::from_secs(2));
    let json = summary.render(OutputFormat::Json);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        (json["records"].as_u64(), json["distinct"].as_u64()),
        (Some(2_000), Some(1_840))
    );
    assert_eq!(json["malformed"], 100);
    assert_eq!(json["records_per_second"], 1_000.0);
    let text = summary.text();
    assert!(text.contains("2000 records to x: distinct events 1840, of them late 40 and out of order 80  duplicates 60"));
}
