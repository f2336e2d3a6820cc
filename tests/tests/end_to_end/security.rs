//! Hostile callers with the ingest role, with the read role, and without a role.

use postgres::Client;
use postgres::error::SqlState;

use musicstream_tests::database::{Database, connect, value};
use musicstream_tests::writer::{INBOX_FROM, Writer, assert_exact, put_into_inbox, summary_of};

/// Creates shadowing objects for all names, in schema `evil`.
const SHADOWS: &str = include_str!("security/shadows.sql");
/// Relations of the extension and partitions of `raw_events`: schema, name, kind.
const RELATIONS: &str = include_str!("security/relations.sql");
/// Functions of the extension: a call, whether it may change data, its signature.
const FUNCTIONS: &str = include_str!("security/functions.sql");
/// Functions with unsafe declarations; see the file.
const UNPINNED: &str = include_str!("security/unpinned.sql");

/// A search_path in which shadowing objects come first. The extension is in `public`.
const HOSTILE_PATH: &str = "evil, pg_catalog, public, pg_temp";
/// Creates shadowing tables in the caller's temporary schema, except for those that the extension creates there.
const SHADOW_TEMPORARY_TABLES: &str = "
    set search_path = pg_catalog, public;
    create function pg_temp.musicstream_watermark() returns timestamptz language sql as $$ select 1 / 0; select now() $$;
    select evil.shadow_temporary_tables(array['staging_batch', 'staging_inbox', 'staging_playback']);
    reset search_path";

/// All data-changing functions that the ingest role may execute. A new function must be added here explicitly.
const INGEST_MAY_CALL: [&str; 12] = [
    "musicstream_advance(text,integer,bigint,bigint,bigint,bytea,integer)",
    "musicstream_claim(text,integer,text)",
    "musicstream_make_partitions(date[],boolean)",
    "musicstream_prepare_days(date[])",
    "musicstream_release(text,integer,bigint)",
    "musicstream_retry_rejected(text,text,bigint)",
    "musicstream_rollup()",
    "musicstream_rollup_listening()",
    "musicstream_session_staging()",
    "musicstream_set_rejected_bytes(text,integer[],bigint[],bytea[],bytea[])",
    "musicstream_upsert()",
    "musicstream_upsert_batch(text)",
];

/// Creates a database with rows in all tables.
fn filled() -> Database {
    let database = Database::create();
    let mut writer = Writer::claim(&database).unwrap();
    assert_eq!(writer.store(200).unwrap(), summary_of(200));
    writer
        .client
        .execute("select musicstream_rollup()", &[])
        .unwrap();
    assert_eq!(writer.store(200).unwrap(), summary_of(200));
    database
}

fn column(client: &mut Client, sql: &str) -> Vec<String> {
    let rows = client
        .query(sql, &[])
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    rows.iter().map(|row| row.get(0)).collect()
}

/// Runs a statement and rolls it back. Returns the SQLSTATE, `00000` for success.
fn answer(client: &mut Client, statement: &str) -> String {
    let mut transaction = client.transaction().unwrap();
    match transaction.batch_execute(statement) {
        Ok(()) => "00000".to_owned(),
        Err(error) => error
            .code()
            .map_or_else(|| format!("{error:?}"), |code| code.code().to_owned()),
    }
}

#[test]
fn declarations_grant_no_unintended_privilege() {
    let database = filled();
    let mut admin = connect(&database.url());
    assert_eq!(column(&mut admin, UNPINNED), Vec::<String>::new());

    let may_call = |role: &str| {
        format!(
            "select signature from ({FUNCTIONS}) as f where may_change_data and has_function_privilege('{}_{role}', oid, 'execute') order by signature collate \"C\"",
            database.name()
        )
    };
    assert_eq!(
        column(&mut admin, &may_call("nobody")),
        Vec::<String>::new(),
        "PUBLIC may change data"
    );
    assert_eq!(
        column(&mut admin, &may_call("read")),
        Vec::<String>::new(),
        "the read role may change data"
    );
    assert_eq!(
        column(&mut admin, &may_call("ingest")),
        INGEST_MAY_CALL,
        "functions that the ingest role may execute"
    );
    let schema = "select has_schema_privilege($1, extnamespace, 'create') from pg_extension where extname = 'pg_musicstream'";
    for role in ["ingest", "read", "nobody"] {
        let role = format!("{}_{role}", database.name());
        assert!(
            !value::<bool>(&mut admin, schema, &[&role]),
            "{role} may create objects in the extension's schema, where its functions search for operators"
        );
    }
}

