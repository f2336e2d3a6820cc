//! The program as it is called: what it writes, and how it ends.

use crate::database::{Database, play};
use crate::harness::{TODAY, app_of, data, row};
use musicstream_viewer::{
    DEMO_TIME,
    page::{State, View},
    source::Feed,
};
use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Output, Stdio},
    time::Duration,
};

fn command(home: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_musicstream-viewer"));
    command
        .args(options)
        .env("HOME", home)
        .env("XDG_DATA_HOME", home)
        .env_remove("DATABASE_URL")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY");
    command
}

fn viewer(home: &Path, options: &[&str]) -> Output {
    command(home, options).output().unwrap()
}

fn save(home: &Path, views: &str) {
    let folder = home.join("musicstream-viewer");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("views.json"), views).unwrap();
}

/// Each name that nothing has ends the program with 2, is named, and leaves no file.
#[test]
fn unknown_names_are_errors() {
    let home = tempfile::tempdir().unwrap();
    save(
        home.path(),
        r#"{"plays": ["--view", "overlay"], "older": ["--colour", "red"]}"#,
    );
    let picture = home.path().join("picture.png");
    let file = picture.to_str().unwrap();
    for (options, code, named) in [
        (["--zone", "Mars/Phobos"], 2, "Mars/Phobos"),
        (["--event-type", "skip"], 2, "pause, play, stop"),
        (["--region", "EU-West"], 2, "EU-West"),
        (["--hide-region", "EU-West"], 2, "EU-West"),
        (["--view", "moon"], 2, "moon"),
        (["--range", "8d"], 2, "8d"),
        (["--sort", "colour"], 2, "late_events"),
        (["--saved", "pauses"], 2, "plays"),
        (["--saved", "older"], 1, "older"),
    ] {
        for kind in ["--screenshot", "--csv"] {
            let output = viewer(home.path(), &["--demo", kind, file, options[0], options[1]]);
            let words = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(code), "{options:?}: {words}");
            assert!(words.contains(named), "{options:?}: {words}");
            assert!(!picture.exists(), "{options:?}");
        }
    }
}

/// An option that changes nothing in a view ends the program with 2, says why, and leaves no file.
#[test]
fn options_that_a_view_does_not_have_are_errors() {
    let home = tempfile::tempdir().unwrap();
    save(
        home.path(),
        r#"{"songs": ["--view", "songs"], "weeks": ["--view", "overlay", "--bucket", "week"],
            "older": ["--view", "live", "--bucket", "week", "--mean"]}"#,
    );
    let picture = home.path().join("picture.png");
    let file = picture.to_str().unwrap();
    for (options, reason) in [
        ("--view listeners --bucket week", "do not add up"),
        (
            "--view listeners --listeners 28d --bucket month",
            "--listeners 28d",
        ),
        (
            "--view listeners --listeners retention --bucket week",
            "first day",
        ),
        ("--view songs --bucket week", "over the whole range"),
        ("--view pipeline --bucket month", "as it is now"),
        ("--view rejects --bucket week", "by UTC day"),
        ("--view live --bucket week", "by minute"),
        ("--minutes-of 2026-03-17 --bucket week", "--minutes-of"),
        ("--saved songs --bucket week", "over the whole range"),
        ("--view listening --mean", "--mean"),
        ("--view overlay --bucket week --mean", "7 days"),
        ("--saved weeks --mean", "--bucket week"),
        ("--view listening --share", "shares"),
        ("--view heatmap --share", "shares"),
        ("--view table --log", "axis"),
        ("--view songs --log", "axis"),
        ("--view overlay --same-scale", "several charts"),
        ("--view rejects --top 5", "--top"),
        ("--view songs --order size", "--order"),
        ("--view songs --compare", "always compared"),
        (
            "--view overlay --share --compare",
            "--share: shares are stacked",
        ),
        (
            "--view by-region --share --log",
            "--view by-region --share: shares are stacked",
        ),
        (
            "--view by-event-type --share --same-scale",
            "--view by-event-type --share: shares are stacked",
        ),
        (
            "--view table --share --log",
            "--view table: there is no axis",
        ),
        ("--view listeners --zone Asia/Kathmandu", "by UTC day"),
        ("--view rejects --region EU", "over all"),
        ("--view listeners --event-type play", "over all"),
    ] {
        let options: Vec<&str> = options.split(' ').collect();
        let all = [&["--demo", "--screenshot", file], options.as_slice()].concat();
        let output = viewer(home.path(), &all);
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{options:?}: {words}");
        assert!(words.contains("has no effect with"), "{options:?}: {words}");
        assert!(words.contains(reason), "{options:?}: {words}");
        assert!(!picture.exists(), "{options:?}");
    }
    for options in [
        "--view listening --bucket week --compare",
        "--view listeners --bucket day --log",
        "--view overlay --share --mean",
        "--view songs --zone UTC",
        "--saved older",
        "--view listening --region EU",
        "--view rejects --hide-region EU",
    ] {
        let options: Vec<&str> = options.split(' ').collect();
        let all = [&["--demo", "--csv", "-"], options.as_slice()].concat();
        let output = viewer(home.path(), &all);
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{options:?}: {words}");
    }
}

