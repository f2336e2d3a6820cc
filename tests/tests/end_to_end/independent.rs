//! Two independent databases that share a topic by partitions, and `sql/union.sql`, which combines their numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use postgres::Client;

use musicstream_tests::cluster::Cluster;
use musicstream_tests::count::Counts;
use musicstream_tests::database::{Database, connect, project_sql, value};
use musicstream_tests::oracle::{assert_metrics_equal_raw, counts_in, roll_up};
use musicstream_tests::pipeline::stream;
use musicstream_tests::process::{Program, run};
use musicstream_tests::topic::{Record, Topic};
use musicstream_tests::wait::until;

const TIMEOUT: Duration = Duration::from_secs(120);

const PARTITIONS: i32 = 4;
const EVENTS: usize = 20_000;
const TYPES: [&str; 3] = ["play", "pause", "stop"];
const REGIONS: [&str; 2] = ["eu", "us"];

/// Partition, day, type, region and user of an event. Each user has events in all partitions.
fn event(number: usize) -> (i32, String, &'static str, &'static str, String) {
    (
        number as i32 % PARTITIONS,
        format!("2026-03-{:02}", 1 + number / 97 % 3),
        TYPES[number % TYPES.len()],
        REGIONS[number / 7 % REGIONS.len()],
        format!("u{}", number * 31 % 701),
    )
}

fn record(number: usize) -> Record {
    let (partition, day, event_type, region, user) = event(number);
    Record::new(
        partition,
        format!(
            r#"{{"event_id":"{number:032x}","user_id":"{user}","event_type":"{event_type}","region":"{region}","ts":"{day}T12:{:02}:{:02}Z"}}"#,
            number / 60 % 60,
            number % 60
        ),
    )
}

/// Adds this database to the union, with its read role.
fn add_server(client: &mut Client, name: &str, database: &Database) {
    let config: postgres::Config = database.read_url().parse().unwrap();
    let password = String::from_utf8(config.get_password().unwrap().to_vec()).unwrap();
    client
        .batch_execute(&format!(
            "create server {name} foreign data wrapper postgres_fdw
                 options (host '127.0.0.1', port '{}', dbname '{}', fetch_size '10000');
             create user mapping for current_user server {name} options (user '{}', password '{password}')",
            config.get_ports()[0],
            database.name(),
            config.get_user().unwrap(),
        ))
        .unwrap();
}

fn listeners(client: &mut Client, sql: &str) -> BTreeMap<(String, String), i64> {
    let rows = client
        .query(sql, &[])
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    rows.iter()
        .map(|row| ((row.get(0), row.get(1)), row.get(2)))
        .collect()
}

#[test]
fn two_databases_share_a_topic_and_their_union_counts_each_event_and_user_once() {
    let topic = Topic::create("shared", PARTITIONS);
    topic.send((0..EVENTS).map(record).collect());
    let mut expected = Counts::new();
    let mut users: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for number in 0..EVENTS {
        let (_, day, event_type, region, user) = event(number);
        *expected
            .entry((day.clone(), event_type.to_owned(), region.to_owned()))
            .or_default() += 1;
        users
            .entry((day, region.to_owned()))
            .or_default()
            .insert(user);
    }

    let shares = [("0,2", Database::create()), ("1,3", Database::create())];
    let union = Database::create();
    let mut client = union.client();
    client
        .batch_execute("create extension postgres_fdw")
        .unwrap();
    let script = project_sql("union.sql");
    let error = client
        .batch_execute(&script)
        .expect_err("the union has no server yet");
    assert!(
        error
            .as_db_error()
            .unwrap()
            .message()
            .contains("no foreign server")
    );
    for (number, (_, database)) in shares.iter().enumerate() {
        add_server(&mut client, &format!("musicstream_{number}"), database);
    }
    for _ in 0..2 {
        client
            .batch_execute(&script)
            .unwrap_or_else(|error| panic!("{error:?}"));
    }
    assert_eq!(
        counts_in(&mut client, "musicstream_union.daily_metrics"),
        Counts::new()
    );

    // One ingestor is killed while it reads, and started again.
    let mut first = stream(&shares[0].1, &topic);
    let killed = Program::start(first.args(["--partitions", shares[0].0, "--batch-rows", "100"]));
    until(TIMEOUT, "some events to be stored", || {
        let stored: i64 = value(
            &mut shares[0].1.client(),
            "select count(*) from raw_events",
            &[],
        );
        (stored > 0).then_some(())
    });
    drop(killed.kill());
    for (list, database) in &shares {
        let mut command = stream(database, &topic);
        run(command.args(["--partitions", list, "--until-end"]), TIMEOUT).with_code(0);
        assert_metrics_equal_raw(&mut database.client());
    }
    let is_final = "select count(*) filter (where is_final), count(*) from musicstream_union.daily_metrics where day < '2026-03-03'";
    for state in ["before any rollup", "after one of the two", "after both"] {
        assert_eq!(
            counts_in(&mut client, "musicstream_union.daily_metrics"),
            expected,
            "{state}"
        );
        let by_hour: i64 = value(
            &mut client,
            "select sum(events)::bigint from musicstream_union.hourly_metrics",
            &[],
        );
        assert_eq!(by_hour, EVENTS as i64, "{state}");
        let found = listeners(
            &mut client,
            "select day::text, region, listeners from musicstream_union.daily_listeners",
        );
        let mut once = BTreeMap::new();
        for (cell, users) in &users {
            let users: Vec<&String> = users.iter().collect();
            let estimate: i64 = value(
                &mut client,
                "select round(musicstream_sketch_estimate(sketch_users(u)))::bigint from unnest($1::text[]) as u",
                &[&users],
            );
            once.insert(cell.clone(), estimate);
        }
        assert_eq!(found, once, "{state}");
        let row = client.query_one(is_final, &[]).unwrap();
        let (finals, all): (i64, i64) = (row.get(0), row.get(1));
        assert_eq!(
            finals,
            if state == "after both" { all } else { 0 },
            "{state}"
        );
        match state {
            "before any rollup" => roll_up(&mut shares[0].1.client()),
            "after one of the two" => roll_up(&mut shares[1].1.client()),
            _ => {}
        }
    }

    // A partition that both have read is reported.
    let twice = "select coalesce(string_agg(partition::text || ' ' || servers::text, ';'), '') from musicstream_union.partitions_read_twice";
    assert_eq!(value::<String>(&mut client, twice, &[]), "");
    let mut command = stream(&shares[1].1, &topic);
    run(command.args(["--partitions", "2", "--until-end"]), TIMEOUT).with_code(0);
    assert_eq!(
        value::<String>(&mut client, twice, &[]),
        "2 {musicstream_0,musicstream_1}"
    );
}

/// Roles belong to a cluster. One that only has the union may lack those of musicstream.
#[test]
fn the_script_of_the_union_names_what_its_database_lacks() {
    let cluster = Cluster::start("");
    let mut client = connect(&cluster.url());
    for (created, message, script) in [
        ("", "no extension pg_musicstream", "sql/extension.sql"),
        (
            "create extension pg_musicstream",
            "no role musicstream_read",
            "sql/roles.sql",
        ),
    ] {
        client.batch_execute(created).unwrap();
        let error = client
            .batch_execute(&project_sql("union.sql"))
            .expect_err(message);
        let error = error.as_db_error().unwrap();
        assert!(error.message().contains(message), "{error:?}");
        assert!(error.hint().unwrap().contains(script), "{error:?}");
    }
}
