//! Restored and recovered databases: the stream continues from the restored offsets, and nothing is lost or counted twice.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::Command;
use std::time::Duration;

use postgres::Client;

use musicstream_tests::cluster::{ARCHIVES, Cluster};
use musicstream_tests::csv;
use musicstream_tests::database::{Database, connect, project_sql, value};
use musicstream_tests::document::Page;
use musicstream_tests::oracle::{assert_metrics_equal_raw, counts_in};
use musicstream_tests::pipeline::{assert_topic_is_stored, load, stream, stream_to_end};
use musicstream_tests::process::{Program, ingestor, program, run};
use musicstream_tests::stack::stack;
use musicstream_tests::stored::{event_count, record_count};
use musicstream_tests::topic::Topic;
use musicstream_tests::wait::until;
use musicstream_tests::writer::{INBOX_FROM, Writer, assert_exact, put_into_inbox};

const TIMEOUT: Duration = Duration::from_secs(120);
const RECORDS: i64 = 60_000;

/// Everything that a dump could lose: objects with owners, privileges, bounds, definitions and table settings.
const CATALOGUE: &str = include_str!("restore/catalogue.sql");

/// A topic with duplicates, late events and malformed records.
fn topic(label: &str) -> Topic {
    let topic = Topic::not_created(label, 3);
    run(
        program("musicstream-ingestor")
            .args(["generate", "--to", "kafka", "--partitions", "3"])
            .args(["--duplicates", "2", "--late", "1", "--malformed", "1"])
            .args(["--count", &RECORDS.to_string(), "--topic", topic.name()])
            .env("KAFKA_BROKERS", &stack().brokers),
        TIMEOUT,
    )
    .with_code(0);
    topic
}

/// Starts a stream with small batches, so that it takes some time.
fn start_stream(database: &Database, topic: &Topic, url: &str) -> Program {
    Program::start(
        stream(database, topic)
            .args(["--batch-rows", "100", "--group", topic.name()])
            .env("DATABASE_URL", url),
    )
}

/// Waits until this many records are stored, with a rollup before each poll.
fn wait_until_stored(client: &mut Client, records: i64) {
    until(TIMEOUT, &format!("{records} records to be stored"), || {
        client.execute("select musicstream_rollup()", &[]).unwrap();
        (record_count(client) >= records).then_some(())
    });
}

fn catalogue(client: &mut Client) -> Vec<String> {
    let rows = client.query(CATALOGUE, &[]).unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// The statements that create the roles of the server at `url` on `target`. Without those of the superuser, who exists on
/// `target` and keeps its password.
pub(crate) fn roles(url: &str, target: &Cluster) -> String {
    let all = target.run(
        target
            .program("pg_dumpall")
            .args(["--roles-only", "--dbname", url]),
    );
    let all = String::from_utf8(all).unwrap();
    let others = all.lines().filter(|line| !line.contains(" ROLE postgres"));
    others.flat_map(|line| [line, "\n"]).collect()
}

/// Restores a dump as an administrator would: the roles, the database, then sql/roles.sql again.
pub(crate) fn restore(source: &Database, dump: &[u8], target: &Cluster) -> Database {
    // Statements for roles of other tests, which may be incomplete, may fail.
    let roles = roles(&source.url(), target);
    target.psql(&target.url(), roles.as_bytes(), false);
    target.psql(&target.url(), dump, true);
    let restored = source.on(&target.url());
    let mut client = restored.client();
    client.batch_execute(&project_sql("roles.sql")).unwrap();
    restored
}

#[test]
fn a_dump_during_a_stream_is_complete() {
    let topic = topic("dump");
    let source = Database::create();
    let target = Cluster::start("");
    let stream = start_stream(&source, &topic, &source.ingest_url());
    let mut client = source.client();
    wait_until_stored(&mut client, RECORDS / 10);
    let dump = target.run(target.program("pg_dump").arg("--create").arg(source.url()));
    stream.kill();
    assert!(
        record_count(&mut client) < RECORDS,
        "the dump was taken while events streamed"
    );

    let restored = restore(&source, &dump, &target);
    let mut restored_client = restored.client();
    assert_metrics_equal_raw(&mut restored_client);
    let at_dump = record_count(&mut restored_client);
    assert!(
        (RECORDS / 10..RECORDS).contains(&at_dump),
        "{at_dump} records at the dump"
    );

    assert!(stream_to_end(&restored, &topic).read == RECORDS - at_dump);
    assert_topic_is_stored(&restored, &topic);
}

#[test]
fn a_dump_contains_settings_owners_privileges_and_pending_data() {
    let source = Database::create();
    let target = Cluster::start("");
    let mut client = source.client();
    let name = source.name();
    client
        .batch_execute(&format!(
            "insert into event_types values ('skip');
             alter database {name} set musicstream.lateness = '2h';
             alter role {name}_ingest in database {name} set musicstream.dedup_window = '3min'"
        ))
        .unwrap();
    let mut writer = Writer::claim(&source).unwrap();
    let mut inbox = INBOX_FROM..INBOX_FROM + 400;
    writer.store(1000).unwrap();
    put_into_inbox(&mut client, inbox.start..inbox.start + 200).unwrap();
    client.execute("select musicstream_rollup()", &[]).unwrap();
    // Pending deltas and rows in the inbox.
    writer.store(1000).unwrap();
    put_into_inbox(&mut client, inbox.start + 200..inbox.end).unwrap();

    let dump = target.run(target.program("pg_dump").arg("--create").arg(source.url()));
    let restored = restore(&source, &dump, &target);
    let mut admin = restored.client();

    let (expected, found) = (catalogue(&mut client), catalogue(&mut admin));
    let missing: Vec<_> = expected
        .iter()
        .filter(|line| !found.contains(line))
        .collect();
    let surplus: Vec<_> = found
        .iter()
        .filter(|line| !expected.contains(line))
        .collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "lost by the dump: {missing:#?}; added: {surplus:#?}"
    );
    let types = "select string_agg(event_type, ' ' order by event_type) from accepted_event_types";
    assert_eq!(
        value::<String>(&mut admin, types, &[]),
        "pause play skip stop"
    );
    let mut ingest = connect(&restored.ingest_url());
    ingest.execute("select musicstream_rollup()", &[]).unwrap();
    let settings = "select current_setting('musicstream.lateness') || ' ' || current_setting('musicstream.dedup_window')";
    assert_eq!(value::<String>(&mut ingest, settings, &[]), "2h 3min");

    assert_eq!(assert_exact(&restored, Some(inbox.clone())), 2000);
    // Writers continue, and positions of new rejects do not collide with old ones.
    let mut writer = Writer::claim(&restored).unwrap();
    writer.store(1000).unwrap();
    put_into_inbox(&mut admin, inbox.end..inbox.end + 200).unwrap();
    inbox.end += 200;
    admin.execute("select musicstream_rollup()", &[]).unwrap();
    assert_eq!(assert_exact(&restored, Some(inbox)), 3000);
}

