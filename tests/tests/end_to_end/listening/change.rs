//! Changes of the stored events change the numbers of listening.

use musicstream_tests::batch::event_id;
use musicstream_tests::database::{Database, project_sql, value};
use musicstream_tests::oracle::roll_up;
use postgres::Client;

use super::{count, days, must_store};

/// A late stop ends a play that was counted up to `max_listen`, and moves the beginning of a session.
#[test]
pub(crate) fn late_events_change_the_affected_quarters() {
    let database = Database::without_coming_days();
    let mut client = database.client();
    must_store(
        &mut client,
        "(0, 1, 1, 'ada', 'play', 'eu', '2026-03-01T23:55Z'), (0, 2, 2, 'ada', 'play', 'eu', '2026-03-02T00:45Z')",
    );
    count(&mut client);
    assert_eq!(
        days(&mut client),
        ["2026-03-01 eu 1 1 0 300 1", "2026-03-02 eu 1 1 0 1500 1"]
    );
    // Ends the first play after 20 s, and is less than 30 minutes from the second.
    must_store(
        &mut client,
        "(0, 3, 3, 'ada', 'stop', 'eu', '2026-03-02T00:20Z'), (0, 4, 4, 'ada', 'pause', 'eu', '2026-03-01T23:55:20Z')",
    );
    count(&mut client);
    assert_eq!(
        days(&mut client),
        ["2026-03-01 eu 1 0 1 20 1", "2026-03-02 eu 1 1 0 900 0"]
    );
    // The order is that of the event times, not of arrival.
    must_store(
        &mut client,
        "(0, 5, 5, 'ada', 'stop', 'us', '2026-02-01T12:00Z'), (0, 1, 1, 'ada', 'play', 'eu', '2026-03-01T23:55Z')",
    );
    count(&mut client);
    assert_eq!(
        value::<Vec<String>>(
            &mut client,
            "select array_agg(concat_ws(' ', day, region, new_listeners, returning_listeners) order by day) from new_listeners",
            &[]
        ),
        [
            "2026-02-01 us 1 0",
            "2026-03-01 eu 0 1",
            "2026-03-02 eu 0 1"
        ]
    );
}

/// Counts one hour besides the newest ones; returns how many are left.
fn count_one_more(client: &mut Client) -> i64 {
    // As in musicstream_rollup_listening(), which calls the function.
    client.batch_execute("set jit = off").unwrap();
    let left = "select hours_left from musicstream_internal.count_touched_hours('infinity', 1)";
    value(client, left, &[])
}

/// The newest hour has as many events as a call counts, and more arrive before each call.
#[test]
fn older_hours_are_counted_although_the_newest_changes_before_each_call() {
    let database = Database::without_coming_days();
    let mut client = database.client();
    must_store(
        &mut client,
        "(0, 1, 1, 'ada', 'play', 'eu', '2026-03-01T01:00Z'), (0, 2, 2, 'ada', 'play', 'eu', '2026-03-01T03:00Z'),
         (0, 3, 3, 'ada', 'play', 'eu', '2026-03-01T05:00Z')",
    );
    let mut left = Vec::new();
    for number in 4..7 {
        let newest =
            format!("(0, {number}, {number}, 'ada', 'play', 'eu', '2026-03-01T12:0{number}Z')");
        must_store(&mut client, &newest);
        roll_up(&mut client);
        left.push(count_one_more(&mut client));
    }
    assert_eq!(left, [2, 1, 0]);
    // Three plays of 15 minutes, two of one minute, and the last of 15 minutes.
    assert_eq!(days(&mut client), ["2026-03-01 eu 6 6 0 3720 4"]);
    count(&mut client);
}

