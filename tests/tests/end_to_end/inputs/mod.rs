//! Every input applies the same rules: the same row is stored, or rejected with the same reason, from all of them.

mod row;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::Write as _;

use postgres::Client;
use postgres::types::{ToSql, Type};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use musicstream_tests::database::{Database, connect, value};
use musicstream_tests::oracle::{assert_metrics_equal_raw, roll_up};
use musicstream_tests::pipeline::{load, stream_to_end};
use musicstream_tests::random;
use musicstream_tests::topic::{Record, Topic};

use row::{Row, RowOutcome};

const ROWS: usize = 600;

/// Outcomes by row number.
type Outcomes = BTreeMap<usize, RowOutcome>;

#[test]
fn the_same_row_has_the_same_outcome_from_every_input() {
    let seed = random::seed("MUSICSTREAM_INPUTS_SEED");
    let mut random = StdRng::seed_from_u64(seed);
    let mut rows: Vec<Row> = (0..ROWS)
        .map(|number| Row::random(&mut random, number))
        .collect();
    rows.push(Row {
        region: Some("ab".repeat(32).into_bytes()),
        ..Row::event(ROWS)
    });
    let all = |_: &Row| true;
    for (input, send, admits) in [
        (
            "Kafka",
            kafka as fn(&Database, &[(usize, &Row)]) -> Vec<i64>,
            all as fn(&Row) -> bool,
        ),
        ("NDJSON", ndjson, all),
        ("CSV", csv, all),
        ("the inbox", inbox, Row::is_text),
        ("a staged batch", staged, |row| {
            row.is_text() && row.is_typed()
        }),
        ("a staged batch of compressed values", compressed, |row| {
            row.is_text() && row.is_typed()
        }),
        ("a retry", retry, |row| {
            row.expected_outcome() != RowOutcome::Rejected("not_utf8".to_owned())
        }),
    ] {
        let database = Database::create();
        let sent: Vec<(usize, &Row)> = rows
            .iter()
            .enumerate()
            .filter(|(_, row)| admits(row))
            .collect();
        let positions = send(&database, &sent);
        let mut client = database.client();
        assert_metrics_equal_raw(&mut client);
        roll_up(&mut client);
        assert_metrics_equal_raw(&mut client);
        let numbers: BTreeMap<i64, usize> = positions
            .into_iter()
            .zip(sent.iter().map(|(number, _)| *number))
            .collect();
        let found = outcomes(&mut client, &numbers);
        for (number, row) in &sent {
            assert_eq!(
                found.get(number),
                Some(&row.expected_outcome()),
                "{input}: row {number}: {}",
                format!("{row:?}").chars().take(500).collect::<String>()
            );
        }
        assert_eq!(found.len(), sent.len(), "{input}");
    }
}