/// pg_cron starts a job once its row is restored, while the extension's tables are still being filled.
#[test]
fn a_dump_as_documented_has_all_data_but_the_jobs() {
    let cluster = Cluster::start("shared_preload_libraries = 'pg_cron'");
    // In the database postgres, the default of cron.database_name.
    let mut client = cluster.client();
    for script in ["extension.sql", "cron.sql"] {
        client.batch_execute(&project_sql(script)).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let shell = |script: &str| {
        let mut bash = Command::new("bash");
        bash.args(["-euc", script])
            .env("DATABASE_URL", cluster.url())
            .current_dir(folder.path());
        run(&mut bash, TIMEOUT).with_code(0).stdout
    };
    // The tables whose data a dump has.
    let data = |dump: &str| -> BTreeSet<String> {
        let list = shell(&format!("pg_restore --list {dump}"));
        let names = list.lines().filter_map(|line| {
            let (_, name) = line.split_once(" TABLE DATA ")?;
            Some(name.to_owned())
        });
        names.collect()
    };
    shell("pg_dump -Fc -f all.dump \"$DATABASE_URL\"");
    let mut expected = data("all.dump");
    let count = expected.len();
    expected.retain(|name| !name.starts_with("cron "));
    assert!(expected.len() < count, "a dump has jobs by default");
    shell(&Page::read("docs/operations.md").code_with("pg_dump"));
    assert_eq!(data("music.dump"), expected);
}

/// Built-in event types that are switched off, and types of the user's own, are what a restore has to bring back.
#[test]
fn a_switched_off_event_type_stays_off_after_a_restore() {
    const TYPES: &str =
        "select string_agg(event_type, ' ' order by event_type) from accepted_event_types";
    let source = Database::create();
    let mut client = source.client();
    for (change, types) in [
        (
            "insert into event_types (event_type, is_accepted) values ('stop', false)",
            "pause play",
        ),
        (
            "insert into event_types values ('skip'), ('break')",
            "break pause play skip",
        ),
        (
            "insert into event_types (event_type, is_accepted) values ('pause', false)",
            "break play skip",
        ),
        (
            "update event_types set is_accepted = true where event_type = 'stop'",
            "break play skip stop",
        ),
        (
            "insert into event_types (event_type, is_accepted) values ('play', false)",
            "break skip stop",
        ),
        (
            "update event_types set is_accepted = false where event_type = 'skip'",
            "break stop",
        ),
    ] {
        client.batch_execute(change).unwrap();
        assert_eq!(value::<String>(&mut client, TYPES, &[]), types, "{change}");
    }
    let rejected = "insert into staging_events (event_id, user_id, event_type, region, ts)
        select gen_random_uuid(), 'u', t, 'eu', '2026-03-01T12:00:00Z' from unnest(array['play', 'skip', 'stop', 'break']) as t;
        select musicstream_rollup()";
    client.batch_execute(rejected).unwrap();
    let target = Cluster::start("");
    let dump = target.run(target.program("pg_dump").arg("--create").arg(source.url()));
    let restored = restore(&source, &dump, &target);
    let mut admin = restored.client();
    assert_eq!(value::<String>(&mut admin, TYPES, &[]), "break stop");
    // The events follow the list, before and after the restore.
    admin.batch_execute(rejected).unwrap();
    let stored = "select string_agg(concat_ws(' ', event_type, count), ', ' order by event_type)
        from (select event_type, count(*) from raw_events group by event_type) as e";
    assert_eq!(value::<String>(&mut admin, stored, &[]), "break 2, stop 2");
    let unknown =
        "select (rejected_by_reason ->> 'unknown_event_type')::bigint from musicstream_status";
    assert_eq!(value::<i64>(&mut admin, unknown, &[]), 4);
    // A change that is taken back leaves the built-in types.
    admin.batch_execute("truncate event_types").unwrap();
    assert_eq!(value::<String>(&mut admin, TYPES, &[]), "pause play stop");
}

/// If the restored database did not know the frozen days, their events could be counted again.
#[test]
fn a_frozen_day_is_frozen_after_a_restore() {
    let source = Database::create();
    let target = Cluster::start("");
    let mut client = source.client();
    let mut writer = Writer::claim(&source).unwrap();
    writer.store(1000).unwrap();
    client
        .batch_execute("select musicstream_rollup(); select musicstream_expire('10 days')")
        .unwrap();
    let counts = counts_in(&mut client, "live_daily_metrics");
    assert_eq!(counts.values().sum::<i64>(), 800);
    let left = event_count(&mut client);
    assert_eq!(left, 0, "the events are dropped");

    let dump = target.run(target.program("pg_dump").arg("--create").arg(source.url()));
    let restored = restore(&source, &dump, &target);
    let mut admin = restored.client();
    assert_eq!(counts_in(&mut admin, "live_daily_metrics"), counts);
    let differences = "select count(*) from musicstream_verify()";
    assert_eq!(value::<i64>(&mut admin, differences, &[]), 0);
    // The same events again, as from the beginning of their topic.
    admin.execute("delete from ingest_offsets", &[]).unwrap();
    let mut writer = Writer::claim(&restored).unwrap();
    let again = writer.store(1000).unwrap();
    assert_eq!((again.inserted, again.read), (0, 1000), "{again:?}");
    admin.execute("select musicstream_rollup()", &[]).unwrap();
    assert_eq!(counts_in(&mut admin, "live_daily_metrics"), counts);
}

#[test]
fn a_stream_continues_after_a_point_in_time_recovery() {
    let topic = topic("recovery");
    let primary = Cluster::start(ARCHIVES);
    let database = Database::create_in(&primary.url(), "");
    let backup = Cluster::backup_of(&primary);
    let mut client = database.client();
    let stream = start_stream(&database, &topic, &database.ingest_url());
    wait_until_stored(&mut client, RECORDS / 10);
    let time: String = value(&mut client, "select clock_timestamp()::text", &[]);
    let at_time = record_count(&mut client);
    wait_until_stored(&mut client, at_time + RECORDS / 10);
    stream.kill();
    let lost = record_count(&mut client);
    assert!(lost < RECORDS, "the stream was killed before its end");
    let last_file: String = value(&mut client, "select pg_walfile_name(pg_switch_wal())", &[]);
    until(TIMEOUT, "the WAL to be archived", || {
        let archived = "select last_archived_wal >= $1 from pg_stat_archiver";
        value::<Option<bool>>(&mut client, archived, &[&last_file]).filter(|&is_done| is_done)
    });
    primary.crash();

    backup.boot_at(&time, &primary);
    drop(backup.await_writable());
    let restored = database.on(&backup.url());
    let mut client = restored.client();
    assert_metrics_equal_raw(&mut client);
    let back_at = record_count(&mut client);
    assert!(
        (at_time - 3 * 100..lost).contains(&back_at),
        "at {time} {at_time} records were stored, {lost} at the end; {back_at} are now"
    );
    assert_eq!(stream_to_end(&restored, &topic).read, RECORDS - back_at);
    assert_topic_is_stored(&restored, &topic);
}

#[test]
fn an_ingestor_catches_up_a_promoted_replica_that_lagged() {
    assert_replica_is_caught_up("replica", false);
}

/// No batch would find out that the ledger of the replica is behind.
#[test]
fn an_idle_ingestor_catches_up_a_promoted_replica_that_lagged() {
    assert_replica_is_caught_up("idle_replica", true);
}

/// The URL of both servers for an ingestor, which uses the one that accepts writes.
fn url_of_both(database: &Database, primary: &Cluster, replica: &Cluster) -> String {
    database.ingest_url().replace(
        &primary.address(),
        &format!("{},{}", primary.address(), replica.address()),
    ) + "?target_session_attrs=read-write"
}

/// Stops the replica's WAL receiver.
fn cut_off(replica: &mut Client) {
    replica
        .batch_execute("alter system set primary_conninfo = ''")
        .unwrap();
    replica.batch_execute("select pg_reload_conf()").unwrap();
    until(TIMEOUT, "the replica to be cut off", || {
        let receivers = "select count(*) from pg_stat_wal_receiver";
        (value::<i64>(replica, receivers, &[]) == 0).then_some(())
    });
}

/// The first file is loaded when the primary is lost, and the second one is a pipe that is opened then. No batch of the second
/// file is fenced by the loss of the first.
#[test]
fn a_load_fails_if_a_promoted_replica_lacks_one_of_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let first = folder.path().join("first.csv");
    std::fs::write(&first, csv::file(0..100)).unwrap();
    let second = csv::file(100..120);
    std::fs::write(folder.path().join("second.csv"), &second).unwrap();
    let primary = Cluster::start("");
    let database = Database::create_in(&primary.url(), "");
    let replica = Cluster::standby_of(&primary);
    let replicated = database.on(&replica.url());
    cut_off(&mut replicated.client());

    let (input, mut pipe) = std::io::pipe().unwrap();
    let loader = Program::start(
        ingestor(&database)
            .arg("load")
            .arg(&first)
            .arg("-")
            .env("DATABASE_URL", url_of_both(&database, &primary, &replica))
            .stdin(input),
    );
    let mut client = database.client();
    until(TIMEOUT, "the first file to be released", || {
        let released = "select count(*) from ingest_offsets where released_at is not null";
        (value::<i64>(&mut client, released, &[]) == 1).then_some(())
    });
    primary.crash();
    replica.promote();
    drop(replica.await_writable());
    pipe.write_all(second.as_bytes()).unwrap();
    drop(pipe);
    let failed = loader.finish(TIMEOUT).with_code(1);
    assert!(
        failed.stderr.contains("the database has lost rows of")
            && failed.stderr.contains("first.csv"),
        "{failed:#?}"
    );

    let mut client = replicated.client();
    assert_eq!(event_count(&mut client), 20, "rows of the second file");
    let again = load(&replicated, folder.path());
    assert_eq!((again.read, again.inserted), (100, 100));
    assert_metrics_equal_raw(&mut client);
}

