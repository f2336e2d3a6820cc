//! The examples of `docs/listening.md` give what it says.

use std::path::Path;
use std::process::Command;

use musicstream_tests::database::Database;

use super::count;

/// A fenced code block.
struct Block {
    language: String,
    text: String,
}

/// The sections with examples, by heading.
fn sections(page: &str) -> Vec<(String, Vec<Block>)> {
    let mut sections: Vec<(String, Vec<Block>)> = Vec::new();
    let mut open: Option<Block> = None;
    for line in page.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                open = Some(Block {
                    language: language.to_owned(),
                    text: String::new(),
                });
            }
            (Some(_), Some(_)) => {
                let block = open.take().unwrap();
                sections.last_mut().unwrap().1.push(block);
            }
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {
                if let Some(heading) = line.strip_prefix('#') {
                    sections.push((
                        heading.trim_start_matches('#').trim().to_owned(),
                        Vec::new(),
                    ));
                }
            }
        }
    }
    assert!(open.is_none(), "the last code block is not closed");
    sections.retain(|(_, blocks)| !blocks.is_empty());
    sections
}

/// The output of psql.
fn printed(database: &Database, sql: &str) -> String {
    let output = Command::new("psql")
        .args(["-X", "-v", "ON_ERROR_STOP=1", "-c", sql])
        .arg(database.read_url())
        .output()
        .expect("psql is installed");
    assert!(
        output.status.success(),
        "{sql}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn trimmed(text: &str) -> Vec<&str> {
    text.trim_end().lines().map(str::trim_end).collect()
}

#[test]
fn documented_examples_give_the_documented_results() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/listening.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let mut answers = 0;
    let mut wrong = Vec::new();
    for (heading, blocks) in sections(&page) {
        let database = Database::create();
        let mut client = database.client();
        let mut question = None;
        for block in &blocks {
            match block.language.as_str() {
                "sql" if block.text.starts_with("insert") => {
                    client.batch_execute(&block.text).unwrap();
                    count(&mut client);
                }
                "sql" => question = Some(&block.text),
                "text" => {
                    let sql = question.take().expect("a query before its result");
                    let found = printed(&database, sql);
                    if trimmed(&found) != trimmed(&block.text) {
                        wrong.push(format!("{heading}: {sql}{found}"));
                    }
                    answers += 1;
                }
                other => panic!("{heading}: a block in {other}"),
            }
        }
        assert!(question.is_none(), "{heading}: a query without a result");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(answers >= 10, "{answers} answers");
}
