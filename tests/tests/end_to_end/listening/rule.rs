//! The rules of listening are versioned.

use musicstream_tests::database::{Database, value};
use musicstream_tests::oracle::roll_up;

use super::{count, days, must_store};

#[test]
pub(crate) fn an_hour_keeps_its_rule_until_it_is_rebuilt() {
    let database = Database::without_coming_days();
    let mut client = database.client();
    let rules = |client: &mut postgres::Client| -> Vec<String> {
        value(
            client,
            "select array_agg(to_char(hour at time zone 'UTC', 'DD HH24') || ' ' || rule order by hour) from counted_hours",
            &[],
        )
    };
    must_store(
        &mut client,
        "(0, 1, 1, 'ada', 'play', 'eu', '2026-03-01T10:00Z'), (0, 2, 2, 'bob', 'play', 'eu', '2026-03-01T10:00Z'),
         (0, 3, 3, 'bob', 'stop', 'eu', '2026-03-01T10:00:40Z')",
    );
    count(&mut client);
    assert_eq!(days(&mut client), ["2026-03-01 eu 2 2 0 940 2"]);

    client
        .batch_execute(
            "set musicstream.max_listen = '10 min'; set musicstream.stream_after = '1 min'; set musicstream.session_gap = '5 min'",
        )
        .unwrap();
    must_store(
        &mut client,
        "(0, 4, 4, 'ada', 'play', 'eu', '2026-03-02T10:00Z'), (0, 5, 5, 'bob', 'play', 'eu', '2026-03-02T10:00Z'),
         (0, 6, 6, 'bob', 'stop', 'eu', '2026-03-02T10:00:40Z'), (0, 7, 7, 'cem', 'play', 'eu', '2026-03-01T10:30Z')",
    );
    count(&mut client);
    // A late event of a counted hour is counted by the rule of that hour.
    assert_eq!(
        days(&mut client),
        ["2026-03-01 eu 3 3 0 1840 3", "2026-03-02 eu 2 1 1 640 2"]
    );
    assert_eq!(rules(&mut client), ["01 10 1", "02 10 2"]);
    let noted: Vec<String> = value(
        &mut client,
        "select array_agg(concat_ws(' ', rule, max_listen, stream_after, session_gap) order by rule) from listening_rules",
        &[],
    );
    assert_eq!(
        noted,
        [
            "1 00:15:00 00:00:30 00:30:00",
            "2 00:10:00 00:01:00 00:05:00"
        ]
    );

    client
        .batch_execute("select musicstream_rebuild('2026-03-01', '2026-03-01')")
        .unwrap();
    count(&mut client);
    assert_eq!(
        days(&mut client),
        ["2026-03-01 eu 3 2 1 1240 3", "2026-03-02 eu 2 1 1 640 2"]
    );
    assert_eq!(rules(&mut client), ["01 10 2", "02 10 2"]);
}

/// A longer `max_listen` reaches an hour without events that had no numbers.
#[test]
fn hours_without_numbers_are_counted_by_a_new_rule() {
    let cases = [
        (["15 min", "30 min"], "23:40:00", ["1 1 0 900", "600"]),
        // Less than a minute.
        (["5 s", "20 s"], "23:59:50", ["1 0 0 5", "10"]),
    ];
    for ([before, after], began, [first, second]) in cases {
        let database = Database::without_coming_days();
        let mut client = database.client();
        client
            .batch_execute(&format!("set musicstream.max_listen = '{before}'"))
            .unwrap();
        must_store(
            &mut client,
            &format!(
                "(0, 1, 1, 'ada', 'play', 'eu', '2026-03-01T{began}Z'), (0, 2, 2, 'ada', 'play', 'eu', '2026-03-03T10:00Z')"
            ),
        );
        count(&mut client);
        client
            .batch_execute(&format!("set musicstream.max_listen = '{after}'"))
            .unwrap();
        must_store(
            &mut client,
            "(0, 3, 3, 'ada', 'play', 'eu', '2026-03-03T12:00Z')",
        );
        count(&mut client);
        assert_eq!(
            days(&mut client)[..2],
            [
                format!("2026-03-01 eu {first} 1"),
                format!("2026-03-02 eu 0 0 0 {second} 0")
            ]
        );
        client
            .batch_execute("select musicstream_expire(now() - '2026-03-03Z')")
            .unwrap();
    }
}

