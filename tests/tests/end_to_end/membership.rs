//! The partitions that an ingestor reads: assigned by its group, listed, of several topics, and added later.

use std::time::Duration;

use postgres::Client;

use musicstream_tests::database::{Database, value};
use musicstream_tests::group::Protocol;
use musicstream_tests::http::{address, get};
use musicstream_tests::oracle::{assert_metrics_equal_raw, next_offsets};
use musicstream_tests::pipeline::{stream, stream_to_end};
use musicstream_tests::process::{Program, Summary, ingestor, run};
use musicstream_tests::stored::{epochs, event_count, owners};
use musicstream_tests::topic::{Record, Topic};
use musicstream_tests::under_both_protocols;
use musicstream_tests::wait::until;

const TIMEOUT: Duration = Duration::from_secs(60);

under_both_protocols!(
    a_joining_member_takes_some_partitions_and_does_not_disturb_the_others,
    members_without_partitions_stand_by_and_replace_killed_members,
    a_lost_and_returned_partition_continues_after_its_killed_owner,
    a_member_fenced_by_its_instance_id_reports_the_reason,
    an_added_partition_is_read_from_its_beginning,
);

fn a_joining_member_takes_some_partitions_and_does_not_disturb_the_others(protocol: Protocol) {
    let topic = Topic::create("cooperative", 4);
    let database = Database::create();
    let mut client = database.client();
    let start = || {
        Program::start(
            stream(&database, &topic)
                .args(["--group", topic.name()])
                .args(protocol.short_session_options()),
        )
    };
    let first = start();
    until(TIMEOUT, "the first member to have all partitions", || {
        (epochs(&mut client) == [1, 1, 1, 1]).then_some(())
    });
    topic.send(events(0..400, 4));
    until(TIMEOUT, "the first member to store all records", || {
        (event_count(&mut client) == 400).then_some(())
    });

    let second = start();
    until(TIMEOUT, "the second member to have its share", || {
        (owners(&mut client).len() == 2).then_some(())
    });
    topic.send(events(400..800, 4));
    until(TIMEOUT, "both to store all records", || {
        (event_count(&mut client) == 800).then_some(())
    });
    let mut after_rebalance = epochs(&mut client);
    after_rebalance.sort_unstable();
    assert_eq!(
        after_rebalance,
        [1, 1, 2, 2],
        "partitions that stayed are not claimed again"
    );

    second.terminate();
    second.finish(TIMEOUT).with_code(0);
    topic.send(events(800..1200, 4));
    until(TIMEOUT, "the first member to have all again", || {
        (event_count(&mut client) == 1200 && owners(&mut client).len() == 1).then_some(())
    });
    first.terminate();
    let log = first.finish(TIMEOUT).with_code(0).stderr;
    assert!(!log.contains("fenced"), "no member was fenced: {log}");
    let rejected: i64 = value(&mut client, "select count(*) from rejected_events", &[]);
    assert_eq!(rejected, 0);
}

fn members_without_partitions_stand_by_and_replace_killed_members(protocol: Protocol) {
    let topic = Topic::create("standing_by", 1);
    let database = Database::create();
    let mut client = database.client();
    let mut members: Vec<Program> = (0..3)
        .map(|_| start_member(&database, &topic, protocol))
        .collect();
    for member in &members {
        let http = address(member);
        until(TIMEOUT, "each member to be ready, with and without", || {
            (get(&http, "/readyz").0 == 200).then_some(())
        });
    }
    for round in 0..3 {
        topic.send(events(round * 100..(round + 1) * 100, 1));
        until(TIMEOUT, "the events to be stored", || {
            (event_count(&mut client) == i64::from(round + 1) * 100).then_some(())
        });
        let owner: String = value(&mut client, "select owner from ingest_offsets", &[]);
        let holder = members.iter().position(|member| is_of(&owner, member));
        members.swap_remove(holder.unwrap()).kill();
    }
    assert!(members.is_empty(), "each member was killed while it read");
    assert_eq!(epochs(&mut client), [3], "each member has claimed once");
    let nothing = stream_to_end(&database, &topic);
    assert_eq!(
        nothing,
        Summary::default(),
        "no record is left or read twice"
    );
    assert_metrics_equal_raw(&mut client);
}

