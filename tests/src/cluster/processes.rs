//! The processes of a server, from /proc.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

/// A suspended server, which continues when this is dropped.
pub struct Suspended(Vec<i32>);

impl Suspended {
    /// Suspends the server first and then its processes, because a suspended server starts no others.
    pub(super) fn new(server: i32) -> Suspended {
        kill_process(Pid::from_raw(server).unwrap(), Signal::STOP)
            .unwrap_or_else(|error| panic!("cannot stop {server}: {error}"));
        let mut frozen = Suspended(children(server));
        frozen.0.push(server);
        frozen.signal(Signal::STOP);
        frozen
    }

    /// Their process ids.
    pub(super) fn processes(&self) -> &[i32] {
        &self.0
    }

    pub(super) fn signal(&self, signal: Signal) {
        for process in self.0.iter().filter_map(|process| Pid::from_raw(*process)) {
            // Fails if the process has ended meanwhile.
            let _ = kill_process(process, signal);
        }
    }
}

impl Drop for Suspended {
    fn drop(&mut self) {
        self.signal(Signal::CONT);
    }
}

/// The child processes.
fn children(parent: i32) -> Vec<i32> {
    let entries = fs::read_dir("/proc").unwrap();
    entries
        .filter_map(|entry| {
            let process: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
            (stat(process)?.1 == parent).then_some(process)
        })
        .collect()
}

pub(super) fn is_alive(process: i32) -> bool {
    stat(process).is_some_and(|(state, _)| state != 'Z')
}

/// State and parent of a process; `None` if it does not exist.
fn stat(process: i32) -> Option<(char, i32)> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // These follow the name, in parentheses, which may contain blanks.
    let mut fields = text.rsplit_once(") ")?.1.split(' ');
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}
