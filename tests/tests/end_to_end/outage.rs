//! Postgres is unreachable for longer than `max.poll.interval.ms`, does not answer, or does not confirm a commit.

use std::time::{Duration, Instant};

use musicstream_tests::cluster::Cluster;
use musicstream_tests::database::{Database, value};
use musicstream_tests::group::Protocol;
use musicstream_tests::http::{address, figure, get};
use musicstream_tests::oracle::{assert_metrics_equal_raw, next_offsets};
use musicstream_tests::pipeline::{rejected, stream};
use musicstream_tests::process::{Program, run};
use musicstream_tests::proxy::Proxy;
use musicstream_tests::stored::{epochs, event_count, wait_for_events};
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

/// The server falls silent while the ingestor searches for the row that it refuses.
#[test]
fn a_search_for_refused_rows_is_repeated_after_an_outage() {
    // The sequence also counts calls that are rolled back.
    const SLOW_CHECK: &str = "create sequence public.refusals;
        create function public.is_accepted(user_id text) returns boolean language plpgsql security definer as $$
        begin
            if user_id <> 'refused' then
                return true;
            end if;
            perform nextval('public.refusals');
            perform pg_sleep(1);
            return false;
        end $$;
        alter table raw_events add check (public.is_accepted(user_id))";
    let topic = Topic::create("bisected", 1);
    let database = Database::create();
    let mut client = database.client();
    client.batch_execute(SLOW_CHECK).unwrap();
    let (proxy, url) = Proxy::before(&database);
    let refused = r#"{"event_id":"00000000000000000000000000000001","user_id":"refused","event_type":"play","region":"eu","ts":"2026-03-01T00:00:00Z"}"#;
    let sent = topic.send(vec![Record::play(0, 2), Record::new(0, refused)]);
    let program = Program::start(
        stream(&database, &topic)
            .env("DATABASE_URL", format!("{url}&connect_timeout=2"))
            .args(["--group", topic.name(), "--answer-timeout", "3s"])
            .args(["--max-reject-ratio", "1"]),
    );
    // The first two calls are those of the batch: it is tried again, because a partition could have been missing.
    until(TIMEOUT, "the search for the refused row", || {
        let calls = "select last_value from public.refusals";
        (value::<i64>(&mut client, calls, &[]) >= 3).then_some(())
    });
    proxy.set_silent(true);
    until(TIMEOUT, "the outage to be detected", || {
        let failed = "an attempt failed: cannot find the rows that are refused: no answer for";
        program.log().contains(failed).then_some(())
    });
    proxy.set_silent(false);
    proxy.cut();
    wait_for_events(TIMEOUT, &mut client, 1);
    program.terminate();
    program.finish(TIMEOUT).with_code(0);
    let rejects = rejected(&mut client);
    assert_eq!(rejects.len(), 1, "{rejects:?}");
    assert_eq!(rejects[0].reason, "refused_by_database");
    assert_eq!(rejects[0].payload, sent[1].payload);
    assert_eq!(next_offsets(&mut client), topic.ends());
    assert_metrics_equal_raw(&mut client);
}

/// A constraint of the user's own refuses the reject as well: another attempt would not help.
#[test]
fn a_reject_that_is_refused_ends_the_stream() {
    const NO_TOMBSTONES: &str = "alter table rejected_events alter column payload set not null";
    let topic = Topic::create("refused_reject", 1);
    let database = Database::create();
    let mut client = database.client();
    client.batch_execute(NO_TOMBSTONES).unwrap();
    topic.send(vec![Record::play(0, 1), Record::default()]);
    let failed = run(stream(&database, &topic).arg("--until-end"), TIMEOUT).with_code(1);
    let told = "(SQLSTATE 23502); it is a reject already; hint: check the constraints";
    assert!(failed.stderr.contains(told), "{failed:#?}");
    assert_eq!(event_count(&mut client), 0);
}

