//! Loads of CSV files: every row is stored once, whatever happens to the file or the load.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use postgres::Client;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use musicstream_tests::count::counted_by_python;
use musicstream_tests::csv;
use musicstream_tests::data;
use musicstream_tests::database::{Database, value};
use musicstream_tests::oracle::{assert_counts, assert_metrics_equal_raw, assert_stored};
use musicstream_tests::pipeline::{load, messages, rejected, stream_to_end};
use musicstream_tests::process::{Program, Summary, ingestor, program, run};
use musicstream_tests::random::seed;
use musicstream_tests::stored::event_count;
use musicstream_tests::topic::Topic;
use musicstream_tests::wait::until_polling_every;

/// Time between two queries of the position of a load that is to be killed.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

#[test]
fn an_external_file_gives_the_same_counts_as_an_independent_program() {
    let Some(file) = data::find(
        "an_external_file_gives_the_same_counts_as_an_independent_program",
        "seed_events/events.csv",
    ) else {
        return;
    };
    let expected = counted_by_python("csv", &file);
    let records = messages("csv", &file, 3);
    let rows = records.len() as i64;
    let distinct: i64 = expected.values().sum();
    let database = Database::create();
    let mut client = database.client();

    let first = load(&database, &file);
    let all_new = Summary {
        read: rows,
        inserted: distinct,
        duplicate: rows - distinct,
        ..Summary::default()
    };
    assert_eq!(first, all_new);
    assert_counts(&mut client, &expected);

    assert_eq!(
        load(&database, &file),
        Summary::default(),
        "the same file again"
    );
    assert_counts(&mut client, &expected);
    let states: String = value(
        &mut client,
        "select string_agg(distinct state, ', ') from musicstream_progress",
        &[],
    );
    assert_eq!(
        states, "released",
        "a loaded file does not delay the watermark"
    );

    // The same rows in a file with another fingerprint: only the event_ids show that they are duplicates.
    let all_known = Summary {
        read: rows,
        duplicate: rows,
        ..Summary::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("unix.csv");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&other, text.replace("\r\n", "\n")).unwrap();
    assert_eq!(
        load(&database, &other),
        all_known,
        "the same rows in another file"
    );

    let topic = Topic::create("csv_file", 3);
    topic.send(records);
    assert_eq!(
        stream_to_end(&database, &topic),
        all_known,
        "the same rows through Kafka"
    );
    assert_counts(&mut client, &expected);
    assert_stored(&mut client, first);
}

#[test]
pub(crate) fn an_invalid_row_is_rejected_with_its_line_and_bytes() {
    let good = |id: u32, tail: &str| format!("2026-03-01 10:00:00,play,{id:032x},eu,42,x{tail}");
    // The columns are in another order, one is unknown, and the third record has two lines.
    let records = [
        good(1, ""),
        "2026-03-01 10:00:00,play,not-a-uuid,eu,42,x".to_owned(),
        good(2, "\n").replace(",x\n", ",\"x\ny\""),
        "2026-03-01 10:00:00,play,00000000000000000000000000000003,eu".to_owned(),
        "yesterday,play,00000000000000000000000000000004,eu,42,x".to_owned(),
        "2026-03-01 10:00:00,teleport,00000000000000000000000000000005,eu,42,x".to_owned(),
        good(1, ""),
        "2026-03-01 10:00:00,play,00000000000000000000000000000006,,42,\"x\"y".to_owned(),
    ];
    for line_end in ["\n", "\r\n"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.csv");
        let text = format!(
            "ts,event_type,event_id,region,user_id,more{line_end}{}",
            records.join(line_end)
        );
        std::fs::write(&path, &text).unwrap();
        let database = Database::create();
        let mut client = database.client();

        let summary = load(&database, &path);
        let expected = Summary {
            read: 8,
            inserted: 2,
            duplicate: 1,
            conflicting: 0,
            rejected: 5,
        };
        assert_eq!(summary, expected);
        assert_stored(&mut client, summary);
        assert_metrics_equal_raw(&mut client);
        let rejects = rejected(&mut client);
        let found: Vec<_> = rejects
            .iter()
            .map(|reject| reject.reason.as_str())
            .collect();
        assert_eq!(
            found,
            [
                "invalid_event_id",
                "malformed_csv",
                "invalid_ts",
                "unknown_event_type",
                "malformed_csv"
            ]
        );
        for (reject, (record, line)) in
            rejects
                .iter()
                .zip([(1, 3), (3, 6), (4, 7), (5, 8), (7, 10)])
        {
            assert_eq!(
                String::from_utf8_lossy(reject.payload.as_deref().unwrap()),
                records[record],
                "bytes of {reject:?}"
            );
            assert_eq!(reject.position, line, "position of {reject:?}");
            if reject.reason != "unknown_event_type" {
                assert!(
                    reject.detail.contains(&format!("line {line}")),
                    "line of {reject:?}"
                );
            }
        }
    }
}

