//! Databases in which the extension can be created, and when its settings exist.

use postgres::Client;
use postgres::error::SqlState;

use musicstream_tests::cluster::Cluster;
use musicstream_tests::database::{Database, connect, value};
use musicstream_tests::old_version;
use musicstream_tests::stack::stack;

/// A database with this encoding in the stack's cluster, which is dropped when this is dropped.
struct Encoded {
    name: String,
}

impl Encoded {
    fn create(encoding: &str) -> Encoded {
        let name = format!(
            "musicstream_test_{}_{}",
            std::process::id(),
            encoding.to_lowercase()
        );
        connect(&stack().database_url)
            .batch_execute(&format!(
                "create database {name} encoding '{encoding}' locale 'C' template template0"
            ))
            .unwrap();
        Encoded { name }
    }

    fn client(&self) -> Client {
        let (server, _) = stack().database_url.rsplit_once('/').unwrap();
        connect(&format!("{server}/{}", self.name))
    }
}

impl Drop for Encoded {
    fn drop(&mut self) {
        let _ = connect(&stack().database_url)
            .batch_execute(&format!("drop database {} with (force)", self.name));
    }
}

#[test]
fn a_database_of_another_encoding_is_refused_with_the_reason() {
    old_version::install();
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let database = Encoded::create(encoding);
        for version in ["", &format!("version '{}'", old_version::VERSION)] {
            let mut client = database.client();
            let create = format!("create extension pg_musicstream {version}");
            let is_old = !version.is_empty();
            let refused = match client.batch_execute(&create) {
                // The old version does not check the encoding; the update does.
                Ok(()) if is_old => client.batch_execute("alter extension pg_musicstream update"),
                other => other,
            };
            let error = refused.expect_err(encoding);
            let error = error.as_db_error().unwrap();
            assert_eq!(*error.code(), SqlState::FEATURE_NOT_SUPPORTED, "{error:?}");
            for part in ["UTF8", encoding, &database.name] {
                assert!(error.message().contains(part), "{error:?}");
            }
            assert!(error.hint().unwrap().contains("encoding 'UTF8'"));
        }
    }
    // The client's encoding does not matter.
    let database = Encoded::create("UTF8");
    let mut client = database.client();
    client
        .batch_execute("set client_encoding = 'LATIN1'; create extension pg_musicstream")
        .unwrap();
}

/// The settings exist once the library is loaded; if it is preloaded, from the start of a session.
#[test]
fn settings_are_shown_in_a_fresh_session_where_the_library_is_preloaded() {
    let cluster = Cluster::start("session_preload_libraries = 'pg_musicstream'");
    let database = Database::create_in(&cluster.url(), "");
    let mut nobody = connect(&database.unprivileged_url());
    let lateness: String = value(&mut nobody, "show musicstream.lateness", &[]);
    assert_eq!(lateness, "1h");
    let mut admin = database.client();
    for refused in [
        "set musicstream.latness = '2h'".to_owned(),
        format!(
            "alter database {} set musicstream.latness = '2h'",
            database.name()
        ),
        "alter system set musicstream.latness = '2h'".to_owned(),
    ] {
        let error = admin.batch_execute(&refused).expect_err(&refused);
        let error = error.as_db_error().unwrap();
        assert!(
            error.message().contains("\"musicstream.latness\""),
            "{refused}: {error:?}"
        );
    }
}

#[test]
fn a_misspelt_setting_is_refused_once_the_library_is_loaded() {
    let database = Database::create();
    let mut admin = database.client();
    // The library is not loaded in this session yet.
    admin
        .batch_execute("set musicstream.latness = '2h'; select idle_after()")
        .unwrap();
    let taken: Option<String> = value(
        &mut admin,
        "select current_setting('musicstream.latness', true)",
        &[],
    );
    assert_eq!(taken, None, "loading the library removes it");
    let error = admin
        .batch_execute("set musicstream.latness = '2h'")
        .expect_err("the setting does not exist");
    let error = error.as_db_error().unwrap();
    assert_eq!(*error.code(), SqlState::INVALID_NAME, "{error:?}");
}