#[test]
pub(crate) fn no_role_changes_stored_data() {
    let database = filled();
    let mut admin = connect(&database.url());
    let relations = admin.query(RELATIONS, &[]).unwrap();
    assert!(relations.len() > 10, "the extension has relations");
    let changes_nothing = [
        ("ingest", database.ingest_url()),
        ("read", database.read_url()),
        ("nobody", database.unprivileged_url()),
    ];
    for (role, url) in &changes_nothing {
        let mut client = connect(url);
        for relation in &relations {
            let (name, kind, column): (String, String, String) =
                (relation.get(0), relation.get(1), relation.get(2));
            let mut statements = vec![
                format!("alter {kind} {name} owner to current_user"),
                format!("alter {kind} {name} rename to mine"),
                format!("drop {kind} {name}"),
                format!("comment on {kind} {name} is ''"),
            ];
            if kind == "sequence" {
                statements.push(format!("select nextval('{name}')"));
                statements.push(format!("select setval('{name}', 1)"));
            } else {
                statements.extend([
                    format!("insert into {name} default values"),
                    format!("update {name} set {column} = {column}"),
                    format!("delete from {name}"),
                    format!(
                        "create or replace rule evil as on insert to {name} do instead nothing"
                    ),
                ]);
            }
            if kind == "table" {
                statements.extend([
                    format!("truncate {name}"),
                    format!("alter table {name} add column evil text default 'x'"),
                    format!("alter table {name} alter column {column} set default null"),
                    format!("alter table {name} disable trigger all"),
                    format!("alter table {name} enable row level security"),
                    format!("create index on {name} ({column})"),
                    format!("create temporary table heir () inherits ({name})"),
                    format!("lock table {name} in access exclusive mode"),
                    format!("create trigger evil before insert or update on {name} for each row execute function suppress_redundant_updates_trigger()"),
                ]);
            }
            for statement in statements {
                if *role == "ingest" && statement == "insert into staging_events default values" {
                    continue; // the inbox is open for inserts
                }
                let answer = answer(&mut client, &statement);
                assert!(
                    // insufficient_privilege, or the statement does not apply to this kind of object.
                    answer == "42501"
                        || (["55000", "42809"].contains(&&*answer)
                            && (kind == "view" || statement.contains("inherits"))),
                    "{role}: {statement}: {answer}"
                );
            }
        }
        let into_inbox = answer(
            &mut client,
            "insert into staging_events (event_id) values ('x')",
        );
        assert_eq!(
            into_inbox == "00000",
            *role == "ingest",
            "{role}: {into_inbox}"
        );
        for statement in [
            "set role musicstream_owner",
            "set session authorization musicstream_owner",
            "alter role musicstream_owner login",
            "grant musicstream_owner to current_user",
            "drop extension pg_musicstream cascade",
            "alter extension pg_musicstream update",
            "alter extension pg_musicstream drop table raw_events",
            "create table raw_events_20200101 partition of raw_events for values from ('2020-01-01') to ('2020-01-02')",
            "alter table raw_events detach partition musicstream_internal.raw_events_20260101",
        ] {
            let answer = answer(&mut client, statement);
            assert_eq!(answer, "42501", "{role}: {statement}");
        }
    }
    assert_eq!(assert_exact(&database, None), 400);
}

#[test]
fn no_function_exceeds_the_privileges_of_its_caller() {
    let database = filled();
    let mut admin = connect(&database.url());
    let functions = admin.query(FUNCTIONS, &[]).unwrap();
    assert!(functions.len() > 15, "the extension has functions");
    for (role, url) in [
        ("ingest", database.ingest_url()),
        ("read", database.read_url()),
        ("nobody", database.unprivileged_url()),
    ] {
        let mut client = connect(&url);
        for function in &functions {
            let (signature, call, may_change_data): (String, String, bool) =
                (function.get(0), function.get(1), function.get(2));
            if may_change_data && !(role == "ingest" && INGEST_MAY_CALL.contains(&&*signature)) {
                assert_eq!(answer(&mut client, &call), "42501", "{role}: {call}");
            }
            for statement in [
                format!("alter function {signature} owner to current_user"),
                format!("alter function {signature} reset all"),
                format!("drop function {signature}"),
            ] {
                assert_eq!(
                    answer(&mut client, &statement),
                    "42501",
                    "{role}: {statement}"
                );
            }
        }
    }
    assert_eq!(assert_exact(&database, None), 400);
}

