//! Listening: chart, table and CSV agree with SQL, by day, week and month and in zones.

use std::collections::BTreeSet;

use egui_kittest::Harness;
use musicstream_tests::oracle::roll_up;
use musicstream_tests::wait::until;
use musicstream_viewer::{
    calendar::{Day, Grain, Slot},
    page::{
        Bucket, State, View,
        reports::{Choice, listening::Figure},
    },
    ui::{App, Clock},
};

use super::{
    LAST_28, TIMEOUT, as_shown, columns, day_name, feed, filled, parsed, read_by_keyboard, rows,
    saved, state, window,
};

#[test]
fn listening_is_the_same_in_chart_table_csv_and_sql() {
    let folder = tempfile::tempdir().unwrap();
    let Some((database, mut client)) = filled(folder.path()) else {
        return;
    };
    let expected = rows(
        &mut client,
        &format!(
            "select array[day::text, region, round(listening_seconds, 6)::text, plays::text, streams::text, skips::text,
                 coalesce(round(skips::numeric / nullif(plays, 0), 6)::text, ''), sessions::text, is_settled::text]
             from daily_listening where day {LAST_28}"
        ),
    );
    for (figure, column) in [
        (Figure::Hours, "listening_seconds"),
        (Figure::Streams, "streams"),
        (Figure::SkipRate, "skip_rate"),
        (Figure::Sessions, "sessions"),
    ] {
        let state = state(View::Listening, Some(Choice::Figure(figure)));
        let mut harness = window(&database.read_url(), state, folder.path());
        let (header, mut found) = saved(&mut harness, "listening", folder.path());
        for row in &mut found {
            let state = row.last_mut().unwrap();
            *state = (state == "settled").to_string();
        }
        let names = [
            "day",
            "region",
            "listening_seconds",
            "plays",
            "streams",
            "skips",
            "skip_rate",
            "sessions",
            "state",
        ];
        assert_eq!(columns(&header, &found, &names), expected);

        let at = header.iter().position(|name| name == column).unwrap();
        let said = read_by_keyboard(&mut harness, 0, 28);
        for row in &found {
            let place = (day_name(&row[0]), row[1].clone());
            assert_eq!(
                said[&place],
                as_shown(&row[at], figure),
                "{figure:?} {place:?}"
            );
        }
        let with_data = said.values().filter(|words| *words != "no data").count();
        let in_csv = found.iter().filter(|row| !row[at].is_empty()).count();
        assert_eq!(with_data, in_csv, "{figure:?}");
    }
}

/// `--csv` queries the database once, and its numbers are those of the zone, as in a window that stays open.
#[test]
fn csv_of_listening_has_the_days_of_its_zone() {
    let folder = tempfile::tempdir().unwrap();
    let Some((database, mut client)) = filled(folder.path()) else {
        return;
    };
    for zone in ["Asia/Kathmandu", "America/New_York"] {
        let state = State {
            zone: zone.into(),
            ..state(View::Listening, None)
        };
        let feed = feed(&database.read_url());
        let mut app = App::new(feed, state, Clock::System, folder.path().to_owned());
        app.settle(TIMEOUT);
        let csv = app.csv().unwrap();
        let (header, found) = parsed(&csv);
        let names = ["day", "region", "plays", "streams", "sessions"];
        let today = format!("(now() at time zone '{zone}')::date");
        let expected = rows(
            &mut client,
            &format!(
                "select array[day::text, region, plays::text, streams::text, sessions::text]
                 from daily_listening_at('{zone}') where day between {today} - 27 and {today}"
            ),
        );
        assert!(!expected.is_empty());
        assert_eq!(columns(&header, &found, &names), expected, "{zone}");
    }
}

