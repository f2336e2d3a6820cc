//! Listening, compared with an independent count over the same file and with the generator's known figures.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use postgres::Client;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{Rng as _, SeedableRng as _};

use musicstream_tests::count::python;
use musicstream_tests::data;
use musicstream_tests::database::{Database, value};
use musicstream_tests::listening::{
    Rows, assert_listening, assert_same, counted_by_python, roll_up_listening, rows,
};
use musicstream_tests::pipeline::load;
use musicstream_tests::process::{program, run};
use musicstream_tests::random::seed;

/// In the first span the clocks of Berlin and New York are set forward, in the second back.
const SPANS: [[&str; 2]; 2] = [
    ["2025-03-05", "2025-04-08"],
    ["2025-10-20T17:30:00Z", "2025-11-05"],
];
/// The largest delay of an event.
const LATEST_DAYS: u64 = 30;

/// Generates sessions. Returns the file and their known figures.
fn generate(folder: &Path, options: &[&str]) -> (PathBuf, Rows) {
    let (events, truth) = (folder.join("events.ndjson"), folder.join("truth.csv"));
    let mut generator = program("musicstream-ingestor");
    generator
        .args(["generate", "--sessions", "--to"])
        .arg(&events)
        .arg("--truth")
        .arg(&truth)
        .args(options);
    run(&mut generator, Duration::from_secs(120)).with_code(0);
    let text = std::fs::read_to_string(truth).unwrap();
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("day,region,plays,streams,skips,listening_seconds,sessions")
    );
    let cells = |line: &str| line.split(',').map(str::to_owned).collect();
    (events, lines.map(cells).collect())
}

fn assert_daily(client: &mut Client, truth: &Rows, when: &str) {
    let columns = [
        "day",
        "region",
        "plays",
        "streams",
        "skips",
        "round(listening_seconds, 6)",
        "sessions",
    ];
    let found = rows(client, &columns, "daily_listening");
    assert_same(&found, truth, "daily_listening and the known figures", when);
}

#[test]
fn generated_sessions_have_their_known_figures() {
    for [from, until] in SPANS {
        let folder = tempfile::tempdir().unwrap();
        let options = "--count 30000 --users 700 --songs 3000 --seed 17 --duplicates 3 --late 4 --malformed 2 --out-of-order 5";
        let mut options: Vec<&str> = options.split(' ').collect();
        options.extend(["--from", from, "--until", until]);
        let (events, truth) = generate(folder.path(), &options);
        let database = Database::without_coming_days();
        let mut client = database.client();
        let summary = load(&database, &events);
        assert_eq!((summary.duplicate, summary.rejected), (900, 600));
        roll_up_listening(&mut client);
        assert_daily(&mut client, &truth, from);
        assert_listening(
            &mut client,
            &counted_by_python("ndjson", &events, &[]),
            from,
        );
    }
}

/// The numbers do not depend on the number of parts in which the users of a span are counted.
#[test]
fn users_counted_in_parts_have_the_same_listening() {
    const TABLES: [&str; 5] = [
        "listening_counts",
        "song_counts",
        "counted_hours",
        "listener_days",
        "listener_first_days",
    ];
    let folder = tempfile::tempdir().unwrap();
    let [from, until] = SPANS[1];
    let mut options = vec!["--from", from, "--until", until];
    options.extend("--count 8000 --users 300 --songs 500 --seed 23".split(' '));
    let (events, truth) = generate(folder.path(), &options);
    let database = Database::without_coming_days();
    let mut client = database.client();
    load(&database, &events);
    roll_up_listening(&mut client);
    let contents =
        |client: &mut Client| TABLES.map(|table| rows(client, &["t"], &format!("{table} as t")));
    let counted = contents(&mut client);
    for (table, rows) in TABLES.iter().zip(&counted) {
        assert!(!rows.is_empty(), "{table}");
    }
    // As in musicstream_rollup_listening(), which calls the function.
    client.batch_execute("set jit = off").unwrap();
    for parts in [1, 3, 40] {
        client
            .batch_execute(&format!("truncate {}", TABLES.join(", ")))
            .unwrap();
        let most_events = 8_000 / parts + 1;
        let read: i64 = value(
            &mut client,
            &format!("select count_quarters('2025-10-01Z', '2025-12-01Z', 1, {most_events})"),
            &[],
        );
        assert_eq!(read / most_events + 1, parts, "{read} events were read");
        for ((table, found), expected) in TABLES.iter().zip(contents(&mut client)).zip(&counted) {
            assert_same(&found, expected, table, &format!("in {parts} parts"));
        }
        assert_daily(&mut client, &truth, &format!("in {parts} parts"));
    }
    let differences: i64 = value(
        &mut client,
        "select count(*) from musicstream_verify()",
        &[],
    );
    assert_eq!(differences, 0, "musicstream_verify()");
}