#[test]
pub(crate) fn a_killed_load_continues_where_it_stopped() {
    let seed = seed("MUSICSTREAM_KILL_SEED");
    let mut random = StdRng::seed_from_u64(seed);
    for name in ["a.csv", "b.csv.gz", "c.csv.zst", "d.ndjson", "e.ndjson.gz"] {
        kill_at_random(name, &mut random);
    }
}

/// Kills loads of a file at random positions, and lets the last one end.
fn kill_at_random(name: &str, random: &mut StdRng) {
    const KILLS: u32 = 12;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    // A week, because the minutes of all days are compared after each kill.
    let mut options = vec!["--from", "2026-03-01", "--until", "2026-03-08"];
    options.extend("--count 20000 --duplicates 1 --malformed 1".split(' '));
    let made = generate(&file, &options);
    let database = Database::create();
    let mut client = database.client();
    let mut position = 0;
    // Prepared, because it is run a thousand times a second.
    let furthest = client
        .prepare("select coalesce(max(next_offset), 0) from ingest_offsets")
        .unwrap();
    let furthest =
        |client: &mut Client| -> i64 { client.query_one(&furthest, &[]).unwrap().get(0) };
    // 20,000 rows have at least this many bytes, uncompressed.
    let step = 1_000_000 / i64::from(KILLS);
    let mut kills = 0;
    for _ in 0..KILLS {
        let mut program = Program::start(
            ingestor(&database)
                .args(["load", "--batch-rows"])
                .arg(random.random_range(20..300).to_string())
                .arg(&file),
        );
        // The kill may come before the load has begun, and at any point of its work.
        let target = position + random.random_range(0..step);
        let is_over = until_polling_every(
            POLL_INTERVAL,
            Duration::from_secs(60),
            "the load to reach this position",
            || {
                let now = furthest(&mut client);
                let is_over = !program.is_running();
                (now >= target || is_over).then_some(is_over)
            },
        );
        if is_over {
            program.finish(Duration::ZERO).with_code(0);
            break;
        }
        program.kill();
        kills += 1;
        position = furthest(&mut client);
        assert_metrics_equal_raw(&mut client);
    }
    assert!(kills > 2, "{name}: the load was killed {kills} times");
    load(&database, &file);
    assert_eq!(
        load(&database, &file).read,
        0,
        "{name}: a repeated load reads nothing"
    );
    let whole = Summary {
        read: made.read,
        inserted: made.inserted,
        conflicting: 0,
        ..made
    };
    assert_stored(&mut client, whole);
    assert_metrics_equal_raw(&mut client);
    if name == "a.csv" {
        let size = std::fs::metadata(&file).unwrap().len() as i64;
        assert_eq!(furthest(&mut client), size);
    }
}

#[test]
fn an_appended_file_continues_and_a_changed_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("growing.csv");
    std::fs::write(&file, csv::file(0..500)).unwrap();
    let database = Database::create();
    let mut client = database.client();
    assert_eq!(load(&database, &file).inserted, 500);

    let mut appended = std::fs::OpenOptions::new()
        .append(true)
        .open(&file)
        .unwrap();
    appended.write_all(csv::rows(500..700).as_bytes()).unwrap();
    drop(appended);
    let grown = load(&database, &file);
    assert_eq!(
        (grown.read, grown.inserted),
        (200, 200),
        "only the appended rows are read"
    );

    // After the first block, which is the fingerprint, but within the loaded part.
    let mut bytes = std::fs::read(&file).unwrap();
    let at = bytes.len() - 3000;
    bytes[at] = if bytes[at] == b'1' { b'2' } else { b'1' };
    std::fs::write(&file, bytes).unwrap();
    let refused = run(
        ingestor(&database).arg("load").arg(&file),
        Duration::from_secs(60),
    )
    .with_code(1);
    assert!(
        refused
            .stderr
            .contains("not the file that was loaded before"),
        "{refused:#?}"
    );
    assert_eq!(event_count(&mut client), 700);
    assert!(refused.stderr.contains("--accept-changed"), "{refused:#?}");

    // The changed file becomes a new source, which a load without the flag continues.
    let load_with = |flags: &[&str]| {
        let mut command = ingestor(&database);
        run(
            command.arg("load").arg(&file).args(flags),
            Duration::from_secs(60),
        )
    };
    let reloaded = load_with(&["--accept-changed", "--output", "json"]).summary();
    assert_eq!(reloaded.read, 700);
    assert_eq!(
        reloaded.inserted + reloaded.duplicate + reloaded.conflicting,
        700
    );
    assert!(reloaded.duplicate >= 699, "{reloaded:#?}");
    for flags in [
        &["--output", "json"][..],
        &["--accept-changed", "--output", "json"],
    ] {
        assert_eq!(load_with(flags).summary().read, 0);
    }
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.push_str(&csv::rows([900]));
    std::fs::write(&file, &text).unwrap();
    assert_eq!(load_with(&["--output", "json"]).summary().inserted, 1);
    text.truncate(text.len() - 1000);
    std::fs::write(&file, &text).unwrap();
    load_with(&[]).with_code(1);
    let third = load_with(&["--accept-changed", "--output", "json"]).summary();
    assert_eq!(third.inserted, 0, "{third:#?}");
    assert_metrics_equal_raw(&mut client);
}

