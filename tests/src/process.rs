//! Programs under test: started, watched, killed, frozen.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::database::Database;
use crate::page::look_through;
use crate::secrecy::assert_shows_nothing;
use crate::stack::stack;
use crate::wait::until;

const INGESTOR: &str = "musicstream-ingestor";

/// Says all that it can. At `trace` librdkafka's wrapper writes two lines a message, about the memory it frees.
const LOG_LEVEL: &str = "trace,rdkafka=debug";

/// `musicstream-ingestor` on this database, with no more rights than it needs.
pub fn ingestor(database: &Database) -> Command {
    let mut command = program(INGESTOR);
    command
        .env("DATABASE_URL", database.ingest_url())
        .env("KAFKA_BROKERS", &stack().brokers)
        .env("MUSICSTREAM_LOG", LOG_LEVEL);
    command
}

/// A program of the project, with nothing of the caller's environment that would steer it.
///
/// # Panics
/// It was not built.
pub fn program(name: &str) -> Command {
    let path = stack().bin_dir.join(name);
    assert!(
        path.exists(),
        "{} does not exist: run `make test`, which builds it",
        path.display()
    );
    let mut command = Command::new(path);
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        if name.starts_with("PG") || name.starts_with("MUSICSTREAM_") || name == "KAFKA_GROUP" {
            command.env_remove(&variable);
        }
    }
    command
}

/// A running program; killed, by its own number, if it still runs when this value goes.
pub struct Program {
    name: String,
    /// Whether what it writes to standard error and output may show no record. An oracle's may, and so may the
    /// standard output of the generator.
    is_discreet: (bool, bool),
    child: Child,
    stdout: Capture,
    stderr: Capture,
}

/// How a program has ended.
#[derive(Debug)]
pub struct Finished {
    /// The program and its arguments.
    pub name: String,
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// All that it wrote to standard output.
    pub stdout: String,
    /// All that it wrote to standard error.
    pub stderr: String,
}

/// What `load` and `stream --until-end` say at their end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)] // the names are the documentation
pub struct Summary {
    pub read: i64,
    pub inserted: i64,
    pub duplicate: i64,
    pub conflicting: i64,
    pub rejected: i64,
}

impl Program {
    /// Starts it; its standard input is empty unless the command says otherwise.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn start(command: &mut Command) -> Program {
        let name = format!(
            "{:?} {:?}",
            command.get_program(),
            command.get_args().collect::<Vec<_>>()
        );
        let is_ingestor = command.get_program().to_string_lossy().ends_with(INGESTOR);
        let makes_events = command.get_args().any(|argument| argument == "generate");
        let is_discreet = (is_ingestor, is_ingestor && !makes_events);
        let has = |option: &str| command.get_args().any(|argument| argument == option);
        let is_endless = has("stream") && !has("--until-end") && !has("--print-config");
        if is_ingestor && is_endless && !has("--listen") {
            // What it serves is searched before it is told to end.
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        let stdout = Capture::start(child.stdout.take().unwrap());
        let stderr = Capture::start(child.stderr.take().unwrap());
        Program {
            name,
            is_discreet,
            child,
            stdout,
            stderr,
        }
    }

    /// What it has written to standard error so far.
    pub fn log(&self) -> String {
        self.stderr.text()
    }

    /// Its process number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended.
    ///
    /// # Panics
    /// The system does not tell.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// `kill -9`, and waits until it is gone.
    ///
    /// # Panics
    /// It had ended by itself.
    pub fn kill(mut self) -> Finished {
        if !self.is_running() {
            let finished = self.finish(Duration::ZERO);
            panic!("it ended before it was killed: {finished:#?}");
        }
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        self.finished(status)
    }