/// Bytes that are not valid text in Postgres cannot be inserted into a text column.
#[test]
fn bytes_that_are_not_text_are_refused_by_every_table() {
    let database = Database::create();
    let mut client = connect(&database.ingest_url());
    client
        .batch_execute("select musicstream_session_staging()")
        .unwrap();
    for encoding in ["utf8", "sql_ascii"] {
        client
            .batch_execute(&format!("set client_encoding = {encoding}"))
            .unwrap();
        for table in ["staging_events", "pg_temp.staging_batch"] {
            for bytes in [&b"a\0b"[..], b"\xff", b"\xed\xa0\x80", b"\xc0\x80"] {
                let mut copy = client
                    .copy_in(&format!("copy {table} (region) from stdin (format binary)"))
                    .unwrap();
                copy.write_all(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\0\x01")
                    .unwrap();
                copy.write_all(&(bytes.len() as u32).to_be_bytes()).unwrap();
                copy.write_all(bytes).unwrap();
                copy.write_all(b"\xff\xff").unwrap();
                let error = copy.finish().expect_err("the server refuses invalid text");
                assert_eq!(error.code().unwrap().code(), "22021", "{table}: {bytes:?}");
            }
        }
    }
}

/// Reads the outcomes by row number, which is the id of an event and the position of a reject.
fn outcomes(client: &mut Client, numbers: &BTreeMap<i64, usize>) -> Outcomes {
    let stored = client
        .query(
            "select ('x' || right(event_id::text, 8))::bit(32)::int, user_id, event_type, region, song_id, device from raw_events",
            &[],
        )
        .unwrap();
    let mut outcomes: Outcomes = stored
        .iter()
        .map(|row| {
            let number: i32 = row.get(0);
            (
                number as usize,
                RowOutcome::Stored([1, 2, 3, 4, 5].map(|column| row.get(column))),
            )
        })
        .collect();
    for row in client
        .query("select position, reason from rejected_events", &[])
        .unwrap()
    {
        let number = numbers[&row.get(0)];
        let former = outcomes.insert(number, RowOutcome::Rejected(row.get(1)));
        assert_eq!(former, None, "row {number} is both stored and rejected");
    }
    outcomes
}

fn kafka(database: &Database, rows: &[(usize, &Row)]) -> Vec<i64> {
    let topic = Topic::create("inputs", 1);
    let records = rows
        .iter()
        .map(|(_, row)| Record::new(0, json(row)))
        .collect();
    let sent = topic.send(records);
    stream_to_end(database, &topic);
    sent.iter().map(|record| record.offset).collect()
}

fn ndjson(database: &Database, rows: &[(usize, &Row)]) -> Vec<i64> {
    let lines: Vec<Vec<u8>> = rows.iter().map(|(_, row)| json(row)).collect();
    load_file(database, "rows.ndjson", &lines.join(&b'\n'));
    (1..).take(rows.len()).collect()
}

fn csv(database: &Database, rows: &[(usize, &Row)]) -> Vec<i64> {
    let mut file = b"event_id,user_id,event_type,region,ts,song_id,device\n".to_vec();
    let mut positions = Vec::new();
    let mut line = 2;
    for (_, row) in rows {
        positions.push(line);
        let start = file.len();
        for (number, cell) in cells(row).into_iter().enumerate() {
            file.extend_from_slice(if number == 0 { b"" } else { b"," });
            if let Some(cell) = cell {
                file.push(b'"');
                for byte in cell {
                    file.extend(std::iter::repeat_n(byte, if byte == b'"' { 2 } else { 1 }));
                }
                file.push(b'"');
            }
        }
        file.push(b'\n');
        line += file[start..].iter().filter(|byte| **byte == b'\n').count() as i64;
    }
    load_file(database, "rows.csv", &file);
    positions
}

fn load_file(database: &Database, name: &str, bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, bytes).unwrap();
    load(database, &file);
}

fn inbox(database: &Database, rows: &[(usize, &Row)]) -> Vec<i64> {
    let mut client = connect(&database.ingest_url());
    insert(&mut client, "staging_events", &["text"; 7], rows);
    // Rows of the inbox are numbered by their physical order, which differs from that of insertion: a short row may fill a
    // gap. Equal rows are interchangeable.
    let mut places: HashMap<[Option<Vec<u8>>; 7], Vec<i64>> = HashMap::new();
    let lie = database
        .client()
        .query("select * from staging_events", &[])
        .unwrap();
    for (position, row) in (0..).zip(&lie) {
        let cells = [0, 1, 2, 3, 4, 5, 6]
            .map(|column| row.get::<_, Option<String>>(column).map(String::into_bytes));
        places.entry(cells).or_default().push(position);
    }
    client.batch_execute("select musicstream_rollup()").unwrap();
    rows.iter()
        .map(|(_, row)| places.get_mut(&cells(row)).unwrap().pop().unwrap())
        .collect()
}

fn staged(database: &Database, rows: &[(usize, &Row)]) -> Vec<i64> {
    let mut client = connect(&database.ingest_url());
    let mut batch = client.transaction().unwrap();
    batch
        .batch_execute("select musicstream_session_staging()")
        .unwrap();
    let mut numbered = rows.iter();
    let statement = batch
        .prepare_typed(
            "insert into pg_temp.staging_batch (event_id, user_id, event_type, region, ts, song_id, device, partition, position)
             values ($1::text::uuid, $2, $3, $4, $5::text::timestamptz, $6, $7, 0, $8)",
            &[Type::TEXT; 7],
        )
        .unwrap();
    for (number, row) in numbered.by_ref() {
        let texts = cells(row).map(|cell| cell.map(|bytes| String::from_utf8(bytes).unwrap()));
        let position = *number as i64;
        let mut parameters: Vec<&(dyn ToSql + Sync)> = texts.iter().map(|text| text as _).collect();
        parameters.push(&position);
        batch.execute(&statement, &parameters).unwrap();
    }
    upsert(batch, rows.len());
    rows.iter().map(|(number, _)| *number as i64).collect()
}

