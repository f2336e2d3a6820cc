//! Reports on a database: chart, table and CSV agree with each other and with SQL.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::Path;
use std::time::Duration;

use egui::{Key, accesskit::Role};
use egui_kittest::{Harness, kittest::NodeT, kittest::Queryable};
use musicstream_connect::Target;
use musicstream_tests::database::Database;
use musicstream_tests::listening::roll_up_listening;
use musicstream_tests::oracle::roll_up;
use musicstream_tests::pipeline::load;
use musicstream_tests::process::{program, run};
use musicstream_tests::wait::until;
use musicstream_viewer::{
    calendar::quantity,
    page::{
        Command, State, View,
        reports::{Choice, Choices, listeners::Part, listening::Figure, songs::Top},
    },
    source::Feed,
    ui::{App, Clock, theme},
};
use postgres::Client;

const TIMEOUT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(200);

/// Sessions of the last 30 days, with late events, duplicates and malformed records.
fn filled(folder: &Path) -> Option<(Database, Client)> {
    if env::var_os("DATABASE_URL").is_none() {
        eprintln!("skipped: reports: no DATABASE_URL");
        return None;
    }
    let file = folder.join("sessions.csv");
    let shape = [
        "--sessions",
        "--count",
        "8000",
        "--users",
        "400",
        "--songs",
        "60",
        "--seed",
        "7",
    ];
    let disorder = ["--malformed", "2", "--duplicates", "3", "--late", "5"];
    let mut generate = program("musicstream-ingestor");
    generate
        .arg("generate")
        .args(shape)
        .args(disorder)
        .arg("--to")
        .arg(&file);
    run(&mut generate, TIMEOUT).with_code(0);
    let database = Database::create();
    let mut client = database.client();
    load(&database, &file);
    roll_up_listening(&mut client);
    Some((database, client))
}

fn feed(url: &str) -> Feed {
    let target = Target::of_process(Some(url), "musicstream-viewer").unwrap();
    let feed = Feed::database(target, POLL).unwrap();
    feed.wait(TIMEOUT).unwrap();
    feed
}

fn state(view: View, choice: Option<Choice>) -> State {
    let mut reports = Choices::default();
    if let Some(choice) = choice {
        reports.choose(choice);
    }
    State {
        view,
        reports,
        ..State::default()
    }
}

/// A window on the database, after its requests are answered.
fn window(url: &str, state: State, folder: &Path) -> Harness<'static, App> {
    let mut app = App::new(feed(url), state, Clock::System, folder.to_owned());
    app.settle(TIMEOUT);
    let mut harness = Harness::builder()
        .with_size(egui::vec2(1600.0, 1000.0))
        .with_max_steps(12)
        .with_context_setup(theme::install)
        .build_ui_state(
            |ui, app: &mut App| {
                app.logic();
                app.ui(ui);
            },
            app,
        );
    harness.run_steps(4);
    harness
}

/// Header and rows of the CSV file that the window saves.
fn saved(
    harness: &mut Harness<'_, App>,
    name: &str,
    folder: &Path,
) -> (Vec<String>, Vec<Vec<String>>) {
    let ctx = harness.ctx.clone();
    harness.state_mut().run(Command::SaveCsv, &ctx);
    let path = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            let file = path.file_name().unwrap().to_str().unwrap();
            file.starts_with(&format!("musicstream_{name}_"))
        })
        .unwrap_or_else(|| panic!("no CSV of {name}"));
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    parsed(&text)
}

/// The header and the rows of a CSV without quotes.
fn parsed(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut lines = text
        .lines()
        .map(|line| line.split(',').map(str::to_owned).collect());
    (lines.next().unwrap(), lines.collect())
}

/// The rows of a query, each cell as text.
fn rows(client: &mut Client, sql: &str) -> BTreeSet<Vec<String>> {
    let found = client
        .query(sql, &[])
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let rows: BTreeSet<Vec<String>> = found.iter().map(|row| row.get(0)).collect();
    assert!(!rows.is_empty(), "{sql}");
    rows
}

/// Some columns of rows.
fn columns(header: &[String], rows: &[Vec<String>], names: &[&str]) -> BTreeSet<Vec<String>> {
    let places: Vec<usize> = names
        .iter()
        .map(|name| header.iter().position(|other| other == name).unwrap())
        .collect();
    let cells = |row: &Vec<String>| places.iter().map(|&at| row[at].clone()).collect();
    let set: BTreeSet<Vec<String>> = rows.iter().map(cells).collect();
    assert_eq!(set.len(), rows.len(), "a row occurs twice");
    set
}

/// The values of each day by region, read from the charts with the keyboard, from the last day backwards.
fn read_by_keyboard(
    harness: &mut Harness<'_, App>,
    chart: usize,
) -> BTreeMap<(String, String), String> {
    let mut said = BTreeMap::new();
    for _ in 0..28 {
        harness.key_press(Key::ArrowLeft);
        harness.run_steps(2);
        let charts: Vec<String> = harness
            .query_all_by_role(Role::Figure)
            .filter_map(|node| node.accesskit_node().description())
            .collect();
        let (head, values) = charts[chart].split_once(": ").unwrap();
        let day = head.rsplit_once(", ").unwrap().0;
        let day = chrono::NaiveDate::parse_from_str(day, "%a %d %b %Y").unwrap();
        for value in values.split("; ") {
            let (region, words) = value.split_once(' ').unwrap();
            said.insert((day.to_string(), region.to_owned()), words.to_owned());
        }
    }
    said
}

/// A number of the CSV file in the format of the chart.
fn as_shown(cell: &str, figure: Figure) -> String {
    let millionths = |cell: &str| cell.replace('.', "").parse().unwrap();
    match figure {
        Figure::Hours => quantity::hours(millionths(cell)),
        Figure::SkipRate if cell.is_empty() => "no data".into(),
        Figure::SkipRate => quantity::percentage(millionths(cell)),
        _ => musicstream_viewer::calendar::format::grouped(cell.parse().unwrap()),
    }
}

const LAST_28: &str =
    "between (now() at time zone 'UTC')::date - 27 and (now() at time zone 'UTC')::date";

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
        let said = read_by_keyboard(&mut harness, 0);
        for row in &found {
            let place = (row[0].clone(), row[1].clone());
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

/// What cron sends asks the source once: its numbers are those of the zone, as in a window that stays open.
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
            let said = read_by_keyboard(&mut harness, chart);
            for row in &found {
                let place = (row[0].clone(), row[1].clone());
                assert_eq!(
                    said[&place],
                    as_shown(&row[at], Figure::Streams),
                    "{name} {place:?}"
                );
            }
        }
    }
}

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
            .query_by_label_contains("this role may not see the bytes")
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
