//! Compares the views of listening with the counts of an independent program.

use std::collections::BTreeSet;
use std::path::Path;

use postgres::Client;
use serde_json::Value;

use crate::count::python;
use crate::database::value;
use crate::oracle::roll_up;

/// UTC, zones with daylight saving time, and one with an offset of a quarter of an hour.
pub const ZONES: [&str; 4] = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"];

/// Rows of a table, each cell as text.
pub type Rows = BTreeSet<Vec<String>>;

/// The tables that `listening.py` counts from a file.
pub struct Listening(Value);

/// Runs `listening.py`, which ignores events of the users `without`.
///
/// # Panics
/// It counts nothing.
pub fn counted_by_python(format: &str, file: &Path, without: &[String]) -> Listening {
    let zones = ZONES.map(|zone| format!("--zone={zone}"));
    let users = without.iter().map(|user| format!("--without-user={user}"));
    let options: Vec<String> = zones.into_iter().chain(users).collect();
    let mut arguments = vec![Path::new(format), file];
    arguments.extend(options.iter().map(Path::new));
    let listening = Listening(python("listening.py", &arguments).json());
    assert!(
        !listening.table("quarters").is_empty(),
        "nothing was counted in {}",
        file.display()
    );
    listening
}

impl Listening {
    /// A table of the oracle.
    ///
    /// # Panics
    /// The table does not exist, or contains a row twice.
    pub fn table(&self, name: &str) -> Rows {
        rows_of(&self.0[name])
    }
}

fn rows_of(table: &Value) -> Rows {
    let rows = table.as_array().expect("a table");
    let cell = |cell: &Value| {
        cell.as_str()
            .map_or_else(|| cell.to_string(), str::to_owned)
    };
    let set: Rows = rows
        .iter()
        .map(|row| row.as_array().expect("a row").iter().map(cell).collect())
        .collect();
    assert_eq!(set.len(), rows.len(), "a row occurs twice");
    set
}

/// The result of a query, each column cast to text.
///
/// # Panics
/// The query fails, or returns a row twice.
pub fn rows(client: &mut Client, columns: &[&str], from: &str) -> Rows {
    let cells: Vec<String> = columns
        .iter()
        .map(|column| format!("coalesce(({column})::text, 'null')"))
        .collect();
    let sql = format!("select array[{}] from {from}", cells.join(", "));
    let found = client
        .query(&sql, &[])
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let set: Rows = found.iter().map(|row| row.get(0)).collect();
    assert_eq!(set.len(), found.len(), "a row occurs twice: {sql}");
    set
}

/// Folds pending deltas and counts all changed hours.
///
/// # Panics
/// A run fails, or leaves hours without counting any.
pub fn roll_up_listening(client: &mut Client) {
    roll_up(client);
    loop {
        let row = client
            .query_one("select * from musicstream_rollup_listening()", &[])
            .unwrap_or_else(|error| panic!("musicstream_rollup_listening(): {error:?}"));
        let (counted, left): (i64, i64) = (row.get("hours_counted"), row.get("hours_left"));
        if left == 0 {
            return;
        }
        assert!(counted > 0, "{left} hours are left, but a run counted none");
    }
}

const NUMBERS: [&str; 5] = [
    "plays",
    "streams",
    "skips",
    "round(listening_seconds, 6)",
    "sessions",
];
const INSTANT: &str = r#"'YYYY-MM-DD"T"HH24:MI:SS"Z"'"#;

/// Checks that every view equals the oracle's tables. All hours must have been counted.
///
/// # Panics
/// A view differs.
pub fn assert_listening(client: &mut Client, expected: &Listening, when: &str) {
    let with = |span: &str| -> Vec<String> {
        let key = [span.to_owned(), "region".to_owned()].into_iter();
        key.chain(NUMBERS.map(str::to_owned)).collect()
    };
    let utc = |column: &str| format!("to_char({column} at time zone 'UTC', {INSTANT})");
    let mut check = |columns: &[String], from: &str, expected: Rows| {
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        assert_same(&rows(client, &columns, from), &expected, from, when);
    };
    check(
        &with(&utc("quarter")),
        "quarter_listening",
        expected.table("quarters"),
    );
    check(
        &with(&utc("hour")),
        "hourly_listening",
        expected.table("hours"),
    );
    check(&with("day"), "daily_listening", expected.table("days"));
    for zone in ZONES {
        check(
            &with("day"),
            &format!("daily_listening_at('{zone}')"),
            rows_of(&expected.0["days_at"][zone]),
        );
    }
    let song: Vec<String> = ["day", "region", "song_id"]
        .into_iter()
        .chain(NUMBERS[..4].iter().copied())
        .map(str::to_owned)
        .collect();
    check(&song, "daily_songs", expected.table("songs"));
    let names =
        |names: &[&str]| -> Vec<String> { names.iter().map(|name| (*name).to_owned()).collect() };
    check(
        &names(&["day", "region", "new_listeners", "returning_listeners"]),
        "new_listeners",
        expected.table("new_listeners"),
    );
    assert_settled(client, when);
    assert_retention(client, expected, when);
    assert_active(client, expected, when);
    let inexact: i64 = value(
        client,
        "select count(*) from quarter_listening where listening_seconds <> round(listening_seconds, 6)",
        &[],
    );
    assert_eq!(inexact, 0, "{when}: quarters with parts of microseconds");
}