fn a_lost_and_returned_partition_continues_after_its_killed_owner(protocol: Protocol) {
    let topic = Topic::create("coming_back", 2);
    let database = Database::create();
    let mut client = database.client();
    let mut sent = 0;
    let mut pass = |client: &mut Client| {
        topic.send(events(sent..sent + 200, 2));
        sent += 200;
        until(TIMEOUT, "the events to be stored", || {
            (event_count(client) == i64::from(sent)).then_some(())
        });
    };
    let first = start_member(&database, &topic, protocol);
    pass(&mut client);
    for round in 1..=2 {
        // The suspended member loses both partitions to the second, and gets one back.
        first.suspend();
        let second = start_member(&database, &topic, protocol);
        until(TIMEOUT, "the second to have both", || {
            let owners = owners(&mut client);
            (owners.len() == 1 && is_of(&owners[0], &second)).then_some(())
        });
        pass(&mut client);
        first.resume();
        until(TIMEOUT, "the first to have one again", || {
            (owners(&mut client).len() == 2).then_some(())
        });
        pass(&mut client);
        second.kill();
        pass(&mut client);
        assert!(
            is_of(&owners(&mut client).concat(), &first),
            "round {round}"
        );
    }
    first.terminate();
    let log = first.finish(TIMEOUT).with_code(0).stderr;
    // The first assignment; after each resume one partition and, after the kill, the other.
    assert!(
        log.matches("the group assigned partitions").count() >= 5,
        "{log}"
    );
    assert_eq!(next_offsets(&mut client), topic.ends());
    let rejected: i64 = value(&mut client, "select count(*) from rejected_events", &[]);
    assert_eq!(rejected, 0);
    assert_metrics_equal_raw(&mut client);
}

fn a_member_fenced_by_its_instance_id_reports_the_reason(protocol: Protocol) {
    let topic = Topic::create("instance", 1);
    let database = Database::create();
    let start = || {
        Program::start(
            stream(&database, &topic)
                .args(["--group", topic.name(), "--group-instance-id", "me"])
                .args(protocol.short_session_options()),
        )
    };
    let mut members = vec![start()];
    let http = address(&members[0]);
    until(TIMEOUT, "the first to be ready", || {
        (get(&http, "/readyz").0 == 200).then_some(())
    });
    members.push(start());
    let fenced = until(TIMEOUT, "one of them to end", || {
        members.iter_mut().position(|member| !member.is_running())
    });
    let log = members.remove(fenced).finish(TIMEOUT).with_code(1).stderr;
    assert!(log.contains("each member needs its own"), "{log}");
    let other = members.remove(0);
    other.terminate();
    other.finish(TIMEOUT).with_code(0);
}

#[test]
fn only_listed_partitions_are_read() {
    let topic = Topic::create("listed", 4);
    topic.send(events(0..400, 4));
    let database = Database::create();
    let mut client = database.client();
    let read = |list: &str| {
        run(
            stream(&database, &topic).args([
                "--until-end",
                "--output",
                "json",
                "--writers",
                "2",
                "--partitions",
                list,
            ]),
            TIMEOUT,
        )
    };
    let half = Summary {
        read: 200,
        inserted: 200,
        ..Summary::default()
    };
    assert_eq!(read("0,2").summary(), half);
    let partitions: Vec<i32> = client
        .query("select partition from ingest_offsets order by 1", &[])
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert_eq!(partitions, [0, 2]);
    assert_eq!(read("1-3").summary(), half, "the other half of the records");
    assert_eq!(event_count(&mut client), 400);
    let absent = read("3,4").with_code(1);
    assert!(absent.stderr.contains("no partition 4"), "{absent:#?}");

    // An endless stream without a group.
    let program = Program::start(stream(&database, &topic).args(["--partitions", "1"]));
    topic.send(events(400..404, 4));
    until(TIMEOUT, "the listed partition to be read", || {
        (event_count(&mut client) == 401).then_some(())
    });
    program.terminate();
    program.finish(TIMEOUT).with_code(0);
}