/// The next run counts by a new rule although no event was stored since.
#[test]
fn a_shorter_session_gap_begins_sessions_in_hours_without_numbers() {
    let database = Database::without_coming_days();
    let mut client = database.client();
    client
        .batch_execute("set musicstream.session_gap = '2 h'")
        .unwrap();
    must_store(
        &mut client,
        "(0, 1, 1, 'ada', 'stop', 'eu', '2026-03-01T09:00Z'), (0, 2, 2, 'ada', 'stop', 'eu', '2026-03-01T10:30Z')",
    );
    count(&mut client);
    assert_eq!(days(&mut client), ["2026-03-01 eu 0 0 0 0 1"]);
    client
        .batch_execute("set musicstream.session_gap = '1 h'")
        .unwrap();
    count(&mut client);
    assert_eq!(days(&mut client), ["2026-03-01 eu 0 0 0 0 2"]);
}

/// The second event ends no play and begins no session, so its hour has no numbers, and no rule that it would keep.
#[test]
fn users_are_not_active_by_events_that_no_longer_affect_playback() {
    let active_days = |client: &mut postgres::Client| -> Vec<String> {
        let days = "select array_agg(day::text order by day) from listener_days";
        value(client, days, &[])
    };
    for is_folded in [true, false] {
        let database = Database::without_coming_days();
        let mut client = database.client();
        client
            .batch_execute("insert into event_types values ('rewind', 'ends')")
            .unwrap();
        must_store(
            &mut client,
            "(0, 1, 1, 'ada', 'pause', 'eu', '2026-02-28T23:50Z'), (0, 2, 2, 'ada', 'rewind', 'eu', '2026-03-01T00:05Z')",
        );
        let count_listening = |client: &mut postgres::Client| {
            if is_folded {
                roll_up(client);
            }
            client
                .execute("select musicstream_rollup_listening()", &[])
                .unwrap();
        };
        count_listening(&mut client);
        assert_eq!(active_days(&mut client), ["2026-02-28", "2026-03-01"]);
        client
            .batch_execute("update event_types set playback = 'neither'")
            .unwrap();
        count_listening(&mut client);
        count(&mut client);
        assert_eq!(
            active_days(&mut client),
            ["2026-02-28"],
            "folded: {is_folded}"
        );
    }
}

/// The effect of an event type on playback is part of the rule, also for a type that is no longer accepted.
#[test]
pub(crate) fn user_defined_event_types_start_and_end_playback() {
    let database = Database::without_coming_days();
    let mut client = database.client();
    client
        .batch_execute(
            "insert into event_types values ('resume', 'starts'), ('ended', 'ends'), ('like', null)",
        )
        .unwrap();
    must_store(
        &mut client,
        "(0, 1, 1, 'ada', 'play', 'eu', '2026-03-01T10:00Z'), (0, 2, 2, 'ada', 'like', 'eu', '2026-03-01T10:00:10Z'),
         (0, 3, 3, 'ada', 'pause', 'eu', '2026-03-01T10:01Z'), (0, 4, 4, 'ada', 'resume', 'eu', '2026-03-01T10:05Z'),
         (0, 5, 5, 'ada', 'ended', 'eu', '2026-03-01T10:06:30Z'), (0, 6, 6, 'bob', 'like', 'eu', '2026-03-01T12:00Z')",
    );
    count(&mut client);
    assert_eq!(days(&mut client), ["2026-03-01 eu 2 2 0 150 1"]);

    client
        .batch_execute("delete from event_types where event_type = 'ended'")
        .unwrap();
    must_store(
        &mut client,
        "(0, 7, 7, 'ada', 'resume', 'eu', '2026-03-01T11:00Z')",
    );
    count(&mut client);
    client
        .batch_execute("select musicstream_rebuild()")
        .unwrap();
    count(&mut client);
    assert_eq!(days(&mut client), ["2026-03-01 eu 3 3 0 1050 2"]);

    let refused = client
        .batch_execute("insert into event_types values ('play', 'ends')")
        .expect_err("play always starts playback");
    assert_eq!(refused.code().unwrap().code(), "23514");
    // Switched off and on again, a built-in type does what it did.
    client
        .batch_execute(
            "insert into event_types (event_type, is_accepted) values ('stop', false);
             update event_types set is_accepted = true where event_type = 'stop'",
        )
        .unwrap();
}
