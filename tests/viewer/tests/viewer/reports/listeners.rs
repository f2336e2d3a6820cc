//! Songs and listeners: chart, table and CSV agree with SQL.

use std::env;
use std::sync::Arc;

use egui::Key;
use egui_kittest::kittest::{NodeT, Queryable};
use musicstream_tests::database::value;
use musicstream_tests::listening::roll_up_listening;
use musicstream_tests::wait::until;
use musicstream_viewer::{
    calendar::{Day, Span},
    data::{
        Request,
        reports::{Ask, Content, songs},
    },
    page::{
        State, View,
        reports::{Choice, listeners::Part, listening::Figure, songs::Top},
    },
    ui::{App, Clock},
};

use super::{
    LAST_28, TIMEOUT, as_shown, columns, day_name, empty, feed, filled, parsed, read_by_keyboard,
    rows, saved, state, window,
};

#[test]
fn songs_are_those_of_top_songs_in_the_selected_regions() {
    let folder = tempfile::tempdir().unwrap();
    let Some((database, mut client)) = filled(folder.path()) else {
        return;
    };
    let top = |regions: &str, limit: &str| {
        format!(
            "select array[row_number() over (order by sum(streams) desc, sum(listening_seconds) desc, song_id collate \"C\")::text,
                 song_id, sum(streams)::text, sum(plays)::text, sum(skips)::text,
                 coalesce(round(sum(skips) / nullif(sum(plays), 0), 6)::text, ''), round(sum(listening_seconds), 6)::text]
             from daily_songs where day {LAST_28} and {regions}
             group by song_id order by sum(streams) desc, sum(listening_seconds) desc, song_id collate \"C\" limit {limit}"
        )
    };
    let names = [
        "rank",
        "song_id",
        "streams",
        "plays",
        "skips",
        "skip_rate",
        "listening_seconds",
    ];
    for (off, regions) in [(None, "true"), (Some("us"), "region <> 'us'")] {
        let mut state = state(View::Songs, Some(Choice::Top(Top::Fifty)));
        if let Some(off) = off {
            state.regions.toggle(off);
        }
        let mut harness = window(&database.read_url(), state, folder.path());
        let (header, found) = saved(&mut harness, "songs", folder.path());
        let expected = rows(&mut client, &top(regions, "50"));
        assert_eq!(columns(&header, &found, &names), expected, "{off:?}");
    }
}

/// A day with hours that wait lacks streams, so a comparison with a whole day would show a loss. So may a day without rows
/// before it.
#[test]
fn songs_are_compared_up_to_the_first_day_with_hours_that_wait() {
    let Some((database, mut client)) = empty() else {
        return;
    };
    let today = "select (now() at time zone 'UTC')::date - date '1970-01-01'";
    let today: i32 = value(&mut client, today, &[]);
    client
        .batch_execute(
            "insert into staging_events (event_id, user_id, event_type, region, ts, song_id)
             select gen_random_uuid()::text, 'ana', 'play', 'eu', (now() - back * interval '24 hours')::text, 'glass'
             from generate_series(0, 20) as back",
        )
        .unwrap();
    roll_up_listening(&mut client);
    let request = Request {
        report: Some(Ask::Songs(songs::Ask {
            span: Span::new(Day(today - 6), Day(today)),
            shift: 7,
            regions: None,
            count: 10,
        })),
        ..Request::default()
    };
    let feed = feed(&database.read_url());
    feed.request(request.clone());
    feed.wait_for(&request, TIMEOUT);
    let songs = || {
        let report = feed.latest().extras.report.unwrap();
        match &report.content {
            Ok(Content::Songs(songs)) => Arc::clone(songs),
            other => panic!("{other:?}"),
        }
    };
    let settled = songs().settled.unwrap();
    assert!(settled.last > Day(today - 4), "{settled:?}");
    client
        .execute(
            "with waits as (
                select (date '1970-01-01' + $1::integer)::timestamp at time zone 'UTC' as day
             ), without_rows as (
                delete from musicstream_internal.listening_counts using waits
                where quarter >= day - interval '24 hours' and quarter < day
             )
             insert into musicstream_internal.touched_hours (hour, has_removals)
             select day + interval '12 hours', false from waits",
            &[&(today - 3)],
        )
        .unwrap();
    let songs = until(TIMEOUT, "the hour that waits", || {
        Some(songs()).filter(|songs| songs.waiting_hours == 1)
    });
    let counted = Span::new(Day(today - 6), Day(today - 5));
    assert_eq!(songs.settled, Some(counted));
}

