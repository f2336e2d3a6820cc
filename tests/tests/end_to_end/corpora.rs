//! Public test documents for parsers: no input stops the stream, and nothing is lost.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use postgres::Client;
use serde_json::Value;

use musicstream_tests::data;
use musicstream_tests::database::{Database, value};
use musicstream_tests::oracle::{assert_metrics_equal_raw, assert_stored, next_offsets};
use musicstream_tests::pipeline::{
    assert_rejects_are_what_was_sent, load, rejected, stream_to_end,
};
use musicstream_tests::process::{ingestor, run};
use musicstream_tests::topic::{Record, Topic};

/// Name and bytes of each document.
type Documents = Vec<(String, Vec<u8>)>;

/// Sends and streams the messages, and checks that each is stored, a duplicate or rejected. Returns by name whether it was
/// stored, with its song_id.
fn through_kafka(label: &str, messages: Documents) -> BTreeMap<String, Option<Option<String>>> {
    let topic = Topic::create(label, 3);
    let database = Database::create();
    let mut client = database.client();
    let (names, payloads): (Vec<_>, Vec<_>) = messages.into_iter().unzip();
    let records = (0..3)
        .cycle()
        .zip(payloads)
        .zip(&names)
        .map(|((partition, payload), name)| Record {
            key: Some(name.clone().into_bytes()),
            ..Record::new(partition, payload)
        });
    let sent = topic.send(records.collect());
    let summary = stream_to_end(&database, &topic);
    assert_eq!(summary.read, sent.len() as i64, "all records were read");
    assert_stored(&mut client, summary);
    assert_metrics_equal_raw(&mut client);
    assert_eq!(next_offsets(&mut client), topic.ends());

    let refused = assert_rejects_are_what_was_sent(&mut client, &sent);
    assert_eq!(refused.len() as i64, summary.rejected + summary.conflicting);
    let stored: BTreeMap<String, Option<String>> = client
        .query("select event_id::text, song_id from raw_events", &[])
        .unwrap()
        .iter()
        .map(|row| (row.get(0), row.get(1)))
        .collect();
    names
        .into_iter()
        .zip(&sent)
        .enumerate()
        .map(|(number, (name, record))| {
            let is_refused = refused.contains(&(record.partition, record.offset));
            (
                name,
                (!is_refused).then(|| stored.get(&id(number)).cloned().flatten()),
            )
        })
        .collect()
}

fn id(number: usize) -> String {
    format!("00000000-0000-0000-0000-{number:012x}")
}

/// An event with other text before or after the required fields.
fn event_around(number: usize, before: &[u8], after: &[u8]) -> Vec<u8> {
    let fields = format!(
        r#""event_id":"{}","user_id":"u","event_type":"play","region":"eu","ts":"2026-03-01T00:00:00Z""#,
        id(number)
    );
    [b"{", before, fields.as_bytes(), after, b"}"].concat()
}

fn json_documents(test: &str) -> Option<Documents> {
    let mut documents = Vec::new();
    for folder in ["test_parsing", "test_transform"] {
        documents.extend(data::files(&data::find(
            test,
            &format!("corpora/JSONTestSuite/{folder}"),
        )?));
    }
    assert!(documents.len() > 300, "{} documents", documents.len());
    Some(documents)
}

fn junk_lines(test: &str) -> Option<Documents> {
    let mut lines = Vec::new();
    for file in ["junk.csv", "junk.ndjson"] {
        let bytes =
            std::fs::read(data::find(test, &format!("corpora/kafka_fdw_junk/{file}"))?).unwrap();
        let numbered = bytes.split(|byte| *byte == b'\n').enumerate();
        lines.extend(numbered.map(|(number, line)| (format!("{file}:{number}"), line.to_vec())));
    }
    Some(lines)
}

#[test]
fn documents_that_are_not_events_are_all_rejected() {
    let test = "documents_that_are_not_events_are_all_rejected";
    let (Some(mut documents), Some(junk)) = (json_documents(test), junk_lines(test)) else {
        return;
    };
    documents.extend(junk);
    for (name, stored) in through_kafka("documents", documents) {
        assert_eq!(stored, None, "{name} is not an event");
    }
}

