//! Obstacles to a day's partition: events of that day are rejected, all other days are stored.

use postgres::Client;

use musicstream_tests::batch::{outcome, store};
use musicstream_tests::database::{Database, connect, value};
use musicstream_tests::oracle::{assert_metrics_equal_raw, roll_up};
use musicstream_tests::pipeline::stream_to_end;
use musicstream_tests::process::{Summary, ingestor, run};
use musicstream_tests::stored::event_count;
use musicstream_tests::topic::{Record, Topic};

const SOURCE: &str = "kafka:test/topic";

/// Statements that create an obstacle to the partition of 2026-03-02, the word for it in the reject, and statements that
/// remove it.
const OBSTACLES: [(&str, &str, &str); 7] = [
    (
        "select musicstream_make_partitions('{2026-03-02}'); alter table raw_events detach partition raw_events_20260302",
        "raw_events_20260302",
        "alter table raw_events attach partition raw_events_20260302 for values from ('2026-03-02Z') to ('2026-03-03Z')",
    ),
    (
        "create table musicstream_internal.raw_events_20260302 (mine text)",
        "raw_events_20260302",
        "drop table raw_events_20260302",
    ),
    (
        "create view musicstream_internal.raw_events_20260302 as select 1 as mine",
        "raw_events_20260302",
        "drop view raw_events_20260302",
    ),
    (
        "create table march partition of raw_events (primary key (event_id)) for values from ('2026-03-02Z') to ('2026-04-01Z')",
        "march",
        "alter table raw_events detach partition march",
    ),
    (
        "create table musicstream_internal.raw_events_20260302 partition of raw_events (primary key (event_id)) for values from ('2026-03-02 01:00Z') to ('2026-03-03Z')",
        "raw_events_20260302",
        "drop table raw_events_20260302",
    ),
    (
        "create table musicstream_internal.raw_events_20260302 partition of raw_events for values from ('2026-03-02Z') to ('2026-03-03Z')",
        "raw_events_20260302",
        "alter table raw_events_20260302 add primary key (event_id)",
    ),
    (
        "create table others partition of raw_events default;
         insert into others select gen_random_uuid(), 'u', 'play', 'eu', '2026-03-02T00:00:00Z'",
        "others",
        "drop table others",
    ),
];

fn details(client: &mut Client, reason: &str) -> Vec<String> {
    client
        .query(
            "select detail from rejected_events where reason = $1 order by rejected_id",
            &[&reason],
        )
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect()
}

#[test]
fn only_the_blocked_day_is_rejected_until_the_obstacle_is_removed() {
    for (put, name, take_away) in OBSTACLES {
        let database = Database::create();
        let mut admin = database.client();
        let mut client = connect(&database.ingest_url());
        admin.batch_execute(put).unwrap();
        let rows = "(0, 1, 1, 'u', 'play', 'eu', '2026-03-01T12:00Z'), (0, 2, 2, 'u', 'play', 'eu', '2026-03-02T12:00Z'),
            (0, 3, 3, 'u', 'play', 'eu', '2026-03-03T12:00Z'), (0, 4, 3, 'u', 'play', 'eu', '2026-03-03T12:00Z')";
        // A partition for the whole of March also blocks the third.
        let (stored, waiting) = if name == "march" { (1, 3) } else { (2, 1) };
        let duplicate = i64::from(name != "march");
        assert_eq!(
            store(&mut client, SOURCE, rows).unwrap(),
            outcome(4, stored, duplicate, 0, waiting),
            "{put}"
        );
        let details = details(&mut admin, "no_partition");
        assert_eq!(details.len() as i64, waiting, "{put}");
        for detail in &details {
            assert!(
                detail.contains("2026-03-0") && detail.contains(name),
                "{put}: {detail}"
            );
        }
        // The inbox and a rollup, which creates partitions ahead, work as well.
        client
            .batch_execute(
                "insert into staging_events (event_id, user_id, event_type, region, ts) values
                    (lpad('11', 32, '0'), 'u', 'play', 'eu', '2026-03-01T13:00:00Z'),
                    (lpad('12', 32, '0'), 'u', 'play', 'eu', '2026-03-02T13:00:00Z');
                 select musicstream_rollup()",
            )
            .unwrap();
        assert_eq!(
            value::<i64>(&mut admin, "select count(*) from staging_events", &[]),
            0
        );

        admin.batch_execute(take_away).unwrap();
        let retried: i64 = value(
            &mut client,
            "select inserted from musicstream_retry_rejected('no_partition')",
            &[],
        );
        assert_eq!(retried, 5 - stored - 1, "{put}");
        roll_up(&mut admin);
        assert_metrics_equal_raw(&mut admin);
        assert_eq!(event_count(&mut admin), 5, "{put}");
        assert_eq!(
            value::<i64>(&mut admin, "select count(*) from rejected_events", &[]),
            0,
            "{put}"
        );
    }
}

/// Creating partitions ahead raises a warning, and creates the other days.
#[test]
fn partitions_ahead_are_created_despite_an_obstacle() {
    let database = Database::create();
    let mut admin = database.client();
    admin
        .batch_execute(
            "do $$ begin execute format('create table musicstream_internal.%I ()', 'raw_events_' || to_char((now() at time zone 'UTC')::date + 1, 'YYYYMMDD')); end $$",
        )
        .unwrap();
    roll_up(&mut admin);
    let ahead: i64 = value(&mut admin, "select count(*) from musicstream_leaves()", &[]);
    assert_eq!(ahead, 3, "today and the two days after tomorrow");
    let made: i32 = value(
        &mut admin,
        "select musicstream_make_partitions(array(select (now() at time zone 'UTC')::date + n from generate_series(-1, 1) as n))",
        &[],
    );
    assert_eq!(made, 1, "yesterday");
}

#[test]
fn a_stream_stores_the_other_days_of_a_batch_with_a_blocked_day() {
    let database = Database::create();
    let mut admin = database.client();
    let topic = Topic::create("obstacle", 1);
    let event = |number: usize, day: usize| {
        let payload = format!(
            r#"{{"event_id":"{number:032x}","user_id":"canary","event_type":"play","region":"eu","ts":"2026-03-0{day}T12:00:00Z"}}"#
        );
        Record::new(0, payload)
    };
    topic.send(
        (0..30)
            .map(|number| event(number, 1 + number % 3))
            .collect(),
    );
    admin.batch_execute(OBSTACLES[0].0).unwrap();
    let summary = stream_to_end(&database, &topic);
    let expected = Summary {
        read: 30,
        inserted: 20,
        rejected: 10,
        ..Summary::default()
    };
    assert_eq!(summary, expected);
    assert_eq!(details(&mut admin, "no_partition").len(), 10);
    assert_metrics_equal_raw(&mut admin);

    admin.batch_execute(OBSTACLES[0].2).unwrap();
    let replay = ["replay", "--reason", "no_partition"];
    run(
        ingestor(&database).args(replay),
        std::time::Duration::from_secs(60),
    )
    .with_code(0);
    assert_eq!(event_count(&mut admin), 30);
    assert_metrics_equal_raw(&mut admin);
}
