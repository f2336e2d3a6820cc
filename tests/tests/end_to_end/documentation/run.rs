//! Runs the code blocks of a page in order.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use musicstream_tests::database::Database;
use musicstream_tests::document::{Block, Page, Step, root};
use musicstream_tests::process::{Finished, run};
use musicstream_tests::stack::stack;
use musicstream_tests::topic::Topic;

use super::output::is_as_shown;

const WITHIN: Duration = Duration::from_secs(120);

/// The topic's name in the pages.
const TOPIC: &str = "music_events";

/// The database, topics and folder of the blocks of one page.
struct Session {
    database: Database,
    topic: Topic,
    /// Topics whose names begin with that of `topic`; they are deleted at the end of the test.
    _more_topics: Vec<Topic>,
    /// The working directory of the blocks. It has links to the folders of the repository that pages name.
    folder: TempDir,
}

/// Runs a page.
///
/// # Panics
/// A block fails, its output differs from the block after it, or the page does not show its output.
pub(super) fn page(path: &str) {
    let page = Page::read(path);
    let mut session = Session::start(&page);
    let mut printed: Option<(Block, String)> = None;
    let mut wrong = Vec::new();
    for step in page.steps() {
        if let Step::Block(block) = &step
            && block.language == "text"
            && block.is_run()
        {
            let (code, found) = printed.take().expect("code before its output");
            if !is_as_shown(&block.text, &found) {
                wrong.push(format!("{path}:{}: prints\n{found}", code.line));
            }
            continue;
        }
        wrong.extend(not_shown(path, printed.take()));
        match step {
            Step::NewDatabase => session.database = Database::create(),
            Step::Hidden(block) => {
                session.run(path, &block);
            }
            Step::Block(block) if block.is_run() => {
                let found = session.run(path, &block);
                if block.attributes.is_empty() {
                    printed = Some((block, found));
                }
            }
            Step::Block(_) => {}
        }
    }
    wrong.extend(not_shown(path, printed));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A complaint about output that no block after it shows.
fn not_shown(path: &str, printed: Option<(Block, String)>) -> Option<String> {
    let (block, found) = printed?;
    let is_empty = found.trim().is_empty();
    (!is_empty).then(|| {
        format!(
            "{path}:{}: prints what the page does not show:\n{found}",
            block.line
        )
    })
}

impl Session {
    fn start(page: &Page) -> Session {
        let topic = Topic::not_created("documentation", 4);
        let suffixes: BTreeSet<&str> = page
            .text()
            .split(TOPIC)
            .skip(1)
            .filter_map(|after| {
                after
                    .split(|letter: char| !letter.is_alphabetic() && letter != '_')
                    .next()
            })
            .filter(|suffix| suffix.starts_with('_'))
            .collect();
        let session = Session {
            database: Database::create(),
            _more_topics: suffixes
                .into_iter()
                .map(|suffix| topic.not_created_with_suffix(suffix))
                .collect(),
            topic,
            folder: tempfile::tempdir().unwrap(),
        };
        for name in ["docs", "monitoring", "sql"] {
            std::os::unix::fs::symlink(root().join(name), session.path(name)).unwrap();
        }
        // Commands of a page that name no topic use the default one, which all pages would share.
        let topic = session.topic.name();
        let config = ["stream", "generate", "status"]
            .map(|table| format!("[{table}]\ntopic = \"{topic}\"\n"));
        std::fs::write(session.path(".topic.toml"), config.concat()).unwrap();
        session
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a block and returns what it printed.
    fn run(&self, path: &str, block: &Block) -> String {
        let text = block.text.replace(TOPIC, self.topic.name());
        let finished = match &*block.language {
            "sql" => self.sql(&text),
            "sh" => self.shell(&text),
            "toml" => self.configuration(&text),
            other => panic!("{path}:{}: cannot run {other}", block.line),
        };
        // An error of SQL is output that the page shows.
        let is_error_of_sql = block.language == "sql" && finished.stdout.contains("ERROR:");
        assert!(
            finished.code == Some(0) || is_error_of_sql,
            "{path}:{}: exit code {:?}\n{}{}",
            block.line,
            finished.code,
            finished.stdout,
            finished.stderr
        );
        finished
            .stdout
            .replace(self.topic.name(), TOPIC)
            .replace(self.database.name(), "music")
    }

    /// Runs SQL with psql, with messages and rows in one output.
    fn sql(&self, text: &str) -> Finished {
        let file = self.path(".block.sql");
        std::fs::write(&file, text).unwrap();
        let mut shell = self.command("sh");
        shell
            .args([
                "-c",
                r#"exec psql -Xq -v ON_ERROR_STOP=1 "$DATABASE_URL" <"$1" 2>&1"#,
                "sh",
            ])
            .arg(file);
        run(&mut shell, WITHIN)
    }

    fn shell(&self, text: &str) -> Finished {
        run(self.command("bash").args(["-euc", text]), WITHIN)
    }

    /// Writes a configuration file of the ingestor as `ingestor.toml`, and lets the ingestor check it.
    fn configuration(&self, text: &str) -> Finished {
        std::fs::write(self.path("ingestor.toml"), text).unwrap();
        self.shell("musicstream-ingestor --config ingestor.toml --print-config stream >/dev/null")
    }

    fn command(&self, program: &str) -> Command {
        let mut path = stack().bin_dir.clone().into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.folder.path())
            .env("LANG", "C.UTF-8")
            .env("TZ", "UTC")
            .env("DATABASE_URL", self.database.url())
            .env("KAFKA_BROKERS", &stack().brokers)
            .env("MUSICSTREAM_CONFIG", self.path(".topic.toml"))
            .current_dir(Path::new(self.folder.path()));
        command
    }
}
