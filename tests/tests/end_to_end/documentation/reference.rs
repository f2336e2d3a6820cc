//! Compares `docs/sql-reference.md` with the catalogue.

use std::process::Command;
use std::time::Duration;

use musicstream_tests::database::Database;
use musicstream_tests::document::{Page, root};
use musicstream_tests::process::run;

#[test]
fn the_reference_is_what_the_catalogue_says() {
    let database = Database::create();
    let script = root().join("scripts/docs/sql-reference.sql");
    let mut psql = Command::new("psql");
    psql.args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-f"])
        .arg(script)
        .arg(database.url());
    let written = run(&mut psql, Duration::from_secs(60)).with_code(0).stdout;
    let page = Page::read("docs/sql-reference.md");
    let differences: Vec<(&str, &str)> = page
        .text()
        .lines()
        .zip(written.lines())
        .filter(|(old, new)| old != new)
        .take(3)
        .collect();
    assert!(
        page.text() == written,
        "docs/sql-reference.md is stale: `make docs` writes it; first differences: {differences:#?}"
    );
}
