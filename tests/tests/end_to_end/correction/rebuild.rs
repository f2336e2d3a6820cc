//! `musicstream_verify()` finds every kind of difference between metrics and events, and `musicstream_rebuild()` repairs it.

use musicstream_tests::database::value;
use musicstream_tests::minutes::insert_minutes;
use musicstream_tests::oracle::{assert_metrics_equal_raw, roll_up};

use super::{column, count, database_with, refusal};

const EVENTS: [&str; 2] = [
    "(0, 1, 1, 'u1', 'play', 'eu', '2026-03-01T12:00:00Z'), (0, 2, 2, 'u2', 'play', 'eu', '2026-03-01T12:00:59Z'),
     (0, 3, 3, 'u1', 'stop', 'us', '2026-03-01T12:01:00Z'), (0, 4, 4, 'u3', 'play', 'eu', '2026-03-02T00:00:00Z')",
    "(0, 5, 5, 'u3', 'play', 'us', '2026-03-03T23:59:59.999999Z')",
];

const DIFFERENCES: &str = "
    select concat_ws(' ', metric, to_char(bucket at time zone 'UTC', 'MM-DD HH24:MI'), event_type, region, counted, stored)
    from musicstream_verify()";

#[test]
pub(crate) fn each_difference_is_found_and_repaired() {
    for (damage, differences) in [
        (
            "update daily_metrics set events = events + 1 where day = '2026-03-01' and event_type = 'play'",
            &["day 03-01 00:00 play eu 3 2"][..],
        ),
        (
            "update minute_counts set minutes = (select pack_minutes('2026-03-03 23:59Z', 7, 0)) where region = 'us' and event_type = 'play'",
            &["minute 03-03 23:59 play us 7 1"],
        ),
        (
            "update minute_counts set events = 7 where region = 'us' and event_type = 'play'",
            &["hour 03-03 23:00 play us 7 1"],
        ),
        (
            "delete from daily_metrics where day = '2026-03-02'",
            &["day 03-02 00:00 play eu 0 1"],
        ),
        (
            "delete from minute_counts where event_type = 'stop'",
            &[
                "hour 03-01 12:00 stop us 0 1",
                "minute 03-01 12:01 stop us 0 1",
            ],
        ),
        (
            "insert into daily_metrics values ('2026-03-02', 'pause', 'mars', 4, 0, now())",
            &["day 03-02 00:00 pause mars 4 0"],
        ),
        (
            &insert_minutes(
                "minute_counts",
                "values (timestamptz '2026-03-02 00:01Z', 'pause', 'mars', 4, 0)",
            ),
            &[
                "hour 03-02 00:00 pause mars 4 0",
                "minute 03-02 00:01 pause mars 4 0",
            ],
        ),
        (
            "insert into daily_metrics values ('2025-12-31', 'play', 'eu', 1, 0, now())", // a day without a partition
            &["day 12-31 00:00 play eu 1 0"],
        ),
        (
            &insert_minutes(
                "metric_deltas",
                "values (timestamptz '2026-03-02 00:00Z', 'play', 'eu', 1, 0)",
            ),
            &[
                "day 03-02 00:00 play eu 2 1",
                "hour 03-02 00:00 play eu 2 1",
                "minute 03-02 00:00 play eu 2 1",
            ],
        ),
        (
            "delete from raw_events where region = 'us' and event_type = 'play'",
            &[
                "day 03-03 00:00 play us 1 0",
                "hour 03-03 23:00 play us 1 0",
                "listeners 03-03 00:00 us 1 0",
                "minute 03-03 23:59 play us 1 0",
            ],
        ),
        (
            "insert into raw_events values (gen_random_uuid(), 'u', 'play', 'eu', '2026-03-02 00:00:30Z')",
            &[
                "day 03-02 00:00 play eu 1 2",
                "hour 03-02 00:00 play eu 1 2",
                "listeners 03-02 00:00 eu 1 2",
                "minute 03-02 00:00 play eu 1 2",
            ],
        ),
        (
            "update raw_events set region = 'moon' where event_type = 'stop'",
            &[
                "day 03-01 00:00 stop moon 0 1",
                "day 03-01 00:00 stop us 1 0",
                "hour 03-01 12:00 stop moon 0 1",
                "hour 03-01 12:00 stop us 1 0",
                "listeners 03-01 00:00 moon 0 1",
                "listeners 03-01 00:00 us 1 0",
                "minute 03-01 12:01 stop moon 0 1",
                "minute 03-01 12:01 stop us 1 0",
            ],
        ),
        (
            "update daily_listeners set listeners = 7 where day = '2026-03-01' and region = 'eu'",
            &["listeners 03-01 00:00 eu 7 2"],
        ),
        (
            "delete from daily_listeners where day = '2026-03-02'",
            &["listeners 03-02 00:00 eu 0 1"],
        ),
        (
            "insert into daily_listeners
             select '2026-03-02', 'mars', 1, sketch_users('u1'), now()",
            &["listeners 03-02 00:00 mars 1 0"],
        ),
        (
            "insert into daily_listeners select '2025-12-31', 'eu', 1, sketch_users('u1'), now()", // no partition
            &["listeners 12-31 00:00 eu 1 0"],
        ),
        (
            "update daily_listeners set sketch = (select sketch_users('v')) where day = '2026-03-02'", // as many
            &["listeners 03-02 00:00 eu 1 1"],
        ),
        (
            "update raw_events set user_id = 'v' where ts = '2026-03-02Z'", // as many
            &["listeners 03-02 00:00 eu 1 1"],
        ),
        (
            "update daily_listeners set sketch = '\\x00' where day = '2026-03-03'", // no sketch
            &["listeners 03-03 00:00 us 1 1"],
        ),
        (
            "insert into daily_listeners values ('2026-03-03', 'mars', 0, '\\x00', now())",
            &["listeners 03-03 00:00 mars 0 0"],
        ),
        (
            "insert into listener_deltas select '2026-03-02', 'eu', sketch_users('v')",
            &["listeners 03-02 00:00 eu 2 1"],
        ),
        (
            "truncate daily_listeners",
            &[
                "listeners 03-01 00:00 eu 0 2",
                "listeners 03-01 00:00 us 0 1",
                "listeners 03-02 00:00 eu 0 1",
                "listeners 03-03 00:00 us 0 1",
            ],
        ),
        (
            "truncate minute_counts, daily_metrics",
            &[
                "day 03-01 00:00 play eu 0 2",
                "day 03-01 00:00 stop us 0 1",
                "day 03-02 00:00 play eu 0 1",
                "day 03-03 00:00 play us 0 1",
                "hour 03-01 12:00 play eu 0 2",
                "hour 03-01 12:00 stop us 0 1",
                "hour 03-02 00:00 play eu 0 1",
                "hour 03-03 23:00 play us 0 1",
                "minute 03-01 12:00 play eu 0 2",
                "minute 03-01 12:01 stop us 0 1",
                "minute 03-02 00:00 play eu 0 1",
                "minute 03-03 23:59 play us 0 1",
            ],
        ),
    ] {
        let (_database, mut client) = database_with(&EVENTS);
        roll_up(&mut client);
        client.batch_execute(damage).unwrap();
        assert_eq!(column(&mut client, DIFFERENCES), differences, "{damage}");
        let revision = "select revision from musicstream_status";
        let before: i64 = value(&mut client, revision, &[]);
        client.query("select musicstream_rebuild()", &[]).unwrap();
        assert_metrics_equal_raw(&mut client);
        assert_eq!(count(&mut client, "metric_deltas"), 0, "{damage}");
        assert_eq!(count(&mut client, "listener_deltas"), 0, "{damage}");
        assert!(
            value::<i64>(&mut client, revision, &[]) > before,
            "{damage}"
        );
        assert_eq!(
            column(
                &mut client,
                "select written::text from musicstream_rebuild() where written > 0"
            ),
            [""; 0],
            "a second rebuild changes nothing after {damage}"
        );
        roll_up(&mut client);
        assert_metrics_equal_raw(&mut client);
    }
}

