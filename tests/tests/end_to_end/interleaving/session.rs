//! A session that runs its steps in a thread, so that it can stay blocked on a lock.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::time::Duration;

use postgres::Client;

use musicstream_tests::database::{connect, value};
use musicstream_tests::wait::until_polling_every;

const TIMEOUT: Duration = Duration::from_secs(60);

pub(super) struct Session {
    /// The process id of the backend.
    pid: i32,
    steps: Sender<String>,
    ends: Receiver<Result<(), String>>,
    is_busy: bool,
    /// Steps that follow when the running one is complete.
    postponed: VecDeque<String>,
}

impl Session {
    pub(super) fn start(url: &str) -> Session {
        let mut client = connect(url);
        let pid = value(&mut client, "select pg_backend_pid()", &[]);
        let (steps, todo) = channel::<String>();
        let (done, ends) = channel();
        std::thread::spawn(move || {
            for sql in todo {
                let end = client
                    .batch_execute(&sql)
                    .map_err(|error| format!("{sql}: {error:?}"));
                if done.send(end).is_err() {
                    break;
                }
            }
        });
        Session {
            pid,
            steps,
            ends,
            is_busy: false,
            postponed: VecDeque::new(),
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        !self.is_busy && self.postponed.is_empty()
    }

    /// Sends the next step if the last one is complete. Returns whether anything has changed.
    fn advance(&mut self) -> Result<bool, String> {
        let mut has_changed = false;
        if self.is_busy {
            match self.ends.try_recv() {
                Ok(end) => {
                    end?;
                    self.is_busy = false;
                    has_changed = true;
                }
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => return Err("the session has ended".to_owned()),
            }
        }
        if !self.is_busy
            && let Some(sql) = self.postponed.pop_front()
        {
            self.steps
                .send(sql)
                .map_err(|_| "the session has ended".to_owned())?;
            self.is_busy = true;
            has_changed = true;
        }
        Ok(has_changed)
    }
}

/// Runs a step in a session, or postpones it if an earlier step is still blocked. Returns when every session is idle or blocked
/// by another one.
pub(super) fn take(
    admin: &mut Client,
    sessions: &mut [Session],
    number: usize,
    step: &str,
) -> Result<(), String> {
    sessions[number].postponed.push_back(step.to_owned());
    until_polling_every(
        Duration::ZERO,
        TIMEOUT,
        "each session to be idle or blocked by another",
        || settle(admin, sessions).transpose(),
    )
}

/// `Some` if every session is idle or blocked by another one.
fn settle(admin: &mut Client, sessions: &mut [Session]) -> Result<Option<()>, String> {
    let pids = |sessions: &[Session], is_wanted: fn(&Session) -> bool| -> Vec<i32> {
        let wanted = sessions.iter().filter(|session| is_wanted(session));
        wanted.map(|session| session.pid).collect()
    };
    let all = pids(sessions, |_| true);
    let busy = pids(sessions, |session| session.is_busy);
    // A session that autovacuum blocks continues without another step.
    let blocked =
        "select count(*) from unnest($1::int[]) as pid where pg_blocking_pids(pid) && $2::int[]";
    let blocked = match busy.len() {
        0 => 0,
        _ => value::<i64>(admin, blocked, &[&busy, &all]),
    };
    let mut has_changed = false;
    for session in sessions {
        has_changed |= session.advance()?;
    }
    Ok((!has_changed && blocked == busy.len() as i64).then_some(()))
}
