//! Postgres is unreachable for longer than `max.poll.interval.ms`.

use std::time::{Duration, Instant};

use musicstream_tests::cluster::Cluster;
use musicstream_tests::database::{Database, value};
use musicstream_tests::group::Protocol;
use musicstream_tests::http::{address, get};
use musicstream_tests::oracle::{assert_metrics_equal_raw, next_offsets};
use musicstream_tests::pipeline::stream;
use musicstream_tests::process::Program;
use musicstream_tests::proxy::Proxy;
use musicstream_tests::stored::{epochs, event_count};
use musicstream_tests::topic::{Record, Topic};
use musicstream_tests::under_both_protocols;
use musicstream_tests::wait::until;

const TIMEOUT: Duration = Duration::from_secs(180);
const PARTITIONS: i32 = 2;
const TRIES: &str = "trying again";

under_both_protocols!(
    a_member_keeps_its_partitions_in_an_outage_and_logs_once_a_minute,
    partitions_lost_while_paused_are_read_after_their_return,
);

fn a_member_keeps_its_partitions_in_an_outage_and_logs_once_a_minute(protocol: Protocol) {
    let cluster = Cluster::start("");
    let database = Database::create_in(&cluster.url(), "");
    let topic = Topic::create("outage", PARTITIONS);
    topic.send(events(0..400));
    let mut client = database.client();
    let program = Program::start(
        stream(&database, &topic)
            .args(["--group", topic.name(), "--batch-rows", "100"])
            .args(protocol.short_session_options())
            .args(["-X", "max.poll.interval.ms=6000"]),
    );
    until(TIMEOUT, "the first events to be stored", || {
        (event_count(&mut client) == 400).then_some(())
    });
    let epochs_before = epochs(&mut client);
    drop(client);
    let late_database = Database::create_in(&cluster.url(), "");

    let before = program.log().len();
    let began = Instant::now();
    cluster.crash();
    // More records than fit into the batches, so that partitions are not read.
    topic.send(events(400..4_000));
    let late_topic = Topic::create("outage_late", 1);
    let late = Program::start(stream(&late_database, &late_topic).args([
        "--group",
        late_topic.name(),
        "--listen",
        "127.0.0.1:0",
    ]));
    until(TIMEOUT, "the outage to be reported a second time", || {
        let is_told_twice =
            |program: &Program, before| program.log()[before..].matches(TRIES).count() >= 2;
        (is_told_twice(&program, before) && is_told_twice(&late, 0)).then_some(())
    });
    for program in [&program, &late] {
        let http = address(program);
        assert_eq!(get(&http, "/healthz"), (200, "ok\n".to_owned()));
        let (status, why) = get(&http, "/readyz");
        assert!(
            status == 503 && why.contains("no event can be stored"),
            "{status}: {why}"
        );
    }
    let minutes = began.elapsed().as_secs() / 60;
    cluster.boot();
    drop(cluster.await_writable());
    let mut client = database.client();
    until(TIMEOUT, "all to be stored", || {
        (event_count(&mut client) == 4_000).then_some(())
    });
    assert_eq!(next_offsets(&mut client), topic.ends());
    assert_metrics_equal_raw(&mut client);
    let http = address(&late);
    until(
        TIMEOUT,
        "the member that was started in the outage to be ready",
        || (get(&http, "/readyz").0 == 200).then_some(()),
    );
    late.terminate();
    late.finish(TIMEOUT).with_code(0);
    assert_eq!(
        epochs(&mut client),
        epochs_before,
        "no partition was claimed"
    );
    program.terminate();
    let log = program.finish(TIMEOUT).with_code(0).stderr;
    let said = log[before..].matches(TRIES).count();
    assert!(
        u64::try_from(said).unwrap() <= minutes + 1,
        "{said} messages in {minutes} whole minutes: {log}"
    );
    let told = ["the database is behind", "events can be stored again"];
    assert!(
        told.iter().all(|words| log[before..].contains(words)),
        "{log}"
    );
    assert_eq!(
        log.matches("the group assigned partitions").count(),
        1,
        "{log}"
    );
    assert!(!log.contains("the group revoked partitions"), "{log}");
}

fn partitions_lost_while_paused_are_read_after_their_return(protocol: Protocol) {
    let topic = Topic::create("paused", PARTITIONS);
    let database = Database::create();
    let mut client = database.client();
    let (proxy, url) = Proxy::before(&database);
    let start = |url: &str| {
        Program::start(
            stream(&database, &topic)
                .env("DATABASE_URL", url)
                .args(["--group", topic.name(), "--batch-rows", "100"])
                .args(protocol.short_session_options())
                .args(["-X", "max.poll.interval.ms=6000"]),
        )
    };
    let owners = "select count(distinct owner) from ingest_offsets where owner is not null";
    let first = start(&url);
    topic.send(events(0..200));
    until(TIMEOUT, "the first events to be stored", || {
        (event_count(&mut client) == 200).then_some(())
    });
    proxy.set_silent(true);
    topic.send(events(200..2_000));
    until(TIMEOUT, "reading to pause", || {
        first.log().contains("the database is behind").then_some(())
    });
    first.suspend();
    let second = start(&database.ingest_url());
    until(TIMEOUT, "another member to store the records", || {
        (event_count(&mut client) == 2_000).then_some(())
    });
    proxy.set_silent(false);
    proxy.cut();
    first.resume();
    until(TIMEOUT, "both to have a partition", || {
        (value::<i64>(&mut client, owners, &[]) == 2).then_some(())
    });
    topic.send(events(2_000..2_200));
    until(TIMEOUT, "both to store new records", || {
        (event_count(&mut client) == 2_200).then_some(())
    });
    for program in [first, second] {
        program.terminate();
        program.finish(TIMEOUT).with_code(0);
    }
    assert_eq!(next_offsets(&mut client), topic.ends());
    assert_metrics_equal_raw(&mut client);
}

fn events(ids: std::ops::Range<i32>) -> Vec<Record> {
    ids.map(|id| Record::play(id % PARTITIONS, id)).collect()
}
