//! Rejects keep their bytes.

use musicstream_tests::database::{Database, connect, value};
use musicstream_tests::oracle::{assert_metrics_equal_raw, roll_up};
use musicstream_tests::pipeline::{
    assert_rejects_are_what_was_sent, load, rejected, stream_to_end,
};
use musicstream_tests::stored::event_count;
use musicstream_tests::topic::{Record, Topic};

/// Almost the default size limit of a broker, less some bytes for the key.
const MEGABYTE: usize = 999_000;

fn event(id: u32, event_type: &str, more: &str) -> Vec<u8> {
    format!(
        r#"{{"event_id":"{id:032x}","user_id":"u","event_type":"{event_type}","region":"eu","ts":"2026-03-01T12:00:00Z","more":"{more}"}}"#
    )
    .into_bytes()
}

/// Input that is rejected; none of it is empty or contains a line end. Event 1 is stored already.
fn refused() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = [
        &b"\0"[..],
        b"\0\0\0\0",
        b"\xff\xfe\xfd",
        b"{\"event_id\":\"\xc0\x80\"}",         // an overlong NUL
        b"{\"event_id\":\"\xed\xa0\x80\"}",     // a surrogate
        b"{\"event_id\":\"\xf5\x90\x80\x80\"}", // beyond Unicode
        b"{\"event_id\":\"\xe2\x82",            // truncated within a character
        b"\xef\xbb\xbf",
        b"{\"user_id\":\"a\0b\"}",
        b"[1,2",
        b"\"\\ud800\"",
        b"\x1b[31m'; drop table raw_events; --",
        b"\\x00\\N\\\\.", // has a meaning in COPY
    ]
    .map(<[u8]>::to_vec)
    .to_vec();
    all.push((0..=255).filter(|byte| !b"\r\n".contains(byte)).collect());
    // In each field that is validated.
    for (field, bytes) in [
        ("user_id\":\"u", &b"\xff"[..]),
        ("region\":\"eu", b"\0"),
        ("play", b"\xc3("),
    ] {
        let text = event(7, "play", "");
        let at = text
            .windows(field.len())
            .position(|window| window == field.as_bytes())
            .unwrap()
            + field.len();
        all.push([&text[..at], bytes, &text[at..]].concat());
    }
    // The database rejects these, not the decoder: their bytes are added afterwards.
    all.push(event(8, "teleport", "\\u0000\\ud83c\\udfb5"));
    all.push(event(1, "stop", "a conflict"));
    all.push(event(9, "teleport", &"\\u0000".repeat(MEGABYTE / 6 - 50)));
    all.push(event(1, "pause", &"é".repeat(MEGABYTE / 2 - 200)));
    all.push(vec![0; MEGABYTE]);
    all.push(
        (0..MEGABYTE)
            .map(|at| [0xff, 0, b'{', 0x80, b'"'][at * at % 5])
            .collect(),
    );
    all
}

#[test]
pub(crate) fn rejected_kafka_records_keep_their_bytes() {
    let database = Database::create();
    let mut client = database.client();
    let topic = Topic::create("bytes", 2);
    let mut records = vec![Record::new(0, event(1, "play", ""))];
    for (number, payload) in refused().into_iter().enumerate() {
        records.push(Record {
            key: (number % 3 > 0).then(|| vec![0, 0xff, number as u8]),
            ..Record::new(0, payload)
        });
    }
    records.push(Record {
        key: Some(vec![0; 1000]),
        ..Record::new(1, Vec::new())
    });
    records.push(Record {
        key: Some(Vec::new()),
        payload: None,
        partition: 1,
        offset: 0,
    });
    let sent = topic.send(records);
    let summary = stream_to_end(&database, &topic);
    assert_eq!(
        (summary.read, summary.inserted, summary.conflicting),
        (sent.len() as i64, 1, 2),
        "{summary:?}"
    );
    let kept = assert_rejects_are_what_was_sent(&mut client, &sent);
    assert_eq!(kept.len(), sent.len() - 1, "all but one are rejected");
    assert_metrics_equal_raw(&mut client);

    // Two records are events of an unknown type. Once the type is accepted, a retry stores each of them once; the others
    // stay unchanged.
    client
        .batch_execute("insert into event_types values ('teleport')")
        .unwrap();
    let mut ingest = connect(&database.ingest_url());
    for inserted in [2, 0] {
        let retry = "select inserted from musicstream_retry_rejected()";
        assert_eq!(value::<i64>(&mut ingest, retry, &[]), inserted);
        let kept = assert_rejects_are_what_was_sent(&mut client, &sent);
        assert_eq!(kept.len(), sent.len() - 3, "two are stored");
        assert_metrics_equal_raw(&mut client);
        roll_up(&mut client);
        assert_metrics_equal_raw(&mut client);
    }
    let teleports =
        "select sum(events)::bigint from live_daily_metrics where event_type = 'teleport'";
    assert_eq!(value::<i64>(&mut client, teleports, &[]), 2);

    // The producer sends them again: they are duplicates.
    topic.send(sent.clone());
    let again = stream_to_end(&database, &topic);
    assert_eq!((again.inserted, again.duplicate), (0, 3), "{again:?}");
    assert_metrics_equal_raw(&mut client);
}