#[test]
fn several_topics_are_read_as_separate_sources() {
    let (one, two) = (Topic::create("several_1", 2), Topic::create("several_2", 1));
    one.send(events(0..300, 2));
    two.send(events(300..400, 1));
    let database = Database::create();
    let mut client = database.client();
    let list = format!("{},{}", one.name(), two.name());
    let summary = run(
        ingestor(&database).args([
            "stream",
            "--until-end",
            "--output",
            "json",
            "--topic",
            &list,
        ]),
        TIMEOUT,
    )
    .summary();
    let all = Summary {
        read: 400,
        inserted: 400,
        ..Summary::default()
    };
    assert_eq!(summary, all);
    let sources: i64 = value(
        &mut client,
        "select count(distinct source) from ingest_offsets",
        &[],
    );
    assert_eq!(sources, 2);

    // A topic that fails ends the run, and is named.
    let failed = run(
        ingestor(&database)
            .args(["stream", "--group", one.name(), "--topic", one.name()])
            .args(["--topic", "no_such_topic_at_all"]),
        TIMEOUT,
    )
    .with_code(1);
    assert!(
        failed.stderr.contains("no_such_topic_at_all"),
        "{failed:#?}"
    );

    // Other messages say which topic they are about.
    let program = Program::start(
        ingestor(&database)
            .args(["stream", "--group", one.name()])
            .args(["--topic", &list]),
    );
    for topic in [&one, &two] {
        let of_topic = format!("stream{{topic=\"{}\"}}: the group assigned", topic.name());
        until(TIMEOUT, "a message of each topic", || {
            program.log().contains(&of_topic).then_some(())
        });
    }
    program.terminate();
    program.finish(TIMEOUT).with_code(0);
}

fn an_added_partition_is_read_from_its_beginning(protocol: Protocol) {
    let mut topic = Topic::create("growing", 1);
    let database = Database::create();
    let mut client = database.client();
    let program = Program::start(
        stream(&database, &topic)
            // Existing records are skipped, but an added partition is read from its beginning.
            .args(["--from", "latest", "--group", topic.name()])
            .args(protocol.short_session_options())
            .args(["-X", "topic.metadata.refresh.interval.ms=500"]),
    );
    until(TIMEOUT, "the first partition to be claimed", || {
        (epochs(&mut client).len() == 1).then_some(())
    });
    topic.grow(3);
    let records = (0..90).map(|id| Record::play(1 + id % 2, id)).collect();
    topic.send(records);
    until(TIMEOUT, "the new partitions to be stored", || {
        (event_count(&mut client) == 90).then_some(())
    });
    program.terminate();
    program.finish(TIMEOUT).with_code(0);
}

#[test]
fn a_partition_added_while_no_ingestor_runs_is_read_from_its_beginning() {
    let mut topic = Topic::create("grown", 1);
    let database = Database::create();
    let mut client = database.client();
    let read = |topic: &Topic| {
        run(
            stream(&database, topic).args(["--until-end", "--from", "latest", "--output", "json"]),
            TIMEOUT,
        )
        .summary()
    };
    topic.send(vec![Record::play(0, 0)]);
    assert_eq!(
        read(&topic),
        Summary::default(),
        "--from applies to a topic that the ledger does not know"
    );
    assert_eq!(next_offsets(&mut client), [1]);

    topic.grow(3);
    let records = (1..91).map(|id| Record::play(id % 3, id)).collect();
    topic.send(records);
    assert_eq!(read(&topic).inserted, 90);
    assert_eq!(next_offsets(&mut client), topic.ends());
}

#[test]
fn only_committed_records_are_stored_and_a_run_ends_after_the_markers() {
    let topic = Topic::create("transactions", 2);
    topic.send_in_transaction(&events(0..100, 2), true);
    topic.send_in_transaction(&events(100..200, 2), false);
    topic.send_in_transaction(&events(200..300, 2), true);
    topic.send_in_transaction(&events(300..400, 2), false);
    let database = Database::create();
    let mut client = database.client();
    let read = || {
        run(
            stream(&database, &topic).args(["--until-end", "--output", "json"]),
            TIMEOUT,
        )
        .summary()
    };
    let committed = Summary {
        read: 200,
        inserted: 200,
        ..Summary::default()
    };
    assert_eq!(read(), committed);
    assert_eq!(
        next_offsets(&mut client),
        topic.ends(),
        "the last offset is that of a marker"
    );
    assert_eq!(read(), Summary::default(), "nothing is left to read");
    topic.send_in_transaction(&events(100..200, 2), true);
    assert_eq!(read().inserted, 100, "all records after the aborted ones");
}

fn events(ids: std::ops::Range<i32>, partitions: i32) -> Vec<Record> {
    ids.map(|id| Record::play(id % partitions, id)).collect()
}

fn is_of(owner: &str, member: &Program) -> bool {
    owner.contains(&format!("/{}/", member.id()))
}

/// Starts a member of the topic's group with a short session timeout.
fn start_member(database: &Database, topic: &Topic, protocol: Protocol) -> Program {
    Program::start(
        stream(database, topic)
            .args(["--group", topic.name()])
            .args(protocol.short_session_options()),
    )
}
