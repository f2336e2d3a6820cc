//! Metrics of an ingestor's partitions: lag, open transactions, transaction markers, and the offsets committed for lag tools.

use std::time::Duration;

use musicstream_tests::database::{Database, value};
use musicstream_tests::http::{address, figure, get};
use musicstream_tests::pipeline::stream;
use musicstream_tests::process::{Program, run};
use musicstream_tests::stored::wait_for_events;
use musicstream_tests::topic::{Record, Topic};
use musicstream_tests::wait::until;

const TIMEOUT: Duration = Duration::from_secs(60);

#[test]
fn the_lag_of_partitions_that_others_hold_is_not_shown() {
    for strategy in ["cooperative-sticky", "range"] {
        let topic = Topic::create("lag_moves", 2);
        let database = Database::create();
        let option = format!("partition.assignment.strategy={strategy}");
        let start = || {
            Program::start(
                stream(&database, &topic)
                    .args(["--group", topic.name(), "-X", &option])
                    .args(["-X", "heartbeat.interval.ms=500"]),
            )
        };
        let first = start();
        wait_for_lags(&first, &topic, 2);
        let second = start();
        wait_for_lags(&first, &topic, 1);
        wait_for_lags(&second, &topic, 1);
        for program in [first, second] {
            program.terminate();
            program.finish(TIMEOUT).with_code(0);
        }
    }
}

#[test]
fn the_lag_of_partitions_that_another_group_took_is_not_shown() {
    let topic = Topic::create("lag_taken", 2);
    let database = Database::create();
    let start = |group: &str| {
        let group = format!("{}_{group}", topic.name());
        Program::start(stream(&database, &topic).args(["--group", &group]))
    };
    let first = start("one");
    wait_for_lags(&first, &topic, 2);
    let second = start("two");
    wait_for_lags(&second, &topic, 2);
    // The first ingestor notices its replacement only when it stores something.
    topic.send((0..10).map(|id| Record::play(id % 2, id)).collect());
    wait_for_lags(&first, &topic, 0);
    for program in [first, second] {
        program.terminate();
        program.finish(TIMEOUT).with_code(0);
    }
}

#[test]
fn the_lag_includes_open_transactions_and_shows_them_separately() {
    let topic = Topic::create("lag_open", 1);
    let database = Database::create();
    let program = Program::start(stream(&database, &topic).args(["--group", topic.name()]));
    topic.send((0..10).map(|id| Record::play(0, id)).collect());
    let http = address(&program);
    let of_partition = |name: &str| {
        let sample = format!(
            r#"partition_{name}{{topic="{}",partition="0"}}"#,
            topic.name()
        );
        figure(&http, &sample)
    };
    let figures = || {
        (
            of_partition("end_offset"),
            of_partition("lag"),
            of_partition("open_transactions"),
        )
    };
    let wait_for_figures = |end: f64, lag: f64, open: f64| {
        let expected = (Some(end), Some(lag), Some(open));
        until(TIMEOUT, &format!("{expected:?}"), || {
            (figures() == expected).then_some(())
        });
    };
    wait_for_figures(10.0, 0.0, 0.0);
    let transaction = topic.begin_transaction(&[10, 11, 12].map(|id| Record::play(0, id)));
    // Neither the open transaction nor later records can be read yet.
    wait_for_figures(13.0, 3.0, 3.0);
    transaction.commit();
    let mut client = database.client();
    wait_for_events(TIMEOUT, &mut client, 13);
    // The marker of the transaction follows the last record. It is not stored, and is no lag.
    wait_for_figures(14.0, 0.0, 0.0);
    topic.send_in_transaction(&[13, 14, 15].map(|id| Record::play(0, id)), false);
    // Neither are aborted records and their marker.
    wait_for_figures(18.0, 0.0, 0.0);
    assert_eq!(of_partition("next_offset"), Some(13.0));
    program.terminate();
    program.finish(TIMEOUT).with_code(0);
    let released = "select count(*) from ingest_offsets where released_at is not null";
    assert_eq!(
        value::<i64>(&mut client, released, &[]),
        1,
        "nothing was left to read"
    );
}

#[test]
fn the_offsets_are_copied_to_the_named_group_with_or_without_members() {
    let topic = Topic::create("copied", 2);
    topic.send((0..10).map(|id| Record::play(id % 2, id)).collect());
    for arguments in [
        &["--until-end"][..],
        &["--until-end", "--partitions", "0-1"],
    ] {
        let database = Database::create();
        let group = format!("{}_{}", topic.name(), arguments.len());
        run(
            stream(&database, &topic)
                .args(arguments)
                .args(["--group", &group]),
            TIMEOUT,
        )
        .with_code(0);
        assert_eq!(topic.committed(&group), [Some(5), Some(5)], "{arguments:?}");
    }
}

/// Waits until the program shows the lag of this number of partitions.
fn wait_for_lags(program: &Program, topic: &Topic, count: usize) {
    let http = address(program);
    let start = format!(
        r#"musicstream_ingestor_partition_lag{{topic="{}""#,
        topic.name()
    );
    let what = format!("the lag of {count} partitions to be shown");
    until(TIMEOUT, &what, || {
        let page = get(&http, "/metrics").1;
        let shown = page.lines().filter(|line| line.starts_with(&start));
        (shown.count() == count).then_some(())
    });
}