/// Events of clocks that are ahead do not delay the current hour.
#[test]
fn the_current_hour_is_counted_although_there_are_later_ones() {
    let database = Database::without_coming_days();
    let mut client = database.client();
    must_store(
        &mut client,
        "(0, 1, 1, 'ada', 'play', 'eu', '2026-03-01T01:00Z'), (0, 2, 2, 'ada', 'play', 'eu', '2026-03-01T03:00Z'),
         (0, 3, 3, 'ada', 'play', 'eu', now()::text), (0, 4, 4, 'ada', 'play', 'eu', (now() + '20 h')::text)",
    );
    roll_up(&mut client);
    let left = count_one_more(&mut client);
    assert_eq!(left, 1, "only the second hour of the archive is left");
    count(&mut client);
}

/// The block of pg_cron's job, with a call of this function instead of `musicstream_rollup_listening()`.
fn job(call: &str) -> String {
    let script = project_sql("cron.sql");
    let (_, job) = script
        .split_once("'musicstream listening', '* * * * *', format($job$")
        .expect("cron.sql schedules the job");
    let (job, _) = job.split_once("$job$, listening)").expect("the job ends");
    job.replace("%s", call)
}

/// Without a rollup, the hours of pending deltas are counted and left by each call.
#[test]
fn the_job_ends_although_no_rollup_folds_late_events() {
    let database = Database::without_coming_days();
    let mut client = database.client();
    for minute in [0, 10] {
        let events: Vec<String> = [1, 3, 5]
            .iter()
            .map(|hour| {
                let number = hour + minute;
                format!("(0, {number}, {number}, 'ada', 'play', 'eu', '2026-03-01T0{hour}:{minute:02}Z')")
            })
            .collect();
        must_store(&mut client, &events.join(", "));
        if minute == 0 {
            count(&mut client);
        }
    }
    let left = [(); 2].map(|()| count_one_more(&mut client));
    assert_eq!(left, [1, 1]);
    client
        .batch_execute("set statement_timeout = '60s'")
        .unwrap();
    client
        .batch_execute(&job(
            "musicstream_internal.count_touched_hours('infinity', 1)",
        ))
        .unwrap_or_else(|error| panic!("the job does not end within a minute: {error:?}"));
    count(&mut client);
}

#[test]
pub(crate) fn deleted_events_are_removed_from_listening() {
    let database = Database::without_coming_days();
    let mut client = database.client();
    must_store(
        &mut client,
        "(0, 1, 1, 'ada', 'play', 'eu', '2026-03-01T10:00Z'), (0, 2, 2, 'ada', 'stop', 'eu', '2026-03-01T10:01Z'),
         (0, 3, 3, 'ada', 'stop', 'us', '2026-03-02T10:01Z'), (0, 4, 4, 'bob', 'play', 'eu', '2026-03-01T10:00Z')",
    );
    count(&mut client);
    client
        .batch_execute(&format!(
            "select musicstream_delete(array[{}, {}])",
            event_id("2"),
            event_id("4")
        ))
        .unwrap();
    count(&mut client);
    assert_eq!(
        days(&mut client),
        ["2026-03-01 eu 1 1 0 900 1", "2026-03-02 us 0 0 0 0 1"]
    );
    client
        .batch_execute(&format!(
            "select musicstream_delete(array[{}])",
            event_id("1")
        ))
        .unwrap();
    count(&mut client);
    assert_eq!(days(&mut client), ["2026-03-02 us 0 0 0 0 1"]);
    let new: String = value(
        &mut client,
        "select string_agg(concat_ws(' ', day, region, new_listeners, returning_listeners), ', ') from new_listeners",
        &[],
    );
    assert_eq!(new, "2026-03-02 us 1 0");
    client
        .batch_execute("select musicstream_forget_user('ada')")
        .unwrap();
    let named: i64 = value(
        &mut client,
        "select (select count(*) from listener_days) + (select count(*) from listener_first_days)",
        &[],
    );
    assert_eq!(named, 0, "no row has the forgotten user");
    count(&mut client);
    assert_eq!(days(&mut client), Vec::<String>::new());
}