/// Stages values that are compressed or TOASTed in another table; copying them keeps that form.
fn compressed(database: &Database, rows: &[(usize, &Row)]) -> Vec<i64> {
    let mut client = connect(&database.ingest_url());
    client
        .batch_execute(
            "create temporary table given (
                event_id uuid, user_id text, event_type text, region text, ts timestamptz, song_id text, device text,
                position bigint generated always as identity, filler text default repeat('x', 3000)
             ) with (toast_tuple_target = 128);
             alter table given alter column filler set storage plain",
        )
        .unwrap();
    let types = [
        "uuid",
        "text",
        "text",
        "text",
        "timestamptz",
        "text",
        "text",
    ];
    insert(
        &mut client,
        "given (event_id, user_id, event_type, region, ts, song_id, device)",
        &types,
        rows,
    );
    let mut batch = client.transaction().unwrap();
    batch
        .batch_execute(
            "select musicstream_session_staging();
             insert into pg_temp.staging_batch (event_id, user_id, event_type, region, ts, song_id, device, partition, position)
             select event_id, user_id, event_type, region, ts, song_id, device, 0, position from given",
        )
        .unwrap();
    let compressed: i64 = batch
        .query_one("select count(*) from given where pg_column_compression(region) is not null and length(region) = 64", &[])
        .unwrap()
        .get(0);
    assert!(compressed > 0, "valid regions are compressed");
    upsert(batch, rows.len());
    (1..).take(rows.len()).collect()
}

fn upsert(mut batch: postgres::Transaction<'_>, rows: usize) {
    let row = batch
        .query_one("select staged, inserted + duplicate + conflicting + rejected from musicstream_upsert_batch('test:inputs')", &[])
        .unwrap();
    assert_eq!((row.get(0), row.get(1)), (rows as i64, rows as i64));
    batch.commit().unwrap();
}

fn retry(database: &Database, rows: &[(usize, &Row)]) -> Vec<i64> {
    let mut client = database.client();
    for (number, row) in rows {
        client
            .execute(
                "insert into rejected_events (source, partition, position, payload, reason, detail)
                 values ('test:inputs', 0, $1, $2, 'waits', 'for a retry')",
                &[&(*number as i64), &json(row)],
            )
            .unwrap();
    }
    let retried: i64 = value(
        &mut client,
        "select retried from musicstream_retry_rejected()",
        &[],
    );
    assert_eq!(retried, rows.len() as i64);
    rows.iter().map(|(number, _)| *number as i64).collect()
}

/// Inserts rows into a table, with casts through these types.
fn insert(client: &mut Client, table: &str, types: &[&str; 7], rows: &[(usize, &Row)]) {
    let values: Vec<String> = (1..)
        .zip(types)
        .map(|(number, name)| format!("${number}::text::{name}"))
        .collect();
    let statement = client
        .prepare_typed(
            &format!("insert into {table} values ({})", values.join(", ")),
            &[Type::TEXT; 7],
        )
        .unwrap();
    for (_, row) in rows {
        let texts = cells(row).map(|cell| cell.map(|bytes| String::from_utf8(bytes).unwrap()));
        let parameters: Vec<&(dyn ToSql + Sync)> = texts.iter().map(|text| text as _).collect();
        client.execute(&statement, &parameters).unwrap();
    }
}

/// The values in the order of the columns.
fn cells(row: &Row) -> [Option<Vec<u8>>; 7] {
    let bytes = |text: &Option<String>| text.clone().map(String::into_bytes);
    [
        bytes(&row.event_id),
        row.user_id.clone(),
        row.event_type.clone(),
        row.region.clone(),
        bytes(&row.ts),
        row.song_id.clone(),
        row.device.clone(),
    ]
}

/// The row as JSON, whose strings may contain any bytes.
fn json(row: &Row) -> Vec<u8> {
    let names = [
        "event_id",
        "user_id",
        "event_type",
        "region",
        "ts",
        "song_id",
        "device",
    ];
    let mut object = b"{\"of\":\"canary\"".to_vec();
    for (name, cell) in names.into_iter().zip(cells(row)) {
        object.extend_from_slice(format!(",\"{name}\":").as_bytes());
        let Some(cell) = cell else {
            object.extend_from_slice(b"null");
            continue;
        };
        object.push(b'"');
        for byte in cell {
            match byte {
                b'"' | b'\\' => object.extend_from_slice(&[b'\\', byte]),
                0..0x20 => {
                    let mut escape = String::new();
                    write!(escape, "\\u{byte:04x}").unwrap();
                    object.extend_from_slice(escape.as_bytes());
                }
                _ => object.push(byte),
            }
        }
        object.push(b'"');
    }
    object.push(b'}');
    object
}