/// Each attempt needs a new session. If the ledger were read for each of these, an outage of hours would be followed by hours
/// of reading.
#[test]
fn the_ledger_is_read_once_after_many_failed_attempts() {
    const ATTEMPTS: usize = 5;
    const FULL: &str = "create function public.refuse() returns trigger language plpgsql as $$
        begin
            raise disk_full using message = 'the disk is full';
        end $$;
        create trigger refuse before update on ingest_offsets
            for each row when (old.next_offset is distinct from new.next_offset) execute function public.refuse()";
    // Of the ingestor's own reads: functions of the extension run as the table's owner, to whom policies do not apply.
    const COUNT_READS: &str = "create sequence public.reads;
        grant usage on sequence public.reads to public;
        create policy counted on ingest_offsets for select using (nextval('public.reads') > 0);
        alter table ingest_offsets enable row level security";
    const READS: &str = "select case when is_called then last_value else 0 end from public.reads";
    let topic = Topic::create("failing", 1);
    let database = Database::create();
    let mut client = database.client();
    client.batch_execute(FULL).unwrap();
    client.batch_execute(COUNT_READS).unwrap();
    topic.send(vec![Record::play(0, 1)]);
    let program = Program::start(stream(&database, &topic).args(["--group", topic.name()]));
    until(TIMEOUT, "several attempts to fail", || {
        let failed = "an attempt failed: cannot advance the ledger";
        (program.log().matches(failed).count() >= ATTEMPTS).then_some(())
    });
    client
        .batch_execute("drop trigger refuse on ingest_offsets")
        .unwrap();
    wait_for_events(TIMEOUT, &mut client, 1);
    until(TIMEOUT, "the ledger to be read", || {
        (value::<i64>(&mut client, READS, &[]) > 0).then_some(())
    });
    // The last request of a stream is the release of its partitions: all reads that were requested are done by then.
    program.terminate();
    program.finish(TIMEOUT).with_code(0);
    assert_eq!(value::<i64>(&mut client, READS, &[]), 1);
    assert_eq!(next_offsets(&mut client), topic.ends());
}

/// Each attempt to store a batch again reads the ledger.
#[test]
fn a_doubtful_commit_is_counted_once() {
    // The first commit gets no answer in time, and keeps its row of the ledger locked.
    const SLOW_COMMIT: &str = "create sequence public.commits;
        create function public.delay_first() returns trigger language plpgsql security definer as $$
        begin
            if nextval('public.commits') = 1 then
                perform pg_sleep(600);
            end if;
            return null;
        end $$;
        create constraint trigger delay_first after update on ingest_offsets deferrable initially deferred
            for each row when (old.next_offset is distinct from new.next_offset) execute function public.delay_first()";
    const END_COMMIT: &str = "select count(pg_terminate_backend(pid)) from pg_stat_activity
        where datname = current_database() and wait_event = 'PgSleep'";
    let topic = Topic::create("doubtful", 1);
    let database = Database::create();
    let mut client = database.client();
    client.batch_execute(SLOW_COMMIT).unwrap();
    topic.send(vec![Record::play(0, 1)]);
    let program = Program::start(
        stream(&database, &topic)
            .args(["--group", topic.name(), "--answer-timeout", "2s"])
            .args(["--listen", "127.0.0.1:0"]),
    );
    until(TIMEOUT, "two more attempts to fail", || {
        let failed = "an attempt failed: cannot store a batch: no answer for";
        (program.log().matches(failed).count() >= 2).then_some(())
    });
    assert_eq!(value::<i64>(&mut client, END_COMMIT, &[]), 1);
    wait_for_events(TIMEOUT, &mut client, 1);
    let http = address(&program);
    let count = |outcome: &str| {
        let labels = format!(r#"topic="{}",outcome="{outcome}""#, topic.name());
        figure(&http, &format!("doubtful_commits_total{{{labels}}}"))
    };
    until(TIMEOUT, "the commit to be counted", || {
        count("not_stored").filter(|&count| count > 0.0)
    });
    assert_eq!(count("not_stored"), Some(1.0));
    assert_eq!(count("stored").unwrap_or_default(), 0.0);
    program.terminate();
    program.finish(TIMEOUT).with_code(0);
    assert_eq!(next_offsets(&mut client), topic.ends());
    assert_metrics_equal_raw(&mut client);
}

fn events(ids: std::ops::Range<i32>) -> Vec<Record> {
    ids.map(|id| Record::play(id % PARTITIONS, id)).collect()
}