/// More days than the dialog accepts would take minutes to draw.
#[test]
fn more_days_than_can_be_shown_are_wrong_usage() {
    let home = tempfile::tempdir().unwrap();
    let days = ["--from", "1970-01-01", "--to", "9999-12-31"];
    let output = viewer(
        home.path(),
        &[&["--demo", "--csv", "-"], &days[..]].concat(),
    );
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert!(words.contains("at most 36600 can be shown"), "{words}");
    assert!(output.stdout.is_empty());
}

/// As `musicstream-viewer --csv - | head -1`: there is more to write than a pipe holds.
#[test]
fn a_reader_that_needs_no_more_rows_is_no_failure() {
    let home = tempfile::tempdir().unwrap();
    let options = ["--demo", "--range", "all", "--csv", "-"];
    let mut viewer = command(home.path(), &options)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut reader = BufReader::new(viewer.stdout.take().unwrap());
    let mut header = String::new();
    reader.read_line(&mut header).unwrap();
    drop(reader);
    let output = viewer.wait_with_output().unwrap();
    assert!(header.starts_with("day,event_type,"), "{header}");
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), words.as_str()), (Some(0), ""));
}

/// Days without an answer to what the view needs beside them: a header alone would look like a quiet time.
#[test]
fn numbers_that_were_not_read_are_no_rows() {
    for view in [View::Live, View::Listeners] {
        let state = State {
            view,
            ..State::default()
        };
        let folder = std::env::temp_dir();
        let days = data(vec![row(TODAY, "play", "EU", 1)]);
        let mut app = app_of(Feed::fixed(days, "here"), state.clone(), &folder);
        assert!(!app.settle(Duration::ZERO), "{view:?}");
        assert_eq!(app.csv(), None, "{view:?}");
        let mut app = app_of(Feed::sample(DEMO_TIME), state, &folder);
        assert!(app.settle(Duration::ZERO), "{view:?}");
        assert!(app.csv().unwrap().lines().count() > 1, "{view:?}");
    }
}

#[test]
fn numbers_that_the_database_does_not_have_are_no_rows() {
    let Some((database, mut client)) = Database::with_extension("numbers_that_the_database_lacks")
    else {
        return;
    };
    client
        .batch_execute(
            "alter extension pg_musicstream drop function musicstream_listeners(date, date, text[]);
             drop function musicstream_listeners(date, date, text[])",
        )
        .unwrap();
    play(&mut client, "EU", 3);
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("rows.csv");
    let url = database.url();
    for (view, code) in [("listeners", 1), ("table", 0)] {
        let options = ["--database-url", &url, "--view", view, "--csv"];
        let options = [&options, [file.to_str().unwrap()].as_slice()].concat();
        let output = viewer(home.path(), &options);
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{view}: {words}");
        assert_eq!(words.contains("no row to write"), code == 1, "{words}");
        assert_eq!(file.exists(), code == 0, "{view}");
    }
}