#[test]
fn a_truncated_file_is_refused_with_or_without_appended_lines() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cut.csv");
    std::fs::write(&file, csv::file(0..500)).unwrap();
    let loaded = std::fs::metadata(&file).unwrap().len();
    let database = Database::create();
    let mut client = database.client();
    assert_eq!(load(&database, &file).inserted, 500);

    // Shorter than the loaded part, as long, and longer.
    for (ids, why) in [
        (300..300, format!("while {loaded} were loaded")),
        (600..700, format!("while {loaded} were loaded")),
        (600..800, format!("its first {loaded} bytes differ")),
        (600..1000, format!("its first {loaded} bytes differ")),
    ] {
        std::fs::write(&file, csv::file((0..300).chain(ids))).unwrap();
        let refused = run(
            ingestor(&database).arg("load").arg(&file),
            Duration::from_secs(60),
        )
        .with_code(1);
        assert!(
            refused.stderr.contains(&why)
                && refused
                    .stderr
                    .contains("not the file that was loaded before"),
            "{why}: {refused:#?}"
        );
        let stored = event_count(&mut client);
        assert_eq!(stored, 500);
    }
    assert_metrics_equal_raw(&mut client);
}

#[test]
fn a_folder_is_loaded_file_by_file_and_a_dry_run_stores_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
    write("b.csv", csv::file([1, 2]));
    write("a.csv", csv::file([3]) + "nonsense\n,,,,\n");
    write("notes.txt", "not an event\n".to_owned());
    let database = Database::create();
    let mut client = database.client();
    let loaded = run(
        program("musicstream-ingestor")
            .args(["load", "--dry-run", "--output", "json"])
            .arg(folder.path()),
        Duration::from_secs(60),
    )
    .with_code(0);
    let json = loaded.json();
    assert_eq!(
        (&json["read"], &json["valid"], &json["rejected"]),
        (&5.into(), &3.into(), &2.into()),
        "{loaded:#?}"
    );
    assert_eq!(json["reasons"]["malformed_csv"], 1, "{loaded:#?}");
    assert!(loaded.stderr.contains("a.csv, line 3"), "{loaded:#?}");
    assert!(!loaded.stderr.contains("nonsense"), "{loaded:#?}");

    let expected = Summary {
        read: 5,
        inserted: 3,
        rejected: 2,
        ..Summary::default()
    };
    assert_eq!(load(&database, folder.path()), expected);
    assert_stored(&mut client, expected);
    assert_eq!(
        load(&database, folder.path()),
        Summary::default(),
        "each file is loaded already"
    );
}

/// What is read of a pipe is gone, so it is opened only once, also if it is named by a path.
#[test]
fn a_pipe_that_is_named_by_a_path_is_read_from_its_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.csv");
    let expected = generate(&file, &["--count", "2000"]);
    let database = Database::create();
    for expected in [expected, Summary::default()] {
        let mut source = Command::new("cat")
            .arg(&file)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let pipe = source.stdout.take().unwrap();
        let summary = Program::start(
            ingestor(&database)
                .args(["load", "--output", "json", "--format", "csv", "/dev/stdin"])
                .stdin(pipe),
        )
        .finish(Duration::from_secs(60))
        .summary();
        assert_eq!(summary, expected);
        source.wait().unwrap();
    }
}

/// Generates a file, and returns the expected summary of its load.
fn generate(file: &Path, options: &[&str]) -> Summary {
    let mut generator = program("musicstream-ingestor");
    generator
        .args(["generate", "--output", "json", "--to"])
        .arg(file)
        .args(options);
    let made = run(&mut generator, Duration::from_secs(60))
        .with_code(0)
        .json();
    let count = |name: &str| made[name].as_i64().unwrap();
    Summary {
        read: count("records"),
        inserted: count("distinct"),
        duplicate: count("duplicates"),
        conflicting: 0,
        rejected: count("malformed"),
    }
}
