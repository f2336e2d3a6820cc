//! The processes of a server, seen from the system.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

/// A server that stands still, until this value goes.
pub struct Frozen(Vec<i32>);

impl Frozen {
    /// Stops a server and then its processes: while it stands still it starts no more of them.
    pub(super) fn new(server: i32) -> Frozen {
        kill_process(Pid::from_raw(server).unwrap(), Signal::STOP)
            .unwrap_or_else(|error| panic!("cannot stop {server}: {error}"));
        let mut frozen = Frozen(children(server));
        frozen.0.push(server);
        frozen.signal(Signal::STOP);
        frozen
    }

    /// Their numbers.
    pub(super) fn processes(&self) -> &[i32] {
        &self.0
    }

    pub(super) fn signal(&self, signal: Signal) {
        for process in self.0.iter().filter_map(|process| Pid::from_raw(*process)) {
            // A session may have ended meanwhile.
            let _ = kill_process(process, signal);
        }
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        self.signal(Signal::CONT);
    }
}

/// The processes that one has started.
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

/// State and parent of a process.
fn stat(process: i32) -> Option<(char, i32)> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before, in parentheses, may hold blanks.
    let mut fields = text.rsplit_once(") ")?.1.split(' ');
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}
