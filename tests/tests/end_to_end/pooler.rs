//! The ingestor behind a connection pooler that pools sessions, such as PgBouncer.

use std::path::PathBuf;
use std::time::Duration;

use musicstream_tests::csv;
use musicstream_tests::database::Database;
use musicstream_tests::oracle::assert_metrics_equal_raw;
use musicstream_tests::pipeline::stream;
use musicstream_tests::process::{ingestor, run};
use musicstream_tests::proxy::Proxy;
use musicstream_tests::stored::event_count;
use musicstream_tests::topic::{Record, Topic};

const TIMEOUT: Duration = Duration::from_secs(60);

/// A file of ten events, with the folder that it is in.
fn ten_events() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ten.csv");
    std::fs::write(&file, csv::file(0..10)).unwrap();
    (folder, file)
}

/// A pooler hands over sessions that other programs have used. If they used a temporary table, the size of the buffers for such
/// tables is fixed, even after `discard all`.
#[test]
fn a_session_that_has_used_a_temporary_table_stores_events() {
    // Here it is the ingestor's first statement that uses one: it finds this view in place of the system's table.
    const USED: &str =
        "create function public.use_temporary_table() returns boolean language plpgsql as $$
        begin
            create temporary table if not exists used (id integer);
            insert into used values (1);
            return true;
        end $$;
        create view public.pg_extension as
            select * from pg_catalog.pg_extension where public.use_temporary_table();
        grant select on public.pg_extension to public";
    let database = Database::create();
    let mut client = database.client();
    client.batch_execute(USED).unwrap();
    let path = format!(
        "alter database {} set search_path = public, pg_catalog",
        database.name()
    );
    client.batch_execute(&path).unwrap();
    let (_folder, file) = ten_events();
    let loaded = run(
        ingestor(&database)
            .args(["load", "--output", "json"])
            .arg(&file),
        TIMEOUT,
    );
    assert!(
        loaded.stderr.contains("temp_buffers cannot be changed"),
        "{loaded:#?}"
    );
    assert_eq!(loaded.summary().inserted, 10);
}

/// The server is lost after it has committed: the pooler answers in its place.
#[test]
fn a_commit_that_the_pooler_answers_with_an_error_is_counted() {
    let database = Database::create();
    let mut client = database.client();
    let (proxy, url) = Proxy::before(&database);
    let (_folder, file) = ten_events();
    proxy.fail_answer_to(b"commit\0");
    let loaded = run(
        ingestor(&database)
            .env("DATABASE_URL", &url)
            .args(["load", "--output", "json"])
            .arg(&file),
        TIMEOUT,
    )
    .summary();
    assert_eq!((proxy.cuts(), loaded.inserted), (1, 10));

    let topic = Topic::create("pooled", 1);
    topic.send((100..105).map(|id| Record::play(0, id)).collect());
    proxy.fail_answer_to(b"commit\0");
    let streamed = run(
        stream(&database, &topic).env("DATABASE_URL", &url).args([
            "--until-end",
            "--output",
            "json",
        ]),
        TIMEOUT,
    )
    .summary();
    assert_eq!((proxy.cuts(), streamed.inserted), (2, 5));
    assert_eq!(event_count(&mut client), 15);
    assert_metrics_equal_raw(&mut client);
}