/// The ingestor has two servers in its URL, and continues with the promoted one. `is_idle`: all records were stored before.
fn assert_replica_is_caught_up(label: &str, is_idle: bool) {
    let topic = topic(label);
    let all: i64 = topic.ends().iter().sum();
    let primary = Cluster::start("");
    let database = Database::create_in(&primary.url(), "");
    let replica = Cluster::standby_of(&primary);
    let either = url_of_both(&database, &primary, &replica);
    let mut client = database.client();
    let mut stream = start_stream(&database, &topic, &either);
    wait_until_stored(&mut client, RECORDS / 10);
    let replicated = database.on(&replica.url());
    let mut replica_client = replicated.client();
    until(TIMEOUT, "the replica to follow", || {
        (record_count(&mut replica_client) >= RECORDS / 10).then_some(())
    });
    cut_off(&mut replica_client);
    let lost_from = record_count(&mut replica_client);
    let crash_at = if is_idle {
        all
    } else {
        lost_from + RECORDS / 10
    };
    wait_until_stored(&mut client, crash_at);
    let lost_to = record_count(&mut client);
    assert!(
        (lost_to == all) == is_idle && stream.is_running(),
        "the primary is lost {} the stream",
        if is_idle { "after" } else { "during" }
    );
    primary.crash();
    replica.promote();

    drop(replica.await_writable());
    let mut client = replicated.client();
    let at_promotion = record_count(&mut client);
    println!(
        "{lost_from} records on the replica, {lost_to} on the primary, {at_promotion} after the promotion"
    );
    assert!(at_promotion < lost_to, "the replica lags");
    until(
        TIMEOUT,
        "the ingestor to store all of the topic on the new primary",
        || {
            assert!(
                stream.is_running(),
                "the ingestor gave up:\n{}",
                stream.log()
            );
            client.execute("select musicstream_rollup()", &[]).unwrap();
            (record_count(&mut client) == all).then_some(())
        },
    );
    stream.terminate();
    stream.finish(TIMEOUT).with_code(0);
    assert_topic_is_stored(&replicated, &topic);
}