/// The bytes of rejects contain user ids, so reading them needs a separate privilege.
#[test]
pub(crate) fn bytes_of_rejects_need_a_privilege() {
    let database = filled();
    let mut admin = connect(&database.url());
    admin
        .batch_execute(
            "insert into staging_events (event_id, user_id) values ('no uuid', 'a user');
             select musicstream_rollup()",
        )
        .unwrap();
    let bytes = [
        "select payload from rejected_events",
        "select key from rejected_events",
        "select * from rejected_events",
        "select r from rejected_events as r",
        "select count(*) from rejected_events where payload is null",
        "select reason from rejected_events order by sha256(payload)",
        "select to_jsonb(r) from rejected_events as r",
        "copy rejected_events to stdout",
        "copy rejected_events (payload) to stdout",
        "select pg_column_size(payload) from rejected_events",
        "select musicstream_internal.names_user(key, payload, 'a user') from rejected_events",
    ];
    let why = [
        "select rejected_id, source, partition, position, reason, detail, received_at from rejected_events",
        "select count(*) from rejected_events",
        "select reason, count(*) from rejected_events group by reason",
        "select * from musicstream_status",
    ];
    for (role, url) in [
        ("read", database.read_url()),
        ("ingest", database.ingest_url()),
    ] {
        let mut client = connect(&url);
        for statement in bytes {
            assert_eq!(
                answer(&mut client, statement),
                "42501",
                "{role}: {statement}"
            );
        }
        for statement in why {
            assert_eq!(
                answer(&mut client, statement),
                "00000",
                "{role}: {statement}"
            );
        }
    }
    let mut client = connect(&database.unprivileged_url());
    for statement in [bytes[0], bytes[1], bytes[2]] {
        assert_eq!(
            answer(&mut client, statement),
            "42501",
            "nobody: {statement}"
        );
    }
    let grant = format!(
        "grant musicstream_read_rejected to {}_nobody",
        database.name()
    );
    admin.batch_execute(&grant).unwrap();
    let payload = "select convert_from(payload, 'utf8') from rejected_events where reason = 'invalid_event_id'";
    assert_eq!(
        value::<String>(&mut client, payload, &[]),
        r#"{"event_id":"no uuid","user_id":"a user"}"#
    );
    assert_eq!(answer(&mut client, "delete from rejected_events"), "42501");
    assert_eq!(
        answer(&mut client, "select * from live_daily_metrics"),
        "42501"
    );
}

/// Any role that may connect can take advisory locks, so rollups and batches use table locks that no other role may take.
#[test]
fn no_role_can_block_rollups_and_batches() {
    let database = filled();
    let mut nobody = connect(&database.unprivileged_url());
    nobody
        .batch_execute(
            "select pg_advisory_lock(hashtext('pg_musicstream'), n) from generate_series(0, 9) as n",
        )
        .unwrap();
    for url in [
        database.unprivileged_url(),
        database.read_url(),
        database.ingest_url(),
    ] {
        let mut client = connect(&url);
        for table in ["rollup_lock", "partition_lock", "listening_lock"] {
            for mode in ["access share", "share update exclusive", "access exclusive"] {
                let lock = format!("begin; lock table musicstream_internal.{table} in {mode} mode");
                let error = client.batch_execute(&lock).expect_err(&lock);
                assert_eq!(error.code().unwrap().code(), "42501", "{lock}: {error:?}");
                client.batch_execute("rollback").unwrap();
            }
        }
    }
    let mut ingest = connect(&database.ingest_url());
    ingest
        .batch_execute(
            "set lock_timeout = '10s'; select musicstream_rollup();
             select musicstream_make_partitions(array[(now() at time zone 'UTC')::date - 77])",
        )
        .unwrap();
    let held: i64 = value(
        &mut database.client(),
        "select count(*) from pg_locks where locktype = 'advisory' and granted
            and database = (select oid from pg_database where datname = current_database())",
        &[],
    );
    assert_eq!(held, 10, "the advisory locks were held all the time");
}

/// Includes settings that are set before the library is loaded: Postgres checks the privilege when the library defines them.
#[test]
fn settings_that_affect_stored_data_cannot_be_set_by_callers() {
    let database = Database::create();
    let mut client = connect(&database.ingest_url());
    for setting in [
        "max_future",
        "retention",
        "dedup_window",
        "lateness",
        "idle_after",
    ] {
        let statement = format!("set musicstream.{setting} = 2000000000");
        // Refused, or a placeholder that is removed when the library is loaded.
        let _ = client.batch_execute(&statement);
    }
    let is_plausible = "select musicstream_internal.is_plausible(now() + interval '10 years') or musicstream_internal.is_plausible('2001-12-31T23:59:59Z')";
    assert!(
        !value::<bool>(&mut client, is_plausible, &[]),
        "the caller has changed the accepted times"
    );
    let error = client
        .batch_execute("set musicstream.max_future = 2000000000")
        .expect_err("the setting is refused");
    assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
}

