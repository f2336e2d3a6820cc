//! Sessions that run their steps in threads, so that one can stay blocked on a lock while others go on.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use postgres::{Client, Statement};

use musicstream_tests::database::{Database, connect, process_of};

/// Time limit for a step that no other session blocks.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Time after which a step that is not complete may be blocked. `pg_blocking_pids` stops the whole lock manager for a moment,
/// so it is not called for each step.
const LOCK_CHECK_AFTER: Duration = Duration::from_millis(5);
/// The number of these sessions that another one blocks.
const BLOCKED: &str =
    "select count(*) from unnest($1::int[]) as pid where pg_blocking_pids(pid) && $2::int[]";

type Outcome = Result<(), String>;

/// The sessions of one run.
pub(super) struct Sessions {
    all: Vec<Session>,
    /// The number of a session and the outcome of its step.
    outcomes: Receiver<(usize, Outcome)>,
    watcher: Client,
    /// [`BLOCKED`], prepared, because it is run several times per step.
    blocked: Statement,
}

struct Session {
    /// The process id of the backend.
    pid: i32,
    steps: Sender<String>,
    is_busy: bool,
}

impl Sessions {
    pub(super) fn start(database: &Database, count: usize) -> Sessions {
        let (done, outcomes) = channel();
        let all = (0..count)
            .map(|number| Session::start(&database.inside_url(), number, done.clone()))
            .collect();
        let mut watcher = database.client();
        let blocked = watcher.prepare(BLOCKED).unwrap();
        Sessions {
            all,
            outcomes,
            watcher,
            blocked,
        }
    }

    /// Whether a step of the session is not complete, because another session blocks it.
    pub(super) fn is_blocked(&self, number: usize) -> bool {
        self.all[number].is_busy
    }

    /// Runs a step in a session that is not blocked. Returns when every session is idle or blocked by another one.
    pub(super) fn take(&mut self, number: usize, step: String) -> Outcome {
        let session = &mut self.all[number];
        session
            .steps
            .send(step)
            .map_err(|_| "the session has ended".to_owned())?;
        session.is_busy = true;
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if !self.all.iter().any(|session| session.is_busy) {
                return Ok(());
            }
            match self.outcomes.recv_timeout(LOCK_CHECK_AFTER) {
                Ok((done, outcome)) => {
                    outcome?;
                    self.all[done].is_busy = false;
                }
                Err(RecvTimeoutError::Timeout) if self.are_blocked() => return Ok(()),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err("all sessions have ended".to_owned());
                }
            }
            if Instant::now() > deadline {
                return Err("a session is neither idle nor blocked by another one".to_owned());
            }
        }
    }

    /// Whether another session blocks each that is busy. One that autovacuum blocks continues without another step.
    fn are_blocked(&mut self) -> bool {
        let pids = |is_wanted: fn(&Session) -> bool| -> Vec<i32> {
            let wanted = self.all.iter().filter(|session| is_wanted(session));
            wanted.map(|session| session.pid).collect()
        };
        let (busy, all) = (pids(|session| session.is_busy), pids(|_| true));
        let row = self.watcher.query_one(&self.blocked, &[&busy, &all]);
        let blocked: i64 = row.unwrap().get(0);
        blocked == busy.len() as i64
    }
}

impl Session {
    fn start(url: &str, number: usize, done: Sender<(usize, Outcome)>) -> Session {
        let mut client = connect(url);
        let pid = process_of(&mut client);
        let (steps, todo) = channel::<String>();
        std::thread::spawn(move || {
            for sql in todo {
                let outcome = client
                    .batch_execute(&sql)
                    .map_err(|error| format!("{sql}: {error:?}"));
                if done.send((number, outcome)).is_err() {
                    break;
                }
            }
        });
        Session {
            pid,
            steps,
            is_busy: false,
        }
    }
}