/// Checks that a span is settled once the watermark is past its end by the larger of `max_listen` and `session_gap`.
fn assert_settled(client: &mut Client, when: &str) {
    let end_of_day = |zone: &str| format!("(day + 1)::timestamp at time zone '{zone}'");
    let mut spans = vec![
        (
            "quarter_listening".to_owned(),
            "quarter + interval '15 minutes'".to_owned(),
        ),
        (
            "hourly_listening".to_owned(),
            "hour + interval '1 hour'".to_owned(),
        ),
        ("daily_listening".to_owned(), end_of_day("UTC")),
    ];
    spans.extend(ZONES.map(|zone| (format!("daily_listening_at('{zone}')"), end_of_day(zone))));
    for (view, end) in spans {
        let sql = format!(
            "select count(*) from {view}
             where is_settled is distinct from coalesce({end} + interval '30 minutes' <= musicstream_watermark(), false)"
        );
        let wrong: i64 = value(client, &sql, &[]);
        assert_eq!(wrong, 0, "{when}: {view} is settled too early or too late");
    }
}

/// Checks `listener_retention`, including that a number is null until the watermark is past the end of its day.
fn assert_retention(client: &mut Client, expected: &Listening, when: &str) {
    let columns = ["day", "region", "new_listeners", "day_1", "day_7", "day_28"];
    let found = rows(client, &columns, "listener_retention");
    let mut expected = expected.table("retention");
    for (after, column) in [(1, 3), (7, 4), (28, 5)] {
        let is_past = format!(
            "(day + {after} + 1)::timestamp at time zone 'UTC' <= coalesce(musicstream_watermark(), '-infinity')"
        );
        let wrong: i64 = value(
            client,
            &format!(
                "select count(*) from listener_retention where (day_{after} is not null) <> ({is_past})"
            ),
            &[],
        );
        assert_eq!(
            wrong, 0,
            "{when}: listener_retention has day_{after} too early or too late"
        );
        let known = rows(
            client,
            &["day"],
            &format!("(select distinct day from listener_retention where {is_past}) as d"),
        );
        expected = expected
            .into_iter()
            .map(|mut row| {
                if !known.contains(&row[..1]) {
                    row[column] = "null".to_owned();
                }
                row
            })
            .collect();
    }
    assert_same(&found, &expected, "listener_retention", when);
}

/// Checks the estimates: within five times the standard error of 0.8 %, and exact for few users.
fn assert_active(client: &mut Client, expected: &Listening, when: &str) {
    let found = rows(
        client,
        &[
            "day",
            "region",
            "listeners_1_day",
            "listeners_7_days",
            "listeners_28_days",
        ],
        "active_listeners",
    );
    let expected = expected.table("active_listeners");
    let number = |cell: &String| -> f64 { cell.parse().expect("a number") };
    for row in &expected {
        let same = found.iter().find(|other| other[..2] == row[..2]);
        let same = same.unwrap_or_else(|| panic!("{when}: active_listeners has no {row:?}"));
        for (found, exact) in same[2..]
            .iter()
            .map(number)
            .zip(row[2..].iter().map(number))
        {
            assert!(
                (found - exact).abs() <= (0.04 * exact).max(1.0),
                "{when}: active_listeners {same:?}, exactly {row:?}"
            );
        }
    }
}

/// Checks that both tables are equal.
///
/// # Panics
/// They differ.
pub fn assert_same(found: &Rows, expected: &Rows, what: &str, when: &str) {
    let missing: Vec<_> = expected.difference(found).take(10).collect();
    let surplus: Vec<_> = found.difference(expected).take(10).collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "{what}, {when}: expected, but not found ({} of {}): {missing:#?}; found, but not expected: {surplus:#?}",
        expected.difference(found).count(),
        expected.len()
    );
}