#[test]
pub(crate) fn reconciled_and_rebuilt_days_are_exact() {
    let database = Database::without_coming_days();
    let mut client = database.client();
    must_store(
        &mut client,
        "(0, 1, 1, 'ada', 'play', 'eu', '2026-03-01T10:00Z'), (0, 2, 2, 'ada', 'stop', 'eu', '2026-03-01T10:01Z')",
    );
    must_store(
        &mut client,
        "(0, 3, 2, 'ada', 'stop', 'eu', '2026-03-03T10:01Z'), (0, 4, 4, 'bob', 'play', 'eu', '2026-03-02T23:59Z')",
    );
    // Without count(), because musicstream_verify() reports the event_id that is stored twice.
    client
        .batch_execute("select musicstream_rollup(); select musicstream_rollup_listening()")
        .unwrap();
    assert_eq!(
        days(&mut client),
        [
            "2026-03-01 eu 1 1 0 60 1",
            "2026-03-02 eu 1 1 0 60 1",
            "2026-03-03 eu 0 0 0 840 1"
        ]
    );
    let moved: i64 = value(&mut client, "select musicstream_reconcile()", &[]);
    assert_eq!(moved, 1);
    count(&mut client);
    assert_eq!(
        days(&mut client),
        [
            "2026-03-01 eu 1 1 0 60 1",
            "2026-03-02 eu 1 1 0 60 1",
            "2026-03-03 eu 0 0 0 840 0"
        ]
    );
    // A direct change, without the extension's functions.
    client
        .batch_execute(
            "delete from raw_events where user_id = 'bob';
             update listening_counts set sessions = 7 where quarter = '2026-03-01T10:00Z'",
        )
        .unwrap();
    let found: Vec<String> = value(
        &mut client,
        "select array_agg(concat_ws(' ', metric, to_char(bucket at time zone 'UTC', 'DD HH24:MI'), counted, stored) order by bucket, metric)
        from musicstream_verify() where metric in ('plays', 'streams', 'skips', 'listened_us', 'sessions')",
        &[],
    );
    assert_eq!(
        found,
        [
            "sessions 01 10:00 7 1",
            "listened_us 02 23:45 60000000 0",
            "plays 02 23:45 1 0",
            "sessions 02 23:45 1 0",
            "streams 02 23:45 1 0",
            "listened_us 03 00:00 840000000 0"
        ]
    );
    client
        .batch_execute("select musicstream_rebuild('2026-03-01', '2026-03-02')")
        .unwrap();
    assert_eq!(days(&mut client), ["2026-03-01 eu 1 1 0 60 1"]);
    count(&mut client);
    assert_eq!(days(&mut client), ["2026-03-01 eu 1 1 0 60 1"]);
}

#[test]
fn a_rebuild_corrects_the_first_days_of_users() {
    let database = Database::without_coming_days();
    let mut client = database.client();
    must_store(
        &mut client,
        "(0, 1, 1, 'ada', 'play', 'eu', '2026-01-01T10:00Z'), (0, 2, 2, 'ada', 'play', 'eu', '2026-03-03T10:00Z')",
    );
    count(&mut client);
    let rebuild = |client: &mut Client, when: &str| {
        client
            .batch_execute("select musicstream_rebuild()")
            .unwrap();
        let first_days: Vec<String> = value(
            client,
            "select coalesce(array_agg(user_id || ' ' || day), '{}') from listener_first_days",
            &[],
        );
        assert_eq!(first_days, ["ada 2026-01-01"], "{when}");
        count(client);
    };
    for damage in [
        "delete from listener_first_days",
        "update listener_first_days set day = '2026-03-03'",
        "update listener_first_days set day = '2026-02-01'",
        "update listener_first_days set day = '2025-12-01'",
    ] {
        client.batch_execute(damage).unwrap();
        let found: Vec<String> = value(
            &mut client,
            "select array_agg(metric) from musicstream_verify()",
            &[],
        );
        assert_eq!(found, ["first_days"], "{damage}");
        rebuild(&mut client, damage);
    }
    client
        .batch_execute("select musicstream_expire(now() - '2026-03-02Z')")
        .unwrap();
    let kept: Vec<String> = value(
        &mut client,
        "select array_agg(day::text) from listener_days",
        &[],
    );
    assert_eq!(kept, ["2026-03-03"]);
    rebuild(&mut client, "the user's rows of the first day were deleted");
}

