//! Updates a database of an older version, and compares its objects with those of a new database, and its data with the data
//! before the update.

use postgres::Client;

use musicstream_tests::database::{Database, connect, project_sql, value};
use musicstream_tests::old_version;
use musicstream_tests::oracle::{assert_metrics_equal_raw, roll_up};

const FILL: &str = include_str!("upgrade/fill.sql");
const CATALOGUE: &str = include_str!("upgrade/catalogue.sql");

fn filled() -> (Database, Client) {
    let old = old_version::database();
    let mut client = old.client();
    client.batch_execute(FILL).unwrap();
    (old, client)
}

fn update(client: &mut Client) {
    client
        .batch_execute("alter extension pg_musicstream update")
        .unwrap_or_else(|error| panic!("{error:?}"));
    client.batch_execute(&project_sql("roles.sql")).unwrap();
}

fn catalogue(client: &mut Client) -> Vec<String> {
    let rows = client.query(CATALOGUE, &[]).unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// The lines that `others` lacks.
fn surplus<'a>(lines: &'a [String], others: &[String]) -> Vec<&'a String> {
    lines.iter().filter(|line| !others.contains(line)).collect()
}

/// For each table and sequence that the update keeps, a query of the columns that it has before the update.
fn tables(client: &mut Client) -> Vec<(String, String)> {
    let sql =
        "select c.oid::regclass::text, string_agg(quote_ident(a.attname), ', ' order by a.attnum)
        from pg_class as c
        join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relnamespace in ('public'::regnamespace, 'musicstream_internal'::regnamespace)
            and c.relkind in ('r', 'p', 'S') and c.relname <> 'gone_table'
        group by c.oid";
    let rows = client.query(sql, &[]).unwrap();
    rows.iter()
        .map(|row| {
            let (table, columns): (String, String) = (row.get(0), row.get(1));
            let sql = format!(
                "select coalesce(array_agg(t::text order by t::text), '{{}}') from (select {columns} from {table}) as t"
            );
            (table, sql)
        })
        .collect()
}

fn data(client: &mut Client, tables: &[(String, String)]) -> Vec<(String, Vec<String>)> {
    tables
        .iter()
        .map(|(table, sql)| (table.clone(), value(client, sql, &[])))
        .collect()
}

#[test]
fn an_updated_database_is_a_fresh_one_with_its_data() {
    let fresh = Database::create();
    let (_old, mut client) = filled();
    let tables = tables(&mut client);
    let before = data(&mut client, &tables);
    assert!(
        before.iter().filter(|(_, rows)| !rows.is_empty()).count() > 15,
        "the old database has data: {before:?}"
    );
    let (old, expected) = (catalogue(&mut client), catalogue(&mut fresh.client()));
    assert!(expected.len() > 400, "the catalogue was read");
    // The old version must differ in every kind of line, or the comparison after the update would prove nothing.
    for kind in [
        "object: table",
        "object: view",
        "object: function",
        "comment: table",
        "comment: function",
        "column:",
        "constraint:",
        "index:",
        "function:",
        "relation:",
        "view:",
        "extension:",
    ] {
        assert!(
            surplus(&expected, &old)
                .iter()
                .any(|line| line.starts_with(kind)),
            "the old version differs in nothing of this kind: {kind}"
        );
    }

    update(&mut client);

    let updated = catalogue(&mut client);
    let (missing, left) = (surplus(&expected, &updated), surplus(&updated, &expected));
    assert!(
        missing.is_empty() && left.is_empty(),
        "in a fresh database only: {missing:#?}; in the updated one only: {left:#?}"
    );
    assert_eq!(
        data(&mut client, &tables),
        before,
        "the update changed data"
    );
}

#[test]
fn an_updated_database_continues_to_store_and_count() {
    let (old, mut client) = filled();
    for call in [
        "musicstream_rollup()",
        "musicstream_upsert()",
        "musicstream_rebuild()",
        "musicstream_rollup_listening()",
    ] {
        let error = client
            .batch_execute(&format!("select {call}"))
            .expect_err("a library that is newer than the objects to refuse them");
        let error = error.as_db_error().unwrap();
        assert_eq!(error.code().code(), "55000", "{error:?}");
        assert!(
            error.hint().unwrap_or_default().contains("ALTER EXTENSION"),
            "{error:?}"
        );
    }

    update(&mut client);
    assert_metrics_equal_raw(&mut client);
    assert_eq!(
        value::<i64>(&mut client, "select musicstream_listeners()", &[]),
        37
    );
    let accepted: String = value(
        &mut client,
        "select string_agg(event_type, ' ' order by event_type) from accepted_event_types",
        &[],
    );
    assert_eq!(accepted, "pause play seek");
    let rejected: String = value(
        &mut client,
        "select rejected || ' ' || rejected_by_reason::text from musicstream_status",
        &[],
    );
    assert_eq!(rejected, r#"3 {"missing_field": 2, "malformed_json": 1}"#);

    roll_up(&mut connect(&old.ingest_url()));
    client
        .batch_execute("select musicstream_rollup_listening()")
        .unwrap();
    assert_metrics_equal_raw(&mut client);
    assert_eq!(
        value::<i64>(
            &mut client,
            "select count(*) from musicstream_verify()",
            &[]
        ),
        0
    );
    let events: i64 = value(
        &mut client,
        "select sum(events)::bigint from daily_metrics",
        &[],
    );
    assert_eq!(events, 802, "the event in the inbox is counted as well");
}