    /// Stops it where it stands (`SIGSTOP`).
    ///
    /// # Panics
    /// It cannot be signalled.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
        until(
            Duration::from_secs(10),
            "the program to stand still",
            || (self.state() == Some('T')).then_some(()),
        );
    }

    /// Lets a frozen program go on (`SIGCONT`).
    ///
    /// # Panics
    /// It cannot be signalled.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Asks it to end (`SIGTERM`).
    ///
    /// # Panics
    /// It cannot be signalled.
    pub fn terminate(&self) {
        if self.is_discreet.0
            && let Err(error) = look_through(&self.name, &self.log())
        {
            // By itself, or by a signal before: whatever runs on must answer.
            let what = format!("{} to end, which does not answer: {error}", self.name);
            until(Duration::from_secs(10), &what, || {
                matches!(self.state(), None | Some('Z')).then_some(())
            });
        }
        self.signal(Signal::TERM);
    }

    /// As `/proc` has it; `None` if there is no such process any more.
    fn state(&self) -> Option<char> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).ok()?;
        // It follows the name, which may hold blanks, in parentheses.
        stat.rsplit_once(") ")?.1.chars().next()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal)
            .unwrap_or_else(|error| panic!("cannot signal {}: {error}", self.name));
    }

    /// Waits until it ends.
    ///
    /// # Panics
    /// It does not in time; what it wrote is in the message.
    pub fn finish(mut self, within: Duration) -> Finished {
        let deadline = std::time::Instant::now() + within;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return self.finished(status);
            }
            assert!(
                std::time::Instant::now() < deadline,
                "waited {} s for {} to end; it wrote:\n{}",
                within.as_secs(),
                self.name,
                self.log()
            );
            // Between two looks at the process.
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn finished(&mut self, status: ExitStatus) -> Finished {
        let finished = Finished {
            name: self.name.clone(),
            code: status.code(),
            stdout: self.stdout.rest(),
            stderr: self.stderr.rest(),
        };
        self.assert_shows_nothing();
        finished
    }

    /// Whatever it wrote, and however it ended.
    fn assert_shows_nothing(&mut self) {
        if self.is_discreet.0 {
            assert_shows_nothing(&self.name, &self.stderr.rest());
        }
        if self.is_discreet.1 {
            assert_shows_nothing(&self.name, &self.stdout.rest());
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // An error means that it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("{} wrote:\n{}", self.name, self.stderr.rest());
        } else {
            self.assert_shows_nothing();
        }
    }
}

/// Starts a program and waits for its end.
///
/// # Panics
/// As [`Program::start`] and [`Program::finish`].
pub fn run(command: &mut Command, within: Duration) -> Finished {
    Program::start(command.stdin(Stdio::null())).finish(within)
}

impl Finished {
    /// Itself, if it ended with this code.
    ///
    /// # Panics
    /// It ended with another.
    pub fn with_code(self, code: i32) -> Finished {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Its standard output, which is one JSON value.
    ///
    /// # Panics
    /// It is not.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {self:#?}"))
    }

    /// The summary that it printed with `--output json`, having ended well.
    ///
    /// # Panics
    /// It printed none, or failed, or the parts of the summary are not its sum.
    pub fn summary(self) -> Summary {
        let finished = self.with_code(0);
        let json = finished.json();
        let count = |name: &str| {
            json[name]
                .as_i64()
                .unwrap_or_else(|| panic!("no {name} in {finished:#?}"))
        };
        let summary = Summary {
            read: count("read"),
            inserted: count("inserted"),
            duplicate: count("duplicate"),
            conflicting: count("conflicting"),
            rejected: count("rejected"),
        };
        assert_eq!(
            summary.read,
            summary.inserted + summary.duplicate + summary.conflicting + summary.rejected,
            "what was read is not the sum of its parts: {summary:?}"
        );
        summary
    }
}

/// What comes through a pipe, collected by a thread.
struct Capture {
    bytes: Arc<Mutex<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
}

impl Capture {
    fn start(mut pipe: impl Read + Send + 'static) -> Capture {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let sink = bytes.clone();
        let thread = std::thread::spawn(move || {
            let mut piece = [0; 8192];
            while let Ok(count @ 1..) = pipe.read(&mut piece) {
                sink.lock().unwrap().extend_from_slice(&piece[..count]);
            }
        });
        Capture {
            bytes,
            thread: Some(thread),
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).into_owned()
    }

    /// All of it, once the other end is closed.
    fn rest(&mut self) -> String {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
        self.text()
    }
}
