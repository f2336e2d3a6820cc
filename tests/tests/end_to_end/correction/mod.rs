//! Examples for each function that repairs, erases or expires. `model` and `interleaving` test them in combination.

pub(crate) mod erase;
pub(crate) mod expire;
pub(crate) mod rebuild;
pub(crate) mod reconcile;
pub(crate) mod retry;

use postgres::Client;

use musicstream_tests::batch::{outcome, store};
use musicstream_tests::database::{Database, value};

const SOURCE: &str = "kafka:test/topic";

/// Creates a database and stores these batches: see [`store`].
fn database_with(batches: &[&str]) -> (Database, Client) {
    let database = Database::without_coming_days();
    let mut client = database.client();
    for batch in batches {
        let outcome = store(&mut client, SOURCE, batch).unwrap();
        assert_eq!(outcome.rejected, 0, "{batch}");
    }
    (database, client)
}

fn count(client: &mut Client, relation: &str) -> i64 {
    value(client, &format!("select count(*) from {relation}"), &[])
}

/// The first column of each row, as text.
fn column(client: &mut Client, sql: &str) -> Vec<String> {
    client
        .query(sql, &[])
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"))
        .iter()
        .map(|row| row.get(0))
        .collect()
}

/// SQLSTATE and message with which the database refuses a statement.
fn refusal(client: &mut Client, sql: &str) -> (String, String) {
    let error = client
        .query(sql, &[])
        .expect_err("the statement is refused");
    let error = error.as_db_error().expect("an error of the database");
    (error.code().code().to_owned(), error.message().to_owned())
}

#[test]
pub(crate) fn isolation_above_read_committed_is_refused_with_a_hint() {
    let (_database, mut client) = database_with(&[]);
    for isolation in ["repeatable read", "serializable"] {
        for call in [
            "musicstream_rebuild()",
            "musicstream_reconcile()",
            "musicstream_delete('{}')",
            "musicstream_forget_user('u')",
            "musicstream_expire('400 days')",
            "musicstream_retry_rejected()",
        ] {
            let error = client
                .batch_execute(&format!(
                    "begin isolation level {isolation}; select {call}; commit"
                ))
                .expect_err("the statement is refused");
            client.batch_execute("rollback").unwrap();
            let error = error.as_db_error().unwrap();
            assert_eq!(error.code().code(), "0A000", "{call}");
            let name = &call[..call.find('(').unwrap()];
            assert!(error.message().starts_with(name), "{}", error.message());
            assert!(error.hint().unwrap().contains("READ COMMITTED"), "{call}");
        }
    }
}

#[test]
pub(crate) fn null_arguments_change_nothing() {
    let (_database, mut client) =
        database_with(&["(0, 1, 1, 'u', 'play', 'eu', '2026-03-01T12:00Z')"]);
    for call in [
        "musicstream_delete(null)",
        "musicstream_forget_user(null)",
        "musicstream_expire(null)",
    ] {
        client.batch_execute(&format!("select {call}")).unwrap();
    }
    assert_eq!(count(&mut client, "raw_events"), 1);
    assert_eq!(count(&mut client, "frozen_days"), 0);
}

#[test]
pub(crate) fn the_ingest_and_read_roles_may_not_correct() {
    let (database, _client) = database_with(&[]);
    let mut ingest = musicstream_tests::database::connect(&database.ingest_url());
    let mut read = musicstream_tests::database::connect(&database.read_url());
    for call in [
        "musicstream_rebuild()",
        "musicstream_reconcile()",
        "musicstream_delete('{}')",
        "musicstream_forget_user('u')",
        "musicstream_expire('400 days')",
        "musicstream_internal.retract_events('{}', '{}')",
        "musicstream_internal.begin_correction('x')",
    ] {
        let sql = format!("select {call}");
        assert_eq!(refusal(&mut ingest, &sql).0, "42501", "ingest: {call}");
        assert_eq!(refusal(&mut read, &sql).0, "42501", "read: {call}");
    }
    let retry = "select musicstream_retry_rejected()";
    ingest.query(retry, &[]).unwrap();
    assert_eq!(refusal(&mut read, retry).0, "42501");
}
