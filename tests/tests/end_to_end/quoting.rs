//! Names that need quotes: the schema of the extension, its owner, the database, a login.

use postgres::Client;

use musicstream_tests::batch::store;
use musicstream_tests::cluster::Cluster;
use musicstream_tests::database::{connect, project_sql, value};

/// The URL of the database.
fn url(cluster: &Cluster, user: &str) -> String {
    let server = cluster.url();
    let (server, _) = server.rsplit_once('/').unwrap();
    let server = match user {
        "" => server.to_owned(),
        _ => format!(
            "postgresql://{user}:secret@{}",
            server.rsplit_once('@').unwrap().1
        ),
    };
    format!("{server}/Play%20%22Counts%22")
}

/// A superuser's connection with the extension's schema in its search_path.
fn admin(cluster: &Cluster) -> Client {
    let mut client = connect(&url(cluster, ""));
    client
        .batch_execute("set search_path = \"Music\", public, musicstream_internal")
        .unwrap();
    client
}

fn create(cluster: &Cluster) {
    let mut server = cluster.client();
    server
        .batch_execute("create role \"Data-Owner\" nologin")
        .unwrap();
    server
        .batch_execute("create database \"Play \"\"Counts\"\"\"")
        .unwrap();
    let mut client = admin(cluster);
    for statement in [
        "create schema \"Music\"",
        "create extension pg_musicstream schema \"Music\"",
        &project_sql("roles.sql"),
        "create role \"Load-er\" login password 'secret' in role musicstream_ingest",
        "alter role \"Load-er\" set search_path = \"Music\"",
    ] {
        client
            .batch_execute(statement)
            .unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    }
    hand_over(&mut client);
}

/// Sets the owner, as after every creation and restore. An owner other than musicstream_owner needs the same privileges.
fn hand_over(client: &mut Client) {
    for statement in [
        &*project_sql("roles.sql"),
        "reassign owned by musicstream_owner to \"Data-Owner\"",
        "grant usage on schema \"Music\" to \"Data-Owner\"",
        "grant usage, create on schema musicstream_internal to \"Data-Owner\"",
        "grant temporary on database \"Play \"\"Counts\"\"\" to \"Data-Owner\"",
    ] {
        client
            .batch_execute(statement)
            .unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    }
}

/// Verifies the days that are not frozen.
fn assert_verified(client: &mut Client) {
    let differences: i64 = value(client, "select count(*) from musicstream_verify()", &[]);
    assert_eq!(differences, 0);
}

/// Runs every function of the extension.
fn run_all_functions(cluster: &Cluster, first_day: &str) {
    let mut admin = admin(cluster);
    let mut loader = connect(&url(cluster, "Load-er"));
    let batch: Vec<String> = (0..30)
        .map(|n| {
            format!(
                "(0, {n}, {n}, 'u{}', 'play', 'eu', (date '{first_day}' + {})::timestamp at time zone 'UTC')",
                n % 7,
                n % 3
            )
        })
        .collect();
    let outcome = store(&mut loader, "test:quoting", &batch.join(", ")).unwrap();
    assert_eq!((outcome.staged, outcome.inserted), (30, 30));
    let again = store(&mut loader, "test:quoting", &batch.join(", ")).unwrap();
    assert_eq!((again.staged, again.duplicate), (30, 30));
    loader
        .batch_execute(&format!(
            "select musicstream_claim('test:quoting', 0, 'me'), musicstream_release('test:quoting', 0, 1);
             insert into staging_events (event_id, user_id, event_type, region, ts)
             select gen_random_uuid(), 'u' || n, case when n = 5 then 'rewind' else 'play' end, 'us', '{first_day}T12:00:00Z'
             from generate_series(1, 5) as n;
             select musicstream_rollup()"
        ))
        .unwrap();
    assert_verified(&mut admin);
    for correction in [
        "insert into event_types values ('rewind') on conflict do nothing",
        "select musicstream_retry_rejected()",
        "select musicstream_delete(array(select event_id from raw_events order by event_id limit 2))",
        "select musicstream_forget_user('u3')",
        "update daily_metrics set events = events + 1",
        "select musicstream_rebuild()",
        "update daily_listeners set listeners = 1000",
        "select musicstream_rebuild()",
        "select musicstream_reconcile()",
        "select musicstream_rollup()",
    ] {
        admin
            .batch_execute(correction)
            .unwrap_or_else(|error| panic!("{correction}: {error:?}"));
    }
    assert_verified(&mut admin);
    for view in [
        "musicstream_status",
        "musicstream_progress",
        "hourly_metrics",
        "live_daily_listeners",
        "daily_metrics_at('Asia/Kathmandu')",
        "musicstream_listeners()",
    ] {
        let rows: i64 = value(&mut admin, &format!("select count(*) from {view}"), &[]);
        assert!(rows > 0, "{view} is empty");
    }
    admin
        .execute(
            "select musicstream_expire(now() - ($1::text::date + 1)::timestamp at time zone 'UTC')",
            &[&first_day],
        )
        .unwrap();
    let frozen: String = value(&mut admin, "select frozen_before()::text", &[]);
    let expected: String = value(
        &mut admin,
        "select ($1::text::date + 1)::text",
        &[&first_day],
    );
    assert_eq!(frozen, expected);
    assert_verified(&mut admin);
}

#[test]
fn names_that_need_quotes_work_from_creation_to_drop() {
    let source = Cluster::start("");
    let target = Cluster::start("");
    create(&source);
    run_all_functions(&source, "2026-03-01");

    let roles = crate::restore::roles(&source.url(), &target);
    target.psql(&target.url(), roles.as_bytes(), true);
    let dump = target.run(
        target
            .program("pg_dump")
            .arg("--create")
            .arg(url(&source, "")),
    );
    target.psql(&target.url(), &dump, true);
    let mut restored = admin(&target);
    // Objects that CREATE EXTENSION has created belong to the restoring superuser.
    hand_over(&mut restored);
    let contents =
        "select (select md5(string_agg(t::text, '' order by t::text)) from daily_metrics as t)
        || (select md5(string_agg(t::text, '' order by t::text)) from raw_events as t)
        || (select md5(string_agg(t::text, '' order by t::text)) from daily_listeners as t)";
    assert_eq!(
        value::<String>(&mut restored, contents, &[]),
        value::<String>(&mut admin(&source), contents, &[])
    );
    run_all_functions(&target, "2026-04-01");

    for cluster in [source, target] {
        let mut client = admin(&cluster);
        client
            .batch_execute("drop extension pg_musicstream")
            .unwrap();
        let left: Vec<String> = value(
            &mut client,
            "select coalesce(array_agg(relname::text), '{}')
             from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
             where n.nspname in ('Music', 'musicstream_internal')",
            &[],
        );
        assert!(left.is_empty(), "remaining objects: {left:?}");
    }
}
