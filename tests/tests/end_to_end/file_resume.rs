//! Where the load of a file continues, and what it does if the ledger changes meanwhile.

use std::io::{PipeWriter, Write as _};
use std::ops::Range;
use std::time::Duration;

use rustix::io::ioctl_fionread;

use musicstream_tests::csv::{self, rows};
use musicstream_tests::database::{Database, value};
use musicstream_tests::oracle::assert_metrics_equal_raw;
use musicstream_tests::pipeline::load;
use musicstream_tests::process::{Program, ingestor, run};
use musicstream_tests::stored::{event_count, wait_for_events};
use musicstream_tests::wait::until;

const TIMEOUT: Duration = Duration::from_secs(60);

#[test]
fn a_longer_copy_does_not_block_the_shorter_file() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, ids: Range<u32>| {
        let file = folder.path().join(name);
        std::fs::write(&file, csv::file(ids)).unwrap();
        file
    };
    // A file larger than the first block and a smaller one, whose fingerprints are found in different ways.
    for size in [500, 20] {
        let database = Database::create();
        let mut client = database.client();
        let shorter = write("shorter.csv", 0..size);
        let longer = write("longer.csv", 0..size * 2);
        let longest = write("longest.csv", 0..size * 3);
        for (file, inserted) in [
            (&shorter, size),
            (&longer, size),
            (&shorter, 0),
            (&longest, size),
            (&longer, 0),
            (&shorter, 0),
            (&longest, 0),
        ] {
            let summary = load(&database, file);
            let expected = i64::from(inserted);
            assert_eq!(
                (summary.read, summary.inserted),
                (expected, expected),
                "{size}, {file:?}"
            );
        }
        let stored = event_count(&mut client);
        assert_eq!(stored, i64::from(size) * 3);
        assert_metrics_equal_raw(&mut client);
        // No load ended at this length, so the file may be truncated.
        if size == 500 {
            let cut = write("cut.csv", 0..size * 2 - 1);
            let refused = run(ingestor(&database).arg("load").arg(&cut), TIMEOUT);
            assert!(refused.with_code(1).stderr.contains("--accept-changed"));
        }
    }
}

/// One load has ended between the blank lines after the first rows.
#[test]
fn blank_lines_do_not_hide_that_a_file_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.csv");
    let database = Database::create();
    let first = csv::file(0..100);
    let longer = format!("{first}\n\n{}", rows(100..101));
    let longest = format!("{longer}{}", rows(101..102));
    for (content, inserted) in [
        (&first, 100),
        (&format!("{first}\n"), 0),
        (&longer, 1),
        (&longest, 1),
        (&longer, 0),
    ] {
        std::fs::write(&file, content).unwrap();
        let summary = load(&database, &file);
        assert_eq!(
            (summary.read, summary.inserted),
            (inserted, inserted),
            "a file of {} bytes",
            content.len()
        );
    }
}

/// Starts a load of a pipe with batches of one row.
fn start_load_of_pipe(database: &Database) -> (Program, PipeWriter) {
    let (input, pipe) = std::io::pipe().unwrap();
    let mut load = ingestor(database);
    load.args(["load", "--output", "json", "--batch-rows", "1", "-"]);
    (Program::start(load.stdin(input)), pipe)
}

/// As [`start_load_of_pipe`], if 200 rows of the same content are loaded. Returns when the load has read this in the ledger; the
/// first 101 rows are written then.
fn start_load_of_known_pipe(database: &Database) -> (Program, PipeWriter) {
    let (load, mut pipe) = start_load_of_pipe(database);
    // The load reads the ledger after the first block of 4 KiB, and reads more than the first piece only after that.
    for piece in [csv::file(0..100), rows(100..101)] {
        pipe.write_all(piece.as_bytes()).unwrap();
        until(TIMEOUT, "the load to read its input", || {
            (ioctl_fionread(&pipe).unwrap() == 0).then_some(())
        });
    }
    (load, pipe)
}

#[test]
fn a_second_load_of_a_file_does_not_stop_the_first() {
    let database = Database::create();
    let mut client = database.client();
    let (first, mut first_pipe) = start_load_of_pipe(&database);
    let mut feed_first = |text: String| first_pipe.write_all(text.as_bytes()).unwrap();
    feed_first(csv::file(0..200));
    wait_for_events(TIMEOUT, &mut client, 200);

    let (second, mut second_pipe) = start_load_of_known_pipe(&database);
    feed_first(rows(200..300));
    wait_for_events(TIMEOUT, &mut client, 300);
    second_pipe.write_all(rows(101..300).as_bytes()).unwrap();
    let refused = second.finish(TIMEOUT).with_code(1);
    assert!(
        refused
            .stderr
            .contains("another ingestor is loading this file"),
        "{refused:#?}"
    );

    feed_first(rows(300..400));
    drop(first_pipe);
    let summary = first.finish(TIMEOUT).summary();
    assert_eq!((summary.read, summary.inserted), (400, 400));
    assert_metrics_equal_raw(&mut client);
}

/// As after a failover while the load reads a file up to where its last load ended. Rows before that would be missing.
#[test]
fn a_load_fails_if_its_position_is_lost_before_it_stores_rows() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.csv");
    std::fs::write(&file, csv::file(0..200)).unwrap();
    let database = Database::create();
    let mut client = database.client();
    assert_eq!(load(&database, &file).inserted, 200);

    let (program, mut pipe) = start_load_of_known_pipe(&database);
    client.execute("delete from ingest_offsets", &[]).unwrap();
    pipe.write_all(rows(101..300).as_bytes()).unwrap();
    drop(pipe);
    let failed = program.finish(TIMEOUT).with_code(1);
    assert!(
        failed.stderr.contains("the database has lost rows of -"),
        "{failed:#?}"
    );
    assert_eq!(event_count(&mut client), 200);

    std::fs::write(&file, csv::file(0..300)).unwrap();
    let again = load(&database, &file);
    assert_eq!(
        (again.read, again.inserted, again.duplicate),
        (300, 100, 200)
    );
}

/// As after a failover between the last batch of a file and its release: no further batch is fenced.
#[test]
fn a_load_fails_if_its_last_rows_are_lost_before_its_end() {
    let database = Database::create();
    let mut client = database.client();
    let (program, mut pipe) = start_load_of_pipe(&database);
    pipe.write_all(csv::file(0..200).as_bytes()).unwrap();
    // Idle sessions have also sent the answer to their last commit.
    let is_idle = "select count(*) = 2 and (select count(*) from raw_events) = 200 from pg_stat_activity
        where datname = current_database() and application_name = 'musicstream-ingestor' and state = 'idle'";
    until(TIMEOUT, "the load to wait for more input", || {
        value::<bool>(&mut client, is_idle, &[]).then_some(())
    });
    client
        .batch_execute(
            "delete from ingest_offsets;
             select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and application_name = 'musicstream-ingestor'",
        )
        .unwrap();
    drop(pipe);
    let failed = program.finish(TIMEOUT).with_code(1);
    assert!(
        failed.stderr.contains("the database has lost rows of -"),
        "{failed:#?}"
    );
}
