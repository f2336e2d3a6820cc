//! Sessions that run their steps in threads, so that one can stay blocked on a lock while others go on.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use postgres::Client;

use musicstream_tests::database::{Database, connect, value};

/// Time limit for a step that no other session blocks.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Time after which a step that is not complete may be blocked. `pg_blocking_pids` stops the whole lock manager for a moment,
/// so it is not called for each step.
const LOCK_CHECK_AFTER: Duration = Duration::from_millis(3);

type Outcome = Result<(), String>;

/// The sessions of one run.
pub(super) struct Sessions {
    all: Vec<Session>,
    /// The number of a session and the outcome of its step.
    outcomes: Receiver<(usize, Outcome)>,
}

struct Session {
    /// The process id of the backend.
    pid: i32,
    steps: Sender<String>,
    is_busy: bool,
    /// Steps that follow when the running one is complete.
    postponed: VecDeque<String>,
}

impl Sessions {
    pub(super) fn start(database: &Database, count: usize) -> Sessions {
        let (done, outcomes) = channel();
        let all = (0..count)
            .map(|number| Session::start(&database.inside_url(), number, done.clone()))
            .collect();
        Sessions { all, outcomes }
    }

    pub(super) fn are_idle(&self) -> bool {
        let is_idle = |session: &Session| !session.is_busy && session.postponed.is_empty();
        self.all.iter().all(is_idle)
    }

    /// Runs a step in a session, or postpones it if an earlier step is still blocked. Returns when every session is idle or
    /// blocked by another one.
    pub(super) fn take(&mut self, admin: &mut Client, number: usize, step: &str) -> Outcome {
        self.all[number].postponed.push_back(step.to_owned());
        let deadline = Instant::now() + TIMEOUT;
        loop {
            for session in &mut self.all {
                session.send_next()?;
            }
            if !self.all.iter().any(|session| session.is_busy) {
                return Ok(());
            }
            match self.outcomes.recv_timeout(LOCK_CHECK_AFTER) {
                Ok((done, outcome)) => {
                    outcome?;
                    self.all[done].is_busy = false;
                }
                Err(RecvTimeoutError::Timeout) if self.are_blocked(admin) => return Ok(()),
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
    fn are_blocked(&self, admin: &mut Client) -> bool {
        let pids = |is_wanted: fn(&Session) -> bool| -> Vec<i32> {
            let wanted = self.all.iter().filter(|session| is_wanted(session));
            wanted.map(|session| session.pid).collect()
        };
        let busy = pids(|session| session.is_busy);
        let blocked: i64 = value(
            admin,
            "select count(*) from unnest($1::int[]) as pid where pg_blocking_pids(pid) && $2::int[]",
            &[&busy, &pids(|_| true)],
        );
        blocked == busy.len() as i64
    }
}

impl Session {
    fn start(url: &str, number: usize, done: Sender<(usize, Outcome)>) -> Session {
        let mut client = connect(url);
        let pid = value(&mut client, "select pg_backend_pid()", &[]);
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
            postponed: VecDeque::new(),
        }
    }

    /// Sends the next step if the last one is complete.
    fn send_next(&mut self) -> Outcome {
        if !self.is_busy
            && let Some(sql) = self.postponed.pop_front()
        {
            self.steps
                .send(sql)
                .map_err(|_| "the session has ended".to_owned())?;
            self.is_busy = true;
        }
        Ok(())
    }
}