#[test]
fn listeners_are_the_same_in_chart_table_csv_and_sql() {
    let folder = tempfile::tempdir().unwrap();
    let Some((database, mut client)) = filled(folder.path()) else {
        return;
    };
    for (part, view, names) in [
        (
            Part::Week,
            "active_listeners",
            ["listeners_1_day", "listeners_7_days", "listeners_28_days"].as_slice(),
        ),
        (
            Part::FourWeeks,
            "active_listeners",
            &["listeners_1_day", "listeners_7_days", "listeners_28_days"],
        ),
        (
            Part::New,
            "new_listeners",
            &["new_listeners", "returning_listeners"],
        ),
        (
            Part::Retention,
            "listener_retention",
            &["new_listeners", "day_1", "day_7", "day_28"],
        ),
    ] {
        let cells: Vec<String> = names
            .iter()
            .map(|name| format!("coalesce({name}::text, '')"))
            .collect();
        let expected = rows(
            &mut client,
            &format!(
                "select array[day::text, region, {}] from {view} where day {LAST_28}",
                cells.join(", ")
            ),
        );
        let state = state(View::Listeners, Some(Choice::Listeners(part)));
        let mut harness = window(&database.read_url(), state, folder.path());
        let (header, found) = saved(&mut harness, view, folder.path());
        let mut all = vec!["day", "region"];
        all.extend(names);
        assert_eq!(columns(&header, &found, &all), expected, "{part:?}");
        let charts: &[&str] = match part {
            Part::Week => &["listeners_7_days"],
            Part::FourWeeks => &["listeners_28_days"],
            Part::New => names,
            _ => &[],
        };
        for (chart, name) in charts.iter().enumerate() {
            let at = header.iter().position(|other| other == name).unwrap();
            harness.key_press(Key::Escape);
            let said = read_by_keyboard(&mut harness, chart, 28);
            for row in &found {
                let place = (day_name(&row[0]), row[1].clone());
                // Windows that reach back before the first event say how many days they have.
                let number = said[&place].split(", ").next();
                let shown = as_shown(&row[at], Figure::Streams);
                assert_eq!(number, Some(&*shown), "{name} {place:?}");
            }
        }
    }
}

/// The numbers include events that no rollup has folded, also of a day whose rows no rollup has changed since they were read.
#[test]
fn a_listener_of_an_earlier_day_shows_before_the_rollup() {
    let Some((database, mut client)) = empty() else {
        return;
    };
    client
        .batch_execute(
            "insert into staging_events (event_id, user_id, event_type, region, ts)
             select gen_random_uuid()::text, 'user' || number, 'play', 'eu', (now() - back * interval '24 hours')::text
             from generate_series(0, 9) as back, generate_series(1, 5) as number;
             select musicstream_rollup();
             update daily_listeners set updated_at = updated_at - interval '1 hour'",
        )
        .unwrap();
    let numbers = "listeners_1_day::text, listeners_7_days::text, listeners_28_days::text";
    let active = format!("select array[day::text, region, {numbers}] from active_listeners");
    let names = [
        "day",
        "region",
        "listeners_1_day",
        "listeners_7_days",
        "listeners_28_days",
    ];
    let state = state(View::Listeners, Some(Choice::Listeners(Part::Week)));
    let feed = feed(&database.read_url());
    let mut app = App::new(feed, state, Clock::System, env::temp_dir());
    let mut shown = || {
        app.settle(TIMEOUT);
        let csv = app.csv()?;
        let (header, found) = parsed(&csv);
        Some(columns(&header, &found, &names))
    };
    let before = rows(&mut client, &active);
    assert_eq!(shown().as_ref(), Some(&before));
    client
        .batch_execute(
            "insert into staging_events (event_id, user_id, event_type, region, ts)
             values (gen_random_uuid()::text, 'ben', 'play', 'eu', (now() - interval '48 hours')::text);
             select musicstream_upsert()",
        )
        .unwrap();
    let after = rows(&mut client, &active);
    assert_ne!(after, before);
    until(TIMEOUT, "the new listener", || {
        (shown().as_ref() == Some(&after)).then_some(())
    });
}

/// Numbers that exist in UTC days only are alone on their page, whatever zone is chosen for the others.
#[test]
fn pages_of_utc_days_are_those_in_every_zone() {
    let folder = tempfile::tempdir().unwrap();
    let Some((database, mut client)) = filled(folder.path()) else {
        return;
    };
    let today: String = client
        .query_one(
            "select to_char(now() at time zone 'UTC', '– FMDD Mon YYYY')",
            &[],
        )
        .unwrap()
        .get(0);
    let expected = rows(
        &mut client,
        &format!(
            "select array[day::text, region, listeners::text] from live_daily_listeners where day {LAST_28}"
        ),
    );
    for zone in ["America/New_York", "Asia/Kathmandu"] {
        for (view, reason) in [
            (View::Listeners, "listeners are counted by UTC day"),
            (
                View::Songs,
                "songs are counted over the whole range, in UTC days",
            ),
            (View::Rejects, "rejects are counted by UTC day"),
        ] {
            let state = State {
                zone: zone.into(),
                ..state(view, None)
            };
            let mut harness = window(&database.read_url(), state, folder.path());
            let latest = harness.state().latest();
            assert_eq!(latest.answered.zone, "UTC", "{view:?}");
            assert_eq!(latest.data.as_ref().unwrap().zone.name, "UTC", "{view:?}");
            let said = |words: &str| {
                let named = harness.query_all_by_label_contains(words);
                named
                    .filter_map(|node| {
                        let node = node.accesskit_node();
                        node.label().or_else(|| node.value())
                    })
                    .collect::<Vec<String>>()
            };
            let period = said(&today);
            assert!(
                period.iter().any(|words| words.contains("UTC")),
                "{view:?} {zone}: {period:?}"
            );
            assert!(!said(reason).is_empty(), "{view:?} {zone}");
            if view == View::Listeners {
                let (header, found) = saved(&mut harness, "listeners", folder.path());
                let names = ["day", "region", "listeners"];
                assert_eq!(columns(&header, &found, &names), expected, "{zone}");
            }
        }
    }
}
