//! CPU time and memory by process, from /proc.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result};

/// USER_HZ, the unit of times in /proc. It does not depend on the kernel's own tick.
const TICKS_A_SECOND: f64 = 100.0;
const PAGE_BYTES: f64 = 4096.0;

/// The server processes that are measured separately.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Processes {
    pub(crate) postmaster: i32,
    /// The broker's process; not every run has one.
    pub(crate) broker: Option<i32>,
}

/// CPU seconds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cpu {
    pub(crate) client: f64,
    pub(crate) postgres: f64,
    pub(crate) broker: f64,
    /// The whole machine, other programs included.
    pub(crate) machine: f64,
}

impl Cpu {
    /// The sum over client, Postgres and broker.
    pub(crate) fn of_all(&self) -> f64 {
        self.client + self.postgres + self.broker
    }
}

/// Peak memory in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Peak {
    /// Resident memory of all processes of the client.
    pub(crate) client: f64,
    /// Private memory of all processes of Postgres, without shared buffers.
    pub(crate) postgres: f64,
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) cpu: Cpu,
    pub(crate) peak: Peak,
}

/// Measures from its start on.
#[derive(Debug)]
pub(crate) struct Meter {
    processes: Processes,
    before: Cpu,
    /// Ticks of each process of the client at the last sample, because some end before the client does.
    client: BTreeMap<i32, u64>,
    peak: Peak,
}

impl Meter {
    pub(crate) fn start(processes: Processes) -> Result<Meter> {
        Ok(Meter {
            processes,
            before: servers(processes, &all())?,
            client: BTreeMap::new(),
            peak: Peak::default(),
        })
    }

    /// Samples the CPU time of the client process and its descendants, and the memory.
    pub(crate) fn sample(&mut self, client: i32) {
        let all = all();
        let mut peak = Peak::default();
        for (pid, stat) in &all {
            if stat.parent == self.processes.postmaster {
                peak.postgres += private_bytes(*pid);
            }
        }
        for pid in descendants(client, &all) {
            self.client.insert(pid, all[&pid].own);
            peak.client += all[&pid].resident_pages as f64 * PAGE_BYTES;
        }
        self.peak.client = self.peak.client.max(peak.client);
        self.peak.postgres = self.peak.postgres.max(peak.postgres);
    }

    /// CPU seconds of the client since its start, at the last sample.
    pub(crate) fn client_seconds(&self) -> f64 {
        self.client.values().sum::<u64>() as f64 / TICKS_A_SECOND
    }

    pub(crate) fn finish(self) -> Result<Usage> {
        let after = servers(self.processes, &all())?;
        Ok(Usage {
            cpu: Cpu {
                client: self.client_seconds(),
                postgres: after.postgres - self.before.postgres,
                broker: after.broker - self.before.broker,
                machine: after.machine - self.before.machine,
            },
            peak: self.peak,
        })
    }
}

/// The used fields of /proc/PID/stat; times in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) parent: i32,
    /// The process's own time.
    own: u64,
    /// The time of its children that have ended and were reaped.
    ended_children: u64,
    resident_pages: u64,
}

pub(crate) fn parse_stat(line: &str) -> Option<Stat> {
    // The name, in parentheses, may contain blanks and parentheses.
    let (_, fields) = line.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        own: number(11)? + number(12)?,
        ended_children: number(13)? + number(14)?,
        resident_pages: number(21)?,
    })
}

/// CPU seconds of a process so far.
pub(crate) fn process_seconds(pid: i32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))
        .with_context(|| format!("process {pid} has ended"))?;
    let stat = parse_stat(&stat).context("/proc/PID/stat cannot be parsed")?;
    Ok(stat.own as f64 / TICKS_A_SECOND)
}

fn all() -> BTreeMap<i32, Stat> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return BTreeMap::new();
    };
    entries
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            // A process may have ended since the directory was read.
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            Some((pid, parse_stat(&stat)?))
        })
        .collect()
}

fn descendants(root: i32, all: &BTreeMap<i32, Stat>) -> BTreeSet<i32> {
    let mut found: BTreeSet<i32> = all
        .contains_key(&root)
        .then_some(root)
        .into_iter()
        .collect();
    loop {
        let more: Vec<i32> = all
            .iter()
            .filter(|(pid, stat)| found.contains(&stat.parent) && !found.contains(pid))
            .map(|(pid, _)| *pid)
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

fn servers(processes: Processes, all: &BTreeMap<i32, Stat>) -> Result<Cpu> {
    let postmaster = all
        .get(&processes.postmaster)
        .context("Postgres has ended")?;
    // The CPU time of backends that have ended is part of the postmaster's, which reaped them.
    let ticks = postmaster.own
        + postmaster.ended_children
        + all
            .values()
            .filter(|stat| stat.parent == processes.postmaster)
            .map(|stat| stat.own)
            .sum::<u64>();
    let broker = match processes.broker {
        Some(pid) => all.get(&pid).context("the broker has ended")?.own,
        None => 0,
    };
    Ok(Cpu {
        client: 0.0,
        postgres: ticks as f64 / TICKS_A_SECOND,
        broker: broker as f64 / TICKS_A_SECOND,
        machine: machine()?,
    })
}

/// Busy CPU seconds of all processors since boot.
fn machine() -> Result<f64> {
    let stat = fs::read_to_string("/proc/stat").context("cannot read /proc/stat")?;
    let line = stat.lines().next().unwrap_or_default();
    let ticks: Vec<u64> = line
        .split_whitespace()
        .skip(1)
        .filter_map(|field| field.parse().ok())
        .collect();
    // user, nice, system, irq, softirq, steal; without idle and iowait.
    let busy: u64 = [0, 1, 2, 5, 6, 7]
        .iter()
        .filter_map(|index| ticks.get(*index))
        .sum();
    Ok(busy as f64 / TICKS_A_SECOND)
}

fn private_bytes(pid: i32) -> f64 {
    // The process may have ended; then its memory counts as 0.
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok())
        .map_or(0.0, |kilobytes| kilobytes * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_blanks_and_parentheses_are_parsed() {
        let line =
            "7 (a ) b) S 3 7 7 0 -1 0 1 2 3 4 50 6 700 8 20 0 1 0 99 1000 25 18446744073709551615";
        let stat = Stat {
            parent: 3,
            own: 56,
            ended_children: 708,
            resident_pages: 25,
        };
        assert_eq!(parse_stat(line), Some(stat));
    }

    #[test]
    fn the_time_of_this_process_is_counted() {
        let own = i32::try_from(std::process::id()).unwrap();
        let processes = Processes {
            postmaster: own,
            broker: None,
        };
        let mut meter = Meter::start(processes).unwrap();
        // By the processor's time: on a busy machine the clock runs on while this process waits.
        let seconds = || {
            let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
            time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
        };
        let started = seconds();
        while seconds() - started < 0.1 {}
        meter.sample(own);
        let usage = meter.finish().unwrap();
        assert!(
            usage.cpu.postgres >= 0.05 && usage.cpu.client >= 0.05,
            "{usage:?}"
        );
        assert!(usage.peak.client > 1e6, "{usage:?}");
    }
}