/// A line of a file with its arrival.
struct Sent {
    /// Days after the first event.
    arrival: f64,
    line: String,
}

/// Shuffles lines: some arrive up to 30 days late, some several times.
fn disordered(random: &mut StdRng, lines: &[(f64, String)]) -> Vec<Sent> {
    let mut sent = Vec::new();
    for (day, line) in lines {
        let copies = if random.random_ratio(1, 10) { 3 } else { 1 };
        for _ in 0..copies {
            let delay = if random.random_ratio(1, 8) {
                random.random_range(0.0..LATEST_DAYS as f64)
            } else {
                random.random_range(0.0..0.5)
            };
            sent.push(Sent {
                arrival: day + delay,
                line: line.clone(),
            });
        }
    }
    sent.sort_by(|a, b| a.arrival.total_cmp(&b.arrival));
    sent
}

/// Stores the lines in parts, and compares the listening after each with the oracle's count over the lines so far. Returns the
/// file with all lines.
fn store_in_parts(
    database: &Database,
    folder: &Path,
    random: &mut StdRng,
    sent: &[Sent],
    parts: usize,
) -> PathBuf {
    let mut client = database.client();
    let so_far = folder.join("so_far.ndjson");
    let mut all = String::new();
    for (number, part) in sent.chunks(sent.len().div_ceil(parts)).enumerate() {
        let mut lines: Vec<&str> = part.iter().map(|sent| sent.line.as_str()).collect();
        lines.shuffle(random);
        let text = lines.join("\n") + "\n";
        all += &text;
        let file = folder.join(format!("part-{number}.ndjson"));
        std::fs::write(&file, text).unwrap();
        std::fs::write(&so_far, &all).unwrap();
        load(database, &file);
        roll_up_listening(&mut client);
        let expected = counted_by_python("ndjson", &so_far, &[]);
        assert_listening(&mut client, &expected, &format!("after part {number}"));
    }
    so_far
}

/// Days since the earliest event, and the lines.
fn lines_with_days(text: &str) -> Vec<(f64, String)> {
    let mut days = BTreeMap::new();
    let mut lines = Vec::new();
    for line in text.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        let day = event["ts"].as_str().unwrap()[..10].to_owned();
        days.insert(day.clone(), 0.0);
        lines.push((day, line.to_owned()));
    }
    // Only the order of the days matters, so days without events are not counted.
    for (number, day) in days.values_mut().enumerate() {
        *day = number as f64;
    }
    lines
        .into_iter()
        .map(|(day, line)| (days[&day], line))
        .collect()
}