#[test]
fn events_with_a_document_in_an_unknown_field_are_stored_if_it_is_json() {
    let test = "events_with_a_document_in_an_unknown_field_are_stored_if_it_is_json";
    let Some(documents) = json_documents(test) else {
        return;
    };
    let mut messages = Documents::new();
    for (name, document) in documents {
        let before = [br#""more":"#, document.as_slice(), b","].concat();
        messages.push((
            format!("before {name}"),
            event_around(messages.len(), &before, b""),
        ));
        let after = [br#","more":"#, document.as_slice()].concat();
        messages.push((
            format!("after {name}"),
            event_around(messages.len(), b"", &after),
        ));
    }
    for (name, stored) in through_kafka("wrapped", messages) {
        // The suite's classification: y_ must be accepted, n_ must be refused, others may be either.
        match name.split(' ').nth(1).and_then(|name| name.get(..2)) {
            Some("y_") => assert!(stored.is_some(), "{name} is JSON"),
            Some("n_") => assert!(stored.is_none(), "{name} is not JSON"),
            _ => {}
        }
    }
}

#[test]
fn difficult_strings_are_decoded_correctly() {
    let test = "difficult_strings_are_decoded_correctly";
    let (Some(documents), Some(junk)) = (json_documents(test), junk_lines(test)) else {
        return;
    };
    // The single element of an array becomes the song; so does a line of junk, quoted as a JSON string.
    let mut tokens: Documents = documents
        .into_iter()
        .filter_map(|(name, document)| {
            let token = document
                .trim_ascii()
                .strip_prefix(b"[")?
                .strip_suffix(b"]")?
                .to_vec();
            Some((name, token))
        })
        .collect();
    tokens.extend(junk.into_iter().map(|(name, line)| {
        let line = Value::from(String::from_utf8_lossy(&line).as_ref());
        (name, line.to_string().into_bytes())
    }));
    let mut expected = BTreeMap::new();
    let mut messages = Documents::new();
    for (name, token) in tokens {
        let song = match serde_json::from_slice(&token) {
            Ok(Value::String(text)) if text.len() <= 128 && !text.contains('\0') => Some(text),
            Ok(Value::Number(number)) if number.is_i64() || number.is_u64() => {
                Some(number.to_string())
            }
            Ok(Value::Null) => Some(String::new()),
            // Not JSON, or not a valid song.
            _ => None,
        };
        expected.insert(name.clone(), song);
        let after = [br#","song_id":"#, token.as_slice()].concat();
        messages.push((name, event_around(messages.len(), b"", &after)));
    }
    let songs = expected
        .values()
        .flatten()
        .filter(|song| !song.is_empty())
        .count();
    assert!(songs > 40, "{songs} songs");
    for (name, stored) in through_kafka("strings", messages) {
        // An integer is stored as its digits; serde_json parses some of them as floats.
        if name.contains("number") || name.contains("big") {
            continue;
        }
        let stored = stored.map(Option::unwrap_or_default);
        assert_eq!(stored, expected[&name], "{name}");
    }
}

#[test]
fn csv_files_without_the_required_columns_are_refused() {
    let Some(folder) = data::find(
        "csv_files_without_the_required_columns_are_refused",
        "corpora/csv-spectrum/csvs",
    ) else {
        return;
    };
    let database = Database::create();
    for (name, _) in data::files(&folder) {
        let refused = run(
            ingestor(&database).arg("load").arg(folder.join(&name)),
            Duration::from_secs(60),
        )
        .with_code(1);
        assert!(
            refused.stderr.contains("event_id"),
            "{name}: the message names a missing column: {refused:#?}"
        );
    }
    assert_eq!(
        value::<i64>(
            &mut database.client(),
            "select count(*) from ingest_offsets",
            &[]
        ),
        0
    );
}

/// Splits a CSV text into records by its quotes; the last line end is not included.
fn records_of(text: &str) -> Vec<&str> {
    let mut records = Vec::new();
    let (mut start, mut is_quoted) = (0, false);
    for (at, character) in text.char_indices() {
        match character {
            '"' => is_quoted = !is_quoted,
            '\n' if !is_quoted => {
                records.push(text[start..at].trim_end_matches('\r'));
                start = at + 1;
            }
            _ => {}
        }
    }
    if start < text.len() {
        records.push(&text[start..]);
    }
    records
}

#[test]
fn difficult_cells_are_decoded_correctly() {
    let test = "difficult_cells_are_decoded_correctly";
    let (Some(csvs), Some(jsons)) = (
        data::find(test, "corpora/csv-spectrum/csvs"),
        data::find(test, "corpora/csv-spectrum/json"),
    ) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let database = Database::create();
    let mut client = database.client();
    for (name, bytes) in data::files(&csvs) {
        let text = String::from_utf8(bytes).unwrap();
        let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let records = records_of(&text);
        let expected = std::fs::read(jsons.join(name.replace(".csv", ".json"))).unwrap();
        let expected: Vec<serde_json::Map<String, Value>> =
            serde_json::from_slice(&expected).unwrap();
        assert_eq!(expected.len(), records.len() - 1, "records of {name}");
        // Each column of the file in turn gets a known name; the others are unknown columns.
        let columns: Vec<&str> = records[0].split(',').collect();
        for known in ["song_id", "region"] {
            for column in &columns {
                let cells: Vec<&str> = expected
                    .iter()
                    .map(|row| row[*column].as_str().unwrap())
                    .collect();
                let header = columns
                    .iter()
                    .map(|name| if name == column { known } else { name });
                let header = header.collect::<Vec<_>>().join(",");
                let (more, region) = match known {
                    "region" => ("", ""),
                    _ => (",region", ",eu"),
                };
                let mut rows = vec![format!("{header},event_id,user_id,event_type,ts{more}")];
                for (number, record) in records[1..].iter().enumerate() {
                    let id = id(number);
                    rows.push(format!("{record},{id},u,play,2026-03-01T00:00:00Z{region}"));
                }
                let file = folder.path().join(format!("{known} {column} {name}"));
                let ending = if text.ends_with('\n') { line_end } else { "" };
                std::fs::write(&file, rows.join(line_end) + ending).unwrap();
                empty(&mut client);
                let summary = load(&database, &file);
                assert_eq!(summary.read, cells.len() as i64, "{}", file.display());
                assert_stored(&mut client, summary);
                assert_metrics_equal_raw(&mut client);
                assert_cells(&mut client, &file, known, &cells, &rows);
            }
        }
    }
}

/// Empties the database, for tests with too many files for a database each. Few rows are deleted faster than by TRUNCATE.
fn empty(client: &mut Client) {
    client
        .batch_execute(
            "delete from raw_events; delete from metric_deltas; delete from listener_deltas; delete from rejected_events;
             delete from ingest_offsets",
        )
        .unwrap();
}

/// Checks that each of these cells in a column of the file is stored unchanged, or its row rejected.
fn assert_cells(client: &mut Client, file: &Path, column: &str, cells: &[&str], rows: &[String]) {
    let rejects = rejected(client);
    let mut line = 2;
    for (number, (cell, row)) in cells.iter().zip(&rows[1..]).enumerate() {
        let what = format!("{}: line {line}", file.display());
        let reject = rejects.iter().find(|reject| reject.position == line);
        if column == "region" && (cell.is_empty() || cell.contains(|c: char| c.is_ascii_control()))
        {
            let reject =
                reject.unwrap_or_else(|| panic!("{what}: an invalid region was not rejected"));
            assert!(
                ["invalid_region", "missing_field"].contains(&reject.reason.as_str()),
                "{what}: {reject:?}"
            );
            assert_eq!(reject.payload.as_deref(), Some(row.as_bytes()), "{what}");
        } else {
            assert_eq!(reject, None, "{what}");
            let sql = format!("select {column} from raw_events where event_id = $1::text::uuid");
            let stored: Option<String> = value(client, &sql, &[&id(number)]);
            assert_eq!(stored.unwrap_or_default(), *cell, "{what}");
        }
        line += 1 + row.matches('\n').count() as i64;
    }
}

#[test]
fn rows_that_do_not_match_the_header_are_rejected_with_bytes_and_line() {
    let test = "rows_that_do_not_match_the_header_are_rejected_with_bytes_and_line";
    let Some(csvs) = data::find(test, "corpora/csv-spectrum/csvs") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let database = Database::create();
    let mut client = database.client();
    let mut all = 0;
    for (name, bytes) in data::files(&csvs) {
        let text = String::from_utf8(bytes).unwrap();
        let file = folder.path().join(&name);
        std::fs::write(
            &file,
            format!("event_id,user_id,event_type,region,ts\n{text}"),
        )
        .unwrap();
        empty(&mut client);
        let summary = load(&database, &file);
        assert_eq!(summary.read, summary.rejected, "{name}");
        // The reader decides where an invalid record ends (a stray quote must not consume the rest of the file), but all
        // rejects together are the whole text, each with its line.
        let rejects = rejected(&mut client);
        let (mut line, mut rest) = (2, text.as_str());
        for reject in &rejects {
            let bytes = std::str::from_utf8(reject.payload.as_deref().unwrap()).unwrap();
            assert_eq!(reject.position, line, "{name}: {reject:?}");
            rest = rest
                .strip_prefix(bytes)
                .unwrap_or_else(|| panic!("{name}: {reject:?}"));
            rest = rest
                .strip_prefix("\r\n")
                .or(rest.strip_prefix('\n'))
                .unwrap_or(rest);
            line += 1 + bytes.matches('\n').count() as i64;
        }
        assert_eq!(rest, "", "{name}: this text was not rejected");
        assert_eq!(rejects.len() as i64, summary.rejected, "{name}");
        all += rejects.len();
    }
    assert!(all > 20, "{all} records");
}