/// Shadowing objects exist for every name, first in the search_path and in the temporary schema.
#[test]
fn shadowing_objects_of_a_caller_are_never_used() {
    let database = Database::create();
    let mut admin = connect(&database.url());
    let evil = format!(
        "create schema evil authorization {}_ingest",
        database.name()
    );
    admin.batch_execute(&evil).unwrap();
    admin.batch_execute(SHADOWS).unwrap();
    let shadows: i64 = value(
        &mut admin,
        "select (select count(*) from pg_proc where pronamespace = 'evil'::regnamespace)
            + (select count(*) from pg_operator where oprnamespace = 'evil'::regnamespace)",
        &[],
    );
    assert!(
        shadows > 3000,
        "only {shadows} functions and operators are shadowed"
    );
    drop(admin);

    // The role's default sets the hostile search_path from the first statement of each session.
    let path = format!(
        "alter role {0}_ingest in database {0} set search_path = {HOSTILE_PATH}",
        database.name()
    );
    database.client().batch_execute(&path).unwrap();
    let mut attacker = connect(&database.ingest_url());
    attacker
        .batch_execute("select evil.shadow_temporary_tables('{}')")
        .unwrap();
    let hit = attacker
        .batch_execute("select 1 = 1")
        .expect_err("the shadowing operators fail");
    assert_eq!(hit.code().map(SqlState::code), Some("EV1L0"), "{hit:?}");

    for (statement, code) in [
        ("select public.musicstream_watermark()", "00000"),
        (
            "select public.musicstream_claim('test:evil', 0, 'evil'); select public.musicstream_advance('test:evil', 0, null, 5, 1)",
            "00000",
        ),
        (
            "select public.musicstream_make_partitions('{2026-01-01}')",
            "00000",
        ),
        (
            "select public.musicstream_set_rejected_bytes('test:evil', '{0}', '{1}', '{x}', '{x}')",
            "00000",
        ),
        (
            "select musicstream_internal.parse_event_id('00000000000000000000000000000001')",
            "00000",
        ),
        (
            "select musicstream_internal.parse_ts('2026-01-01T00:00:00Z')",
            "00000",
        ),
        (
            "select musicstream_internal.check_fields('x', 'u', 'play', 'eu', '2026-01-01T00:00:00Z', null, null)",
            "00000",
        ),
        (
            "select musicstream_internal.event_json('x', 'u', 'play', 'eu', '2026-01-01T00:00:00Z', null, null)",
            "00000",
        ),
        (
            "select musicstream_internal.is_plausible('2026-01-01T00:00:00Z')",
            "00000",
        ),
        // With the caller's tables in place of the staging tables, the session can store nothing.
        ("select public.musicstream_session_staging()", "55000"),
        (
            "select * from public.musicstream_upsert_batch('test:evil')",
            "55000",
        ),
        // The role may not read raw_events.
        ("select * from public.musicstream_verify()", "42501"),
    ] {
        assert_eq!(answer(&mut attacker, statement), code, "{statement}");
    }

    drop(attacker);

    // The whole protocol with only the staging tables not shadowed.
    let free = format!(
        "alter role {0}_ingest in database {0} reset search_path",
        database.name()
    );
    database.client().batch_execute(&free).unwrap();
    let mut writer = Writer::claim(&database).unwrap();
    writer
        .client
        .batch_execute("alter table pg_temp.staging_batch rename to mine")
        .expect_err("the staging table belongs to another role");
    writer
        .client
        .batch_execute(SHADOW_TEMPORARY_TABLES)
        .unwrap();
    writer.search_path = Some(HOSTILE_PATH);
    for _ in 0..2 {
        assert_eq!(writer.store(200).unwrap(), summary_of(200));
        let inbox = INBOX_FROM + writer.next()..INBOX_FROM + writer.next() + 200;
        put_into_inbox(&mut database.client(), inbox).unwrap();
        let mut roller = writer.client.transaction().unwrap();
        roller
            .batch_execute(&format!("set local search_path = {HOSTILE_PATH}"))
            .unwrap();
        roller
            .batch_execute("select public.musicstream_rollup()")
            .unwrap();
        roller.commit().unwrap();
    }
    let inbox = INBOX_FROM + 200..INBOX_FROM + 600;
    assert_eq!(assert_exact(&database, Some(inbox)), 400);
}
