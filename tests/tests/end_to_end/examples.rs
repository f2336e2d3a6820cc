//! Compares the results of the queries in `sql/examples` with those of an independent program.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use postgres::Client;
use serde_json::Value;

use musicstream_tests::count::python;
use musicstream_tests::database::{Database, connect, project_sql, value};
use musicstream_tests::listening::roll_up_listening;
use musicstream_tests::pipeline::load;
use musicstream_tests::process::{program, run};

/// The rows of an example query as JSON, in order.
fn answer(client: &mut Client, example: &str) -> Value {
    let sql = project_sql(&format!("examples/{example}.sql"));
    let query = sql.trim_end().trim_end_matches(';');
    let wrapped = format!(
        "select coalesce(json_agg((
             select json_agg(case when cell.key in ('rank', 'plays', 'streams', 'new_listeners') or json_typeof(cell.value) = 'boolean'
                 then cell.value else to_json(cell.value #>> '{{}}') end)
             from json_each(row_to_json(answer)) as cell
         )), '[]')::text
         from ({query}) as answer"
    );
    let text: String = value(client, &wrapped, &[]);
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_example_query_agrees_with_an_independent_program() {
    let folder = tempfile::tempdir().unwrap();
    let events = folder.path().join("events.ndjson");
    let options = "--count 40000 --users 2000 --songs 400 --seed 5 --from 2026-02-24 --until 2026-04-09 --late 5 --duplicates 2";
    let mut generator = program("musicstream-ingestor");
    generator
        .args(["generate", "--sessions", "--to"])
        .arg(&events)
        .args(options.split(' '));
    run(&mut generator, Duration::from_secs(120)).with_code(0);
    let answers = python("questions.py", &[&events]).json();
    let answers = answers.as_object().unwrap();

    let database = Database::create();
    load(&database, &events);
    roll_up_listening(&mut database.client());
    let mut analyst = connect(&database.read_url());
    for (example, expected) in answers {
        let found = answer(&mut analyst, example);
        if example == "monthly_listeners" {
            assert_estimates(&found, expected);
        } else {
            assert_eq!(&found, expected, "{example}");
        }
        assert!(found.as_array().unwrap().len() >= 4, "{example}: {found}");
    }

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sql/examples");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .file_name()
                .to_string_lossy()
                .replace(".sql", "")
        })
        .collect();
    assert!(
        files.iter().eq(answers.keys()),
        "tested examples: {files:?}"
    );
}

/// Checks the estimates of monthly listeners by region, and the share of them that listened on the last day.
fn assert_estimates(found: &Value, expected: &Value) {
    let number = |cell: &Value| -> f64 {
        let text = cell
            .as_str()
            .map_or_else(|| cell.to_string(), str::to_owned);
        text.parse().unwrap()
    };
    let (found, expected) = (found.as_array().unwrap(), expected.as_array().unwrap());
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for row in found {
        let exact = expected.iter().find(|exact| exact[1] == row[1]).unwrap();
        let (one_day, month) = (number(&exact[2]), number(&exact[4]));
        assert_eq!(row[0], exact[0]);
        assert!(
            (number(&row[2]) / month - 1.0).abs() < 0.04,
            "{row} for {exact}"
        );
        let percent = 100.0 * one_day / month;
        assert!(
            (number(&row[3]) - percent).abs() < 0.08 * percent + 0.1,
            "{row} for {exact}"
        );
    }
}