#[test]
fn rejected_file_rows_keep_their_bytes() {
    let database = Database::create();
    let mut client = database.client();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("some.ndjson");
    let lines = refused();
    let mut text = event(1, "play", "");
    for line in &lines {
        text.push(b'\n');
        text.extend_from_slice(line);
    }
    std::fs::write(&file, text).unwrap();
    let summary = load(&database, &file);
    assert_eq!(
        (summary.read, summary.inserted, summary.conflicting),
        (lines.len() as i64 + 1, 1, 2),
        "{summary:?}"
    );
    let kept = rejected(&mut client);
    assert_eq!(kept.len(), lines.len());
    for (reject, (line, number)) in kept.iter().zip(lines.iter().zip(2..)) {
        assert_eq!(
            reject.position, number,
            "line of a {} reject",
            reject.reason
        );
        assert!(
            reject.payload.as_ref() == Some(line),
            "bytes of line {number}, rejected as {}: {} bytes are {}",
            reject.reason,
            line.len(),
            reject.payload.as_ref().map_or(0, Vec::len)
        );
    }
    assert_metrics_equal_raw(&mut client);
}

#[test]
fn rows_with_invalid_utf8_are_rejected_with_their_bytes() {
    let database = Database::create();
    let mut client = database.client();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("some.csv");
    let row = |id: u32, user: &[u8], region: &[u8]| {
        let mut row = format!("{id:032x},").into_bytes();
        row.extend_from_slice(user);
        row.extend_from_slice(b",play,");
        row.extend_from_slice(region);
        row.extend_from_slice(b",2026-03-01T12:00:00Z");
        row
    };
    let rows = [
        row(1, b"\xff", b"eu"),
        row(2, b"u\0v", b"eu"),
        row(3, b"u", b"\xed\xa0\x80"),
        row(4, &vec![b'x'; MEGABYTE], b"eu"),
        row(5, &vec![0xfe; MEGABYTE], b"eu"),
        row(6, b"\"a \"\" \xff b\"", b"eu"),
        row(7, b"u", &vec![0; MEGABYTE]),
    ];
    let mut text = b"event_id,user_id,event_type,region,ts".to_vec();
    for row in &rows {
        text.push(b'\n');
        text.extend_from_slice(row);
    }
    std::fs::write(&file, text).unwrap();
    let summary = load(&database, &file);
    assert_eq!(
        (summary.read, summary.rejected),
        (rows.len() as i64, rows.len() as i64)
    );
    let kept = rejected(&mut client);
    assert_eq!(kept.len(), rows.len());
    for (reject, (row, number)) in kept.iter().zip(rows.iter().zip(2..)) {
        assert_eq!(reject.position, number);
        assert!(
            reject.payload.as_ref() == Some(row),
            "bytes of line {number}, rejected as {}",
            reject.reason
        );
    }
    assert_eq!(event_count(&mut client), 0);
}

/// The server copies a batch in its own encoding, which must not be interpreted as the client's.
#[test]
pub(crate) fn text_is_stored_unchanged_with_any_client_encoding() {
    let database = Database::create();
    let mut client = database.client();
    client
        .batch_execute(
            "set client_encoding = 'LATIN1';
             begin;
             select musicstream_session_staging();
             insert into pg_temp.staging_batch (event_id, user_id, event_type, region, ts, song_id)
             values ('550e8400e29b41d4a7164466554400ff', U&'\\00e9', 'play', U&'\\00e9u', '2026-03-01T12:00:00Z', U&'\\00e9');
             select musicstream_upsert_batch('test');
             commit;
             insert into staging_events (event_id, user_id, event_type, region, ts, song_id)
             values ('550e8400e29b41d4a716446655440000', U&'\\00e9', 'play', U&'\\00e9u', '2026-03-01T12:00:00Z', U&'\\00e9');
             select musicstream_rollup();
             reset client_encoding",
        )
        .unwrap();
    let stored: Vec<String> = value(
        &mut client,
        "select array_agg(concat_ws(' ', user_id, region, song_id)) from raw_events",
        &[],
    );
    assert_eq!(stored, ["é éu é"; 2]);
    let regions: Vec<String> = value(
        &mut client,
        "select array_agg(distinct region) from live_minute_metrics",
        &[],
    );
    assert_eq!(regions, ["éu"]);
}
