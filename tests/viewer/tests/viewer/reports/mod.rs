//! Reports on a database: chart, table and CSV agree with each other and with SQL.

mod listeners;
mod listening;
mod pipeline;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::Path;
use std::time::Duration;

use egui::{Key, accesskit::Role};
use egui_kittest::{Harness, kittest::NodeT, kittest::Queryable};
use musicstream_connect::Target;
use musicstream_tests::database::Database;
use musicstream_tests::listening::roll_up_listening;
use musicstream_tests::pipeline::load;
use musicstream_tests::process::{program, run};
use musicstream_viewer::{
    calendar::{Day, quantity},
    page::{
        Command, State, View,
        reports::{Choice, Choices, listening::Figure},
    },
    source::Feed,
    ui::{App, Clock, theme},
};
use postgres::Client;

const TIMEOUT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(200);

/// A database without events.
fn empty() -> Option<(Database, Client)> {
    if env::var_os("DATABASE_URL").is_none() {
        musicstream_tests::data::skip("reports", "no DATABASE_URL");
        return None;
    }
    let database = Database::create();
    let client = database.client();
    Some((database, client))
}

/// Sessions of the last 30 days, with late events, duplicates and malformed records.
fn filled(folder: &Path) -> Option<(Database, Client)> {
    let (database, mut client) = empty()?;
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

/// The values of each slot by region, read from the charts with the keyboard, from the last one backwards. Slots are named
/// as the chart names them.
fn read_by_keyboard(
    harness: &mut Harness<'_, App>,
    chart: usize,
    slots: usize,
) -> BTreeMap<(String, String), String> {
    let mut said = BTreeMap::new();
    for _ in 0..slots {
        harness.key_press(Key::ArrowLeft);
        harness.run_steps(2);
        let charts: Vec<String> = harness
            .query_all_by_role(Role::Figure)
            .filter_map(|node| node.accesskit_node().description())
            .collect();
        let (head, values) = charts[chart].split_once(": ").unwrap();
        let slot = head.rsplit_once(", ").unwrap().0;
        for value in values.split("; ") {
            let (region, words) = value.split_once(' ').unwrap();
            said.insert((slot.to_owned(), region.to_owned()), words.to_owned());
        }
    }
    said
}

/// A day of the CSV file as the chart names it.
fn day_name(cell: &str) -> String {
    let date = chrono::NaiveDate::parse_from_str(cell, "%Y-%m-%d").unwrap();
    Day::from_date(date).long()
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
