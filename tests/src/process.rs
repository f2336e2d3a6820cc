//! Starts, observes, kills and suspends programs under test.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::database::Database;
use crate::page::assert_pages_show_nothing;
use crate::secrecy::assert_shows_nothing;
use crate::stack::stack;
use crate::wait::until;

const INGESTOR: &str = "musicstream-ingestor";

/// The most detailed level. For rdkafka `debug`, because at `trace` it logs two lines for each message that it frees.
const LOG_LEVEL: &str = "trace,rdkafka=debug";

/// The command `musicstream-ingestor` for this database, with the ingest role.
pub fn ingestor(database: &Database) -> Command {
    let mut command = program(INGESTOR);
    command
        .env("DATABASE_URL", database.ingest_url())
        .env("KAFKA_BROKERS", &stack().brokers)
        .env("MUSICSTREAM_LOG", LOG_LEVEL);
    command
}

/// The command of a program of the project, without environment variables of the caller that would affect it.
///
/// # Panics
/// The program was not built.
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

/// A running program, which is killed, by its process id, when this is dropped.
pub struct Program {
    name: String,
    /// Whether standard error and standard output must not contain parts of records. Those of an oracle may, and so may
    /// the standard output of the generator.
    is_discreet: (bool, bool),
    child: Child,
    stdout: Capture,
    stderr: Capture,
}

/// The result of a program.
#[derive(Debug)]
pub struct Finished {
    /// The program and its arguments.
    pub name: String,
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// The summary of `load` and `stream --until-end`.
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
    /// Starts a program; its standard input is empty unless the command sets it.
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
            // Its pages are searched before it is terminated.
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

    /// Its standard error so far.
    pub fn log(&self) -> String {
        self.stderr.text()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it is running.
    ///
    /// # Panics
    /// The system call fails.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// `kill -9`; waits until it has ended.
    ///
    /// # Panics
    /// It had ended before.
    pub fn kill(mut self) -> Finished {
        if !self.is_running() {
            let finished = self.finish(Duration::ZERO);
            panic!("the program ended before it was killed: {finished:#?}");
        }
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        self.finished(status)
    }

    /// Suspends it (`SIGSTOP`).
    ///
    /// # Panics
    /// The signal cannot be sent.
    pub fn suspend(&self) {
        self.signal(Signal::STOP);
        until(
            Duration::from_secs(10),
            "the program to be suspended",
            || (self.state() == Some('T')).then_some(()),
        );
    }

    /// Resumes a suspended program (`SIGCONT`).
    ///
    /// # Panics
    /// The signal cannot be sent.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Terminates it (`SIGTERM`), after a search of its pages.
    ///
    /// # Panics
    /// The signal cannot be sent.
    pub fn terminate(&self) {
        if self.is_discreet.0
            && let Err(error) = assert_pages_show_nothing(&self.name, &self.log())
        {
            // It is ending already, or was told to: otherwise it would have answered.
            let what = format!("{} to end (its pages do not answer: {error})", self.name);
            until(Duration::from_secs(10), &what, || {
                matches!(self.state(), None | Some('Z')).then_some(())
            });
        }
        self.signal(Signal::TERM);
    }

    /// Processor time that it has used.
    ///
    /// # Panics
    /// It has ended.
    pub fn cpu_time(&self) -> Duration {
        // Times in user mode and in the kernel, in hundredths of a second.
        let stat = self.stat().unwrap();
        let times = stat.split(' ').skip(11).take(2);
        let hundredths: u64 = times.map(|time| time.parse::<u64>().unwrap()).sum();
        Duration::from_millis(hundredths * 10)
    }

    /// The process state in `/proc`; `None` if the process does not exist.
    fn state(&self) -> Option<char> {
        self.stat()?.chars().next()
    }

    /// The fields in `/proc/ID/stat` from the state on, which follows the name; `None` if the process does not exist.
    fn stat(&self) -> Option<String> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).ok()?;
        // The name is in parentheses and may contain blanks.
        Some(stat.rsplit_once(") ")?.1.to_owned())
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal)
            .unwrap_or_else(|error| panic!("cannot signal {}: {error}", self.name));
    }

    /// Waits until it ends.
    ///
    /// # Panics
    /// It does not end in time; the message has its output.
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
            // The pause between two polls of the process.
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

    /// Searches its output for payloads and secrets.
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
        // Fails if the process has ended already.
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
    /// Checks the exit code, and returns the value unchanged.
    ///
    /// # Panics
    /// The code is another one.
    pub fn with_code(self, code: i32) -> Finished {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Parses its standard output as one JSON value.
    ///
    /// # Panics
    /// It is not one.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {self:#?}"))
    }

    /// The summary that it printed with `--output json`. Checks the exit code 0 and the sum of the summary.
    ///
    /// # Panics
    /// It failed, printed no summary, or one whose parts do not add up.
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
            "the number of read records is not the sum of the outcomes: {summary:?}"
        );
        summary
    }
}

/// Collects the content of a pipe in a thread.
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

    /// The complete content, after the other end is closed.
    fn rest(&mut self) -> String {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
        self.text()
    }
}