#[test]
fn listening_follows_a_count_without_a_rollup_and_is_idle_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let Some((database, mut client)) = filled(folder.path()) else {
        return;
    };
    let mut harness = window(
        &database.read_url(),
        state(View::Listening, None),
        folder.path(),
    );
    let plays = |harness: &mut Harness<'_, App>| -> i64 {
        harness.run_steps(2);
        let (header, rows) = saved(harness, "listening", folder.path());
        let at = header.iter().position(|name| name == "plays").unwrap();
        rows.iter().map(|row| row[at].parse::<i64>().unwrap()).sum()
    };
    let before = plays(&mut harness);
    client
        .batch_execute(
            "insert into staging_events (event_id, user_id, event_type, region, ts)
             values (gen_random_uuid()::text, 'ana', 'play', 'eu', to_char(now() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'))",
        )
        .unwrap();
    roll_up(&mut client);
    assert_eq!(plays(&mut harness), before, "it is not counted yet");
    client
        .batch_execute("select musicstream_rollup_listening()")
        .unwrap();
    until(TIMEOUT, "the counted play", || {
        (plays(&mut harness) == before + 1).then_some(())
    });

    for view in [View::Listening, View::Songs, View::Pipeline, View::Rejects] {
        let feed = feed(&database.read_url());
        let mut app = App::new(
            feed,
            state(view, None),
            Clock::System,
            folder.path().to_owned(),
        );
        app.settle(TIMEOUT);
        let checked = |app: &mut App| {
            app.logic();
            (app.latest().generation, app.latest().checked_at)
        };
        // Rates are available from the second poll on.
        until(TIMEOUT, "five polls without news", || {
            let (generation, mut last) = checked(&mut app);
            for _ in 0..5 {
                last = until(TIMEOUT, "a poll", || {
                    let (_, at) = checked(&mut app);
                    (at != last).then_some(at)
                });
            }
            (checked(&mut app).0 == generation).then_some(())
        });
    }
}

/// The slot that a cell of the CSV file names.
fn slot_of(cell: &str, grain: Grain) -> Slot {
    let date = |text: String, format| chrono::NaiveDate::parse_from_str(&text, format).unwrap();
    let first = match grain {
        Grain::Week => date(format!("{cell}-1"), "%G-W%V-%u"),
        _ => date(format!("{cell}-01"), "%Y-%m-%d"),
    };
    grain.slot(Day::from_date(first))
}

/// Weeks and months are the sums of their days, a rate that of the sums, and a session belongs to the day that it began on.
#[test]
fn weeks_and_months_of_listening_are_the_same_in_chart_table_csv_and_sql() {
    let folder = tempfile::tempdir().unwrap();
    let Some((database, mut client)) = filled(folder.path()) else {
        return;
    };
    let zone = "America/New_York";
    for (bucket, name, unit) in [
        (Bucket::Week, "IYYY-\"W\"IW", "week"),
        (Bucket::Month, "YYYY-MM", "month"),
    ] {
        let today = format!("(now() at time zone '{zone}')::date");
        let expected = rows(
            &mut client,
            &format!(
                "select array[to_char(date_trunc('{unit}', day), '{name}'), region,
                     round(sum(listening_seconds), 6)::text, sum(plays)::text, sum(streams)::text, sum(skips)::text,
                     coalesce(round(sum(skips) / nullif(sum(plays), 0), 6)::text, ''), sum(sessions)::text,
                     count(*) filter (where day < {today})::text,
                     extract(day from date_trunc('{unit}', day) + interval '1 {unit}' - date_trunc('{unit}', day))::bigint::text]
                 from daily_listening_at('{zone}')
                 where date_trunc('{unit}', day) between date_trunc('{unit}', {today} - 27) and date_trunc('{unit}', {today})
                 group by date_trunc('{unit}', day), region"
            ),
        );
        for (figure, column) in [
            (Figure::Hours, "listening_seconds"),
            (Figure::Streams, "streams"),
            (Figure::SkipRate, "skip_rate"),
            (Figure::Sessions, "sessions"),
        ] {
            let state = State {
                zone: zone.into(),
                bucket,
                ..state(View::Listening, Some(Choice::Figure(figure)))
            };
            let mut harness = window(&database.read_url(), state, folder.path());
            let (header, found) = saved(&mut harness, "listening", folder.path());
            let names = [
                unit,
                "region",
                "listening_seconds",
                "plays",
                "streams",
                "skips",
                "skip_rate",
                "sessions",
                "days",
                "of_days",
            ];
            assert_eq!(columns(&header, &found, &names), expected, "{unit}");

            let slots: BTreeSet<&String> = found.iter().map(|row| &row[0]).collect();
            let at = header.iter().position(|name| name == column).unwrap();
            let said = read_by_keyboard(&mut harness, 0, slots.len());
            for row in &found {
                let slot = bucket.grain().long(slot_of(&row[0], bucket.grain()));
                let words = &said[&(slot, row[1].clone())];
                let number = words.split(", ").next().unwrap();
                assert_eq!(number, as_shown(&row[at], figure), "{figure:?} {row:?}");
                let [days, of_days] = [9, 10].map(|at| &row[at]);
                let lacks = words.ends_with(&format!(", {days} of {of_days} days"));
                // A region without plays has no rate that days could lack, as on the first day of a week.
                let has_number = !row[at].is_empty();
                assert_eq!(lacks, has_number && days != of_days, "{words}");
            }
        }
    }
}