/// The zone is looked up in the database.
#[test]
fn a_zone_that_the_database_lacks_is_an_error() {
    let Some(database) = Database::fresh("a_zone_that_the_database_lacks") else {
        return;
    };
    database
        .client()
        .batch_execute("create extension pg_musicstream")
        .unwrap();
    let home = tempfile::tempdir().unwrap();
    let picture = home.path().join("picture.png");
    let url = database.url();
    for (zone, code) in [("Mars/Phobos", 2), ("Etc/GMT+7", 0), ("UTC", 0)] {
        let options = ["--database-url", &url, "--zone", zone, "--screenshot"];
        let options = [&options, [picture.to_str().unwrap()].as_slice()].concat();
        let output = viewer(home.path(), &options);
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{zone}: {words}");
        assert_eq!(words.contains(zone), code == 2, "{words}");
    }
    // The zone of a saved view is checked, too: cron would send other days without a word.
    save(
        home.path(),
        r#"{"On Mars": ["--zone", "Mars/Phobos"], "In Berlin": ["--zone", "Europe/Berlin"]}"#,
    );
    for (name, code) in [("On Mars", 2), ("In Berlin", 0)] {
        let options = ["--database-url", &url, "--saved", name, "--screenshot"];
        let options = [&options, [picture.to_str().unwrap()].as_slice()].concat();
        let output = viewer(home.path(), &options);
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{name}: {words}");
        assert_eq!(words.contains("Mars/Phobos"), code == 2, "{words}");
    }
}

/// A picture of UTC days would not say that another zone was asked for.
#[test]
fn a_picture_of_days_that_were_not_read_is_not_written() {
    let Some((database, mut client)) = Database::with_extension("a_picture_of_days_not_read")
    else {
        return;
    };
    play(&mut client, "EU", 3);
    // Days of a zone are summed up from this table, those of UTC are not.
    client
        .batch_execute(
            "begin; lock table musicstream_internal.minute_counts in access exclusive mode",
        )
        .unwrap();
    let home = tempfile::tempdir().unwrap();
    let picture = home.path().join("picture.png");
    let (url, file) = (database.url(), picture.to_str().unwrap());
    let options = ["--database-url", &url, "--zone", "Europe/Berlin"];
    let write = ["--timeout", "3", "--screenshot", file];
    let output = viewer(home.path(), &[options, write].concat());
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("were not read within 3 s"), "{words}");
    assert!(!picture.exists());
}

/// The same choice in the window leaves the day, too.
#[test]
fn a_saved_day_is_left_by_hours_and_by_the_live_view() {
    let home = tempfile::tempdir().unwrap();
    save(home.path(), r#"{"day": ["--minutes-of", "2026-03-17"]}"#);
    for (options, beginnings) in [
        (["--hours", "1h"], &["2026-03-18T13", "2026-03-18T14"][..]),
        (["--view", "live"], &["2026-03-18T"][..]),
    ] {
        let saved = ["--demo", "--saved", "day", "--csv", "-"];
        let output = viewer(home.path(), &[&saved[..], &options[..]].concat());
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let mut rows = text.lines().skip(1).peekable();
        assert!(rows.peek().is_some(), "{options:?}: no rows");
        for row in rows {
            let is_of_today = beginnings.iter().any(|begin| row.starts_with(*begin));
            assert!(is_of_today, "{options:?}: {row}");
        }
    }
}

/// What cron sends is what the window showed when the view was saved.
#[test]
fn a_saved_view_is_written_as_picture_and_csv() {
    let home = tempfile::tempdir().unwrap();
    let options = r#"["--view", "table", "--range", "7d", "--hide-region", "US", "--hide-region", "gone", "--sort", "events"]"#;
    save(home.path(), &format!(r#"{{"Last week": {options}}}"#));
    let picture = home.path().join("picture.png");
    let saved = ["--demo", "--saved", "Last week"];
    let write = ["--csv", "-", "--screenshot", picture.to_str().unwrap()];
    let output = viewer(home.path(), &[&saved[..], &write[..]].concat());
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect())
        .collect();
    // Six regions less one, three event types, seven days.
    assert_eq!(rows.len(), 5 * 3 * 7, "{text}");
    assert!(rows.iter().all(|row| row[2] != "US"));
    let events: Vec<i64> = rows.iter().map(|row| row[3].parse().unwrap()).collect();
    assert!(events.is_sorted_by(|a, b| a >= b), "{events:?}");
    assert_eq!(image::open(&picture).unwrap().width(), 1440);

    let file = home.path().join("plays.csv");
    let more = ["--event-type", "play", "--csv", file.to_str().unwrap()];
    let output = viewer(home.path(), &[&saved[..], &more[..]].concat());
    assert!(
        output.status.success() && output.stdout.is_empty(),
        "{output:?}"
    );
    assert_eq!(
        fs::read_to_string(&file).unwrap().lines().count(),
        1 + 5 * 7
    );
}