#[test]
fn late_duplicate_and_unordered_events_are_counted_as_in_order() {
    let seed = seed("MUSICSTREAM_LISTENING_SEED");
    let mut random = StdRng::seed_from_u64(seed);
    let folder = tempfile::tempdir().unwrap();
    let [from, until] = SPANS[1];
    let generator_seed = seed.to_string();
    let mut options = vec!["--seed", &generator_seed, "--from", from, "--until", until];
    options.extend("--count 8000 --users 300 --songs 500".split(' '));
    let (events, truth) = generate(folder.path(), &options);
    let lines = lines_with_days(&std::fs::read_to_string(&events).unwrap());
    let database = Database::without_coming_days();
    let mut client = database.client();
    let sent = disordered(&mut random, &lines);
    let stored = store_in_parts(&database, folder.path(), &mut random, &sent, 6);
    assert_daily(&mut client, &truth, "at the end");

    let field = |line: &str, name: &str| -> String {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        event[name].as_str().unwrap().to_owned()
    };
    let users: Vec<String> = (0..20)
        .map(|_| field(&lines.choose(&mut random).unwrap().1, "user_id"))
        .collect();
    for user in &users {
        client
            .execute("select * from musicstream_forget_user($1)", &[user])
            .unwrap();
    }
    roll_up_listening(&mut client);
    let expected = counted_by_python("ndjson", &stored, &users);
    assert_listening(&mut client, &expected, "without some users");

    // Few events, so that most hours are recounted only because of a deletion.
    let deleted: HashSet<String> = lines
        .choose_multiple(&mut random, 60)
        .map(|(_, line)| field(line, "event_id"))
        .collect();
    let ids: Vec<&String> = deleted.iter().collect();
    client
        .execute("select musicstream_delete($1::text[]::uuid[])", &[&ids])
        .unwrap();
    roll_up_listening(&mut client);
    let mut kept = String::new();
    for (_, line) in &lines {
        if !deleted.contains(&field(line, "event_id")) {
            writeln!(kept, "{line}").unwrap();
        }
    }
    std::fs::write(&stored, kept).unwrap();
    let expected = counted_by_python("ndjson", &stored, &users);
    assert_listening(&mut client, &expected, "without some events");
    let differences: i64 = value(
        &mut client,
        "select count(*) from musicstream_verify()",
        &[],
    );
    assert_eq!(differences, 0, "musicstream_verify()");
}

/// Checks an external file, in its order and shuffled.
fn assert_file(format: &str, file: &Path) {
    let expected = counted_by_python(format, file, &[]);
    let database = Database::without_coming_days();
    let mut client = database.client();
    let folder = tempfile::tempdir().unwrap();
    let printed = python("messages.py", &[Path::new(format), file]).stdout;
    let messages = folder.path().join("messages.ndjson");
    std::fs::write(&messages, &printed).unwrap();
    load(&database, &messages);
    roll_up_listening(&mut client);
    assert_listening(&mut client, &expected, "as it is");

    let seed = seed("MUSICSTREAM_LISTENING_SEED");
    let mut random = StdRng::seed_from_u64(seed);
    let database = Database::without_coming_days();
    let mut client = database.client();
    let mut lines: Vec<&str> = printed.lines().collect();
    lines.shuffle(&mut random);
    let repeated: Vec<&str> = lines[..lines.len() / 10].to_vec();
    lines.extend(repeated);
    for (number, part) in lines.chunks(lines.len().div_ceil(4)).enumerate() {
        let path = folder.path().join(format!("part-{number}.ndjson"));
        std::fs::write(&path, part.join("\n") + "\n").unwrap();
        load(&database, &path);
        roll_up_listening(&mut client);
    }
    assert_listening(&mut client, &expected, "in disorder");
}

#[test]
fn an_external_file_gives_the_same_listening_as_an_independent_program() {
    let name = "an_external_file_gives_the_same_listening_as_an_independent_program";
    if let Some(file) = data::find(name, "seed_events/events.csv") {
        assert_file("csv", &file);
    }
}

#[test]
fn page_views_give_the_same_listening_as_an_independent_program() {
    let name = "page_views_give_the_same_listening_as_an_independent_program";
    if let Some(file) = data::find(name, "eventsim_2026/sample_message.ndjson") {
        assert_file("eventsim", &file);
    }
}