#[test]
pub(crate) fn only_the_requested_days_are_verified_and_rebuilt() {
    let (_database, mut client) = database_with(&EVENTS);
    roll_up(&mut client);
    client
        .batch_execute("update daily_metrics set events = events + 1")
        .unwrap();
    let days = "select distinct to_char(bucket at time zone 'UTC', 'DD') from musicstream_verify('2026-03-02', '2026-03-02')";
    assert_eq!(column(&mut client, days), ["02"]);
    let rebuilt =
        "select concat_ws(' ', day, written) from musicstream_rebuild('2026-03-02', '2026-03-02')";
    assert_eq!(column(&mut client, rebuilt), ["2026-03-02 1"]);
    assert_eq!(
        column(
            &mut client,
            "select distinct to_char(bucket at time zone 'UTC', 'DD') from musicstream_verify() order by 1"
        ),
        ["01", "03"]
    );
    let rebuilt =
        "select concat_ws(' ', day, written) from musicstream_rebuild(to_day => '2026-03-02')";
    assert_eq!(
        column(&mut client, rebuilt),
        ["2026-03-01 2", "2026-03-02 0"]
    );
    let rebuilt = "select concat_ws(' ', day, written) from musicstream_rebuild('2026-03-03', 'infinity') where written > 0";
    assert_eq!(column(&mut client, rebuilt), ["2026-03-03 1"]);
    assert_metrics_equal_raw(&mut client);
}