/// A frozen day keeps its numbers, and plays and sessions that continue past its midnight count for the next day.
#[test]
pub(crate) fn frozen_days_keep_their_numbers() {
    let database = Database::without_coming_days();
    let mut client = database.client();
    must_store(
        &mut client,
        "(0, 1, 1, 'ada', 'play', 'eu', '2026-03-01T23:50Z'), (0, 2, 2, 'bob', 'play', 'us', '2026-03-01T10:00Z')",
    );
    // Not counted yet: expiry counts the hours first.
    client
        .batch_execute("select musicstream_expire(now() - '2026-03-02Z')")
        .unwrap();
    let expected = [
        "2026-03-01 eu 1 1 0 600 1",
        "2026-03-01 us 1 1 0 900 1",
        "2026-03-02 eu 0 0 0 300 0",
    ];
    assert_eq!(days(&mut client), expected);
    count(&mut client);
    assert_eq!(days(&mut client), expected);
    // The play ends earlier than counted on its day, and the session continues.
    must_store(
        &mut client,
        "(0, 3, 3, 'ada', 'pause', 'eu', '2026-03-02T00:01Z')",
    );
    count(&mut client);
    let expected = [
        "2026-03-01 eu 1 1 0 600 1",
        "2026-03-01 us 1 1 0 900 1",
        "2026-03-02 eu 0 0 0 60 0",
    ];
    assert_eq!(days(&mut client), expected);
    client
        .batch_execute("select musicstream_rebuild(); select musicstream_forget_user('ada')")
        .unwrap();
    count(&mut client);
    assert_eq!(days(&mut client), expected[..2]);
}

/// A quarter is settled when it is counted and the watermark is past all events that may belong to it.
#[test]
pub(crate) fn quarters_that_are_not_counted_are_not_settled() {
    let database = Database::without_coming_days();
    let mut client = database.client();
    let settled = |client: &mut postgres::Client| -> Vec<String> {
        value(
            client,
            "select coalesce(array_agg(to_char(quarter at time zone 'UTC', 'HH24:MI') order by quarter), '{}') from quarter_listening where is_settled",
            &[],
        )
    };
    must_store(
        &mut client,
        "(0, 1, 1, 'ada', 'play', 'eu', '2026-03-01T10:00Z'), (0, 2, 2, 'ada', 'play', 'eu', '2026-03-01T11:00Z')",
    );
    count(&mut client);
    assert_eq!(settled(&mut client), Vec::<String>::new());
    // The watermark lags an hour behind: it is 10:45, half an hour after 10:15.
    must_store(
        &mut client,
        "(0, 3, 3, 'bob', 'play', 'eu', '2026-03-01T11:44:59.999999Z')",
    );
    count(&mut client);
    assert_eq!(settled(&mut client), Vec::<String>::new());
    must_store(
        &mut client,
        "(0, 4, 4, 'bob', 'stop', 'eu', '2026-03-01T11:45Z')",
    );
    roll_up(&mut client);
    assert_eq!(settled(&mut client), ["10:00"]);
    must_store(
        &mut client,
        "(0, 5, 5, 'cem', 'stop', 'eu', '2026-03-01T10:20Z')",
    );
    assert_eq!(settled(&mut client), Vec::<String>::new(), "pending");
    roll_up(&mut client);
    assert_eq!(settled(&mut client), Vec::<String>::new(), "folded");
    count(&mut client);
    assert_eq!(settled(&mut client), ["10:00"]);
}
