//! The pipeline, rejects, and reports that a role may not read.

use std::collections::BTreeSet;

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use musicstream_tests::database::value;
use musicstream_viewer::page::{Command, View};

use super::{columns, day_name, empty, filled, read_by_keyboard, rows, saved, state, window};

#[test]
fn partitions_and_rejects_match_the_database_and_bytes_need_a_privilege() {
    let folder = tempfile::tempdir().unwrap();
    let Some((database, mut client)) = filled(folder.path()) else {
        return;
    };
    let mut harness = window(
        &database.read_url(),
        state(View::Pipeline, None),
        folder.path(),
    );
    let (header, found) = saved(&mut harness, "partitions", folder.path());
    let expected = rows(
        &mut client,
        "select array[source, partition::text, state, coalesce(next_offset::text, ''), epoch::text] from musicstream_progress",
    );
    let names = ["source", "partition", "state", "next_offset", "epoch"];
    assert_eq!(columns(&header, &found, &names), expected);

    let sql = "select array[reason, source, partition::text, position::text] from rejected_events order by rejected_id desc limit 100";
    let names = ["reason", "source", "partition", "position"];
    let expected = rows(&mut client, sql);
    let mut harness = window(
        &database.read_url(),
        state(View::Rejects, None),
        folder.path(),
    );
    let (header, found) = saved(&mut harness, "rejected_events", folder.path());
    assert!(
        !header.iter().any(|name| name == "payload"),
        "the read role may not see the bytes"
    );
    assert!(
        harness
            .query_by_label_contains("input hidden: needs the role musicstream_read_rejected")
            .is_some()
    );
    let places: BTreeSet<Vec<String>> = columns(&header, &found, &names);
    assert_eq!(places, expected);

    // The superuser may see them. Only the header is checked, because payloads may contain commas.
    let mut harness = window(&database.url(), state(View::Rejects, None), folder.path());
    let (header, _) = saved(&mut harness, "rejected_events", folder.path());
    assert_eq!(header.last().map(String::as_str), Some("payload"));
    let reason: String = client
        .query_one(
            "select reason from rejected_events group by 1 order by count(*) desc, 1 limit 1",
            &[],
        )
        .unwrap()
        .get(0);
    let copy = format!("Copy select * from musicstream_retry_rejected('{reason}', null, 100000);");
    assert!(harness.query_by_label(&copy).is_none());
    harness
        .query_all_by_role(Role::Row)
        .find(|row| {
            row.accesskit_node()
                .label()
                .is_some_and(|label| label.starts_with(&reason))
        })
        .unwrap()
        .click();
    harness.run_steps(4);
    assert!(harness.query_by_label(&copy).is_some(), "{reason}");
}

/// A row that is rejected again gets a new rejected_id, and keeps the time at which it was received.
#[test]
fn rejects_that_are_rejected_again_stay_on_their_day() {
    let Some((database, mut client)) = empty() else {
        return;
    };
    for (event_type, reason, count, days_ago) in [
        ("'rewind'", "unknown_event_type", 3, 4),
        ("null", "missing_field", 2, 2),
    ] {
        client
            .batch_execute(&format!(
                "insert into staging_events (event_id, user_id, event_type, region, ts)
                 select gen_random_uuid()::text, 'ana', {event_type}, 'eu',
                     to_char(now() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')
                 from generate_series(1, {count});
                 select musicstream_rollup();
                 update rejected_events set received_at = now() - interval '{days_ago} days' where reason = '{reason}'"
            ))
            .unwrap();
    }
    client
        .batch_execute("select musicstream_retry_rejected('unknown_event_type')")
        .unwrap();
    let is_renumbered = "
        select min(rejected_id) filter (where reason = 'unknown_event_type')
            > max(rejected_id) filter (where reason = 'missing_field')
        from rejected_events";
    assert!(value::<bool>(&mut client, is_renumbered, &[]));
    let by_day = rows(
        &mut client,
        "select array[(received_at at time zone 'UTC')::date::text, reason, count(*)::text]
         from rejected_events group by (received_at at time zone 'UTC')::date, reason",
    );
    assert_eq!(by_day.len(), 2, "{by_day:?}");
    let folder = tempfile::tempdir().unwrap();
    let mut harness = window(
        &database.read_url(),
        state(View::Rejects, None),
        folder.path(),
    );
    let said = read_by_keyboard(&mut harness, 0, 6);
    for row in by_day {
        let place = (day_name(&row[0]), row[1].clone());
        assert_eq!(said.get(&place), Some(&row[2]), "{place:?}");
    }
}

#[test]
fn without_privileges_a_report_says_so_and_the_days_stay() {
    let folder = tempfile::tempdir().unwrap();
    let Some((database, mut client)) = filled(folder.path()) else {
        return;
    };
    client
        .batch_execute(
            "revoke select on listening_counts, song_counts, counted_hours from musicstream_read",
        )
        .unwrap();
    for view in [View::Listening, View::Songs] {
        let mut harness = window(&database.read_url(), state(view, None), folder.path());
        assert!(
            harness
                .query_by_label("This role may not read these numbers")
                .is_some(),
            "{view:?}"
        );
        let ctx = harness.ctx.clone();
        let show = Command::Show(View::ByEventType);
        harness.state_mut().run(show, &ctx);
        harness.run_steps(4);
        assert!(harness.query_all_by_role(Role::Figure).next().is_some());
    }
}