#[test]
pub(crate) fn any_range_of_days_is_accepted() {
    let (_database, mut client) = database_with(&EVENTS);
    for range in [
        "'4713-01-01 BC', '5874897-12-31'",
        "'-infinity', 'infinity'",
        "null, null",
        "'1500-01-01', '1500-01-01'",
        "'infinity', null",
    ] {
        client
            .batch_execute(&format!(
                "select musicstream_verify({range}); select musicstream_rebuild({range}); select musicstream_reconcile({range})"
            ))
            .unwrap_or_else(|error| panic!("{range}: {error:?}"));
    }
    assert_metrics_equal_raw(&mut client);
    for function in ["verify", "rebuild", "reconcile"] {
        let backwards = format!("select musicstream_{function}('2026-03-02', '2026-03-01')");
        assert_eq!(
            refusal(&mut client, &backwards),
            (
                "22023".to_owned(),
                "the first day 2026-03-02 is after the last day 2026-03-01".to_owned()
            )
        );
    }
}

#[test]
pub(crate) fn late_events_stay_counted_as_late() {
    let (_database, mut client) = database_with(&EVENTS);
    roll_up(&mut client); // the watermark is on March 3
    musicstream_tests::batch::store(
        &mut client,
        super::SOURCE,
        "(0, 10, 10, 'u', 'play', 'eu', '2026-03-01T12:00:30Z'), (0, 11, 11, 'u', 'play', 'eu', '2026-03-02T00:00:30Z')",
    )
    .unwrap();
    let late = "select concat_ws(' ', day, events, late_events) from live_daily_metrics where late_events > 0 order by 1";
    let expected = ["2026-03-01 3 1", "2026-03-02 2 1"];
    assert_eq!(column(&mut client, late), expected);
    client.query("select musicstream_rebuild()", &[]).unwrap();
    assert_eq!(
        column(&mut client, late),
        expected,
        "after a rebuild with pending deltas"
    );
    client
        .batch_execute("update daily_metrics set events = 9, late_events = 8; delete from raw_events where event_id = lpad('b', 32, '0')::uuid")
        .unwrap();
    client.query("select musicstream_rebuild()", &[]).unwrap();
    assert_eq!(
        column(&mut client, late),
        ["2026-03-01 3 1", "2026-03-02 1 1"],
        "late events do not exceed events, and days are the sums of their minutes"
    );
    assert_metrics_equal_raw(&mut client);
}

#[test]
fn a_rebuild_reports_its_progress() {
    let (database, mut client) = database_with(&EVENTS);
    let (sender, notices) = std::sync::mpsc::channel();
    let mut config: postgres::Config = database.url().parse().unwrap();
    config.notice_callback(move |notice| {
        let _ = sender.send(notice.message().to_owned());
    });
    config
        .connect(postgres::NoTls)
        .unwrap()
        .query("select musicstream_rebuild()", &[])
        .unwrap();
    let notices: Vec<String> = notices.try_iter().collect();
    assert_eq!(
        notices,
        [
            "day 2026-03-01 counted again, 6 rows of the metrics changed",
            "day 2026-03-02 counted again, 3 rows of the metrics changed",
            "day 2026-03-03 counted again, 3 rows of the metrics changed",
        ]
    );
    assert_metrics_equal_raw(&mut client);
}
