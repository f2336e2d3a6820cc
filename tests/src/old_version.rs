//! A version of the extension that was never released, for tests of updates before there are two releases. It is derived from
//! the present version by differences of every kind that an update must handle.
//!
//! The update removes each difference either by `old_version/changes.sql`, which has the form of a file below
//! `pg_musicstream/sql/upgrade`, or by the views, functions and aggregates of the present version, which
//! `scripts/upgrade-script.sh` adds.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

use crate::database::{Database, connect, project_sql, value};
use crate::stack::stack;

/// Number of the old version.
pub const VERSION: &str = "0.9.0-test";

/// Objects that only the old version has.
const GONE: &str = include_str!("old_version/gone.sql");

/// Files below `pg_musicstream/sql` that the old version lacks.
const ABSENT: [&str; 4] = [
    "requirement/encoding.sql",
    "internal/table/new_days.sql",
    "view/pending_days.sql",
    "function/top_songs.sql",
];

/// Changed files: the file, the text of the present version, the text of the old version.
const CHANGED: [(&str, &str, &str); 13] = [
    (
        "internal/table/rollup_state.sql",
        "last_rollup_ms double precision,\n    last_rollup_deltas bigint",
        "last_rollup_ms double precision",
    ),
    (
        "view/musicstream_status.sql",
        "    s.last_rollup_deltas,\n",
        "",
    ),
    (
        "table/event_types.sql",
        "default true,\n    constraint builtin_playback_is_fixed check (playback is null or event_type not in ('play', 'pause', 'stop'))",
        "default true",
    ),
    (
        "table/event_types.sql",
        "pg_extension_config_dump('event_types', '')",
        "pg_extension_config_dump('event_types', 'where is_accepted')",
    ),
    (
        "function/musicstream_delete.sql",
        "event_ids uuid[]",
        "doomed uuid[]",
    ),
    (
        "function/musicstream_delete.sql",
        "any (event_ids)",
        "any (doomed)",
    ),
    (
        "internal/function/frozen_before.sql",
        "max(f.day) + 1",
        "max(f.day)",
    ),
    (
        "internal/function/sum_songs.sql",
        "sspace = 100000",
        "sspace = 1000",
    ),
    (
        "view/daily_songs.sql",
        "s.listened_us * 0.000001",
        "s.listened_us / 1000000.0",
    ),
    (
        "internal/function/is_plausible.sql",
        "language c stable strict",
        "language c volatile strict",
    ),
    (
        "table/raw_events.sql",
        "'time of the event by the clock of the device'",
        "'another comment'",
    ),
    (
        "function/musicstream_watermark.sql",
        "musicstream_watermark() is '",
        "musicstream_watermark() is 'another comment: ",
    ),
    (
        "internal/function/count_hours.sql",
        "most constant bigint := 500000",
        "most constant bigint := 1",
    ),
];

/// Lines that the old version lacks: the file, a part of the line.
const LACKING: [(&str, &str); 5] = [
    (
        "internal/table/rollup_state.sql",
        "rollup_state.last_rollup_deltas is",
    ),
    (
        "view/musicstream_status.sql",
        "musicstream_status.last_rollup_deltas is",
    ),
    ("internal/table/song_counts.sql", "song_counts_day"),
    ("internal/table/touched_hours.sql", "replica identity full"),
    ("function/musicstream_expire.sql", "revoke execute"),
];

/// Change to `roles.sql`, which grants privileges on an object that the old version lacks.
const ROLES: (&str, &str) = ("%1$I.pending_days,", "");

/// A database with the old version of the extension, and the roles.
///
/// # Panics
/// The server refuses.
pub fn database() -> Database {
    install();
    let (present, old) = ROLES;
    Database::of_version(
        VERSION,
        &replaced("roles.sql", &project_sql("roles.sql"), present, old),
    )
}

/// Writes the script of the old version, and that of the update to the present version, into the folder of extensions of the
/// stack's Postgres.
///
/// # Panics
/// A file cannot be read or written, or a difference no longer applies.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let mut server = connect(&stack().database_url);
        let share: String = value(
            &mut server,
            "select setting from pg_config() where name = 'SHAREDIR'",
            &[],
        );
        let folder = Path::new(&share).join("extension");
        replace_file(
            &folder,
            &format!("pg_musicstream--{VERSION}.sql"),
            &script(),
        );
        let present = env!("CARGO_PKG_VERSION");
        replace_file(
            &folder,
            &format!("pg_musicstream--{VERSION}--{present}.sql"),
            &update(),
        );
    });
}

/// Replaces the file atomically, because tests in other processes may read it.
fn replace_file(folder: &Path, name: &str, text: &str) {
    let written = folder.join(format!(".{name}.{}", std::process::id()));
    std::fs::write(&written, text)
        .unwrap_or_else(|error| panic!("cannot write {}: {error}", written.display()));
    std::fs::rename(&written, folder.join(name)).unwrap();
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn read(path: &str) -> String {
    let path = project(path);
    std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// The script of the update, as the project's tool writes it.
fn update() -> String {
    let output = Command::new(project("scripts/upgrade-script.sh"))
        .arg(project("tests/src/old_version/changes.sql"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The script of the old version: the files that `lib.rs` names, in its order, with the differences applied.
fn script() -> String {
    let library = read("pg_musicstream/src/lib.rs");
    let files: Vec<&str> = library
        .lines()
        .filter_map(|line| line.split_once("\"../sql/")?.1.strip_suffix("\","))
        .collect();
    let known = |file: &str| assert!(files.contains(&file), "lib.rs names no {file}");
    ABSENT.iter().copied().for_each(known);
    CHANGED.iter().for_each(|(file, ..)| known(file));
    LACKING.iter().for_each(|(file, _)| known(file));
    let present = files.iter().filter(|file| !ABSENT.contains(file));
    let mut script: String = present.map(|file| old_text(file)).collect();
    script.push_str(GONE);
    script
}

fn old_text(file: &str) -> String {
    let mut text = read(&format!("pg_musicstream/sql/{file}"));
    for (_, present, old) in CHANGED.iter().filter(|(changed, ..)| *changed == file) {
        text = replaced(file, &text, present, old);
    }
    for (_, part) in LACKING.iter().filter(|(lacking, _)| *lacking == file) {
        let (without, removed): (Vec<&str>, Vec<&str>) =
            text.lines().partition(|line| !line.contains(part));
        assert!(!removed.is_empty(), "{file} has no line with {part}");
        text = without.join("\n") + "\n";
    }
    text
}

fn replaced(file: &str, text: &str, present: &str, old: &str) -> String {
    assert!(text.contains(present), "{file} does not have: {present}");
    text.replace(present, old)
}
