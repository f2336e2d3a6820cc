//! Runs a client program until it ends or all rows are stored, and measures the time and memory of it and the servers.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use postgres::Client;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

use crate::usage::{Meter, Processes, Usage};

const BETWEEN_CHECKS: Duration = Duration::from_millis(10);
const BETWEEN_SAMPLES: Duration = Duration::from_millis(100);
/// Bytes of a failed program's output in the error.
const SHOWN_BYTES: usize = 2000;

/// Paths of the programs, and the address of the brokers.
#[derive(Debug)]
pub(crate) struct Programs {
    pub(crate) ingestor: PathBuf,
    pub(crate) psql: PathBuf,
    /// The folder `bench/peers` of the checkout.
    pub(crate) scripts: PathBuf,
    /// The folder into which `set-up.sh` has installed the peers.
    pub(crate) peers: PathBuf,
    pub(crate) brokers: String,
    /// Whether the output of the generator replaces kcat if that is missing. The rates are then meaningless.
    pub(crate) has_stand_in: bool,
}

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The program reads to the end of its input and exits.
    Exit,
    /// The program does not end by itself: it is terminated once this many rows are stored.
    Rows(i64),
}

/// The result of a run.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) seconds: f64,
    /// From the start to the first written rows, committed or not.
    pub(crate) seconds_to_first_rows: f64,
    pub(crate) usage: Usage,
}

/// Kills the program when dropped, so that it does not outlive a failed benchmark.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail if the process has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs `command`, which writes into tables `raw_events…` of the database of `client`. Its output is written to a file in
/// `folder`.
pub(crate) fn run(
    command: &mut Command,
    end: End,
    client: &mut Client,
    processes: Processes,
    folder: &Path,
    limit: Duration,
) -> Result<Outcome> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = folder.join("output");
    let file = File::create(&output)?;
    let mut meter = Meter::start(processes)?;
    let started = Instant::now();
    let mut program = Running(
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?,
    );
    let process = i32::try_from(program.0.id())?;
    let mut growth = Growth::default();
    let mut next_sample = started;
    let seconds = loop {
        // Without reaping the process, so that /proc still has the CPU time of one that has ended.
        let has_exited = has_exited(process)?;
        let elapsed = started.elapsed();
        if has_exited || Instant::now() >= next_sample {
            next_sample = Instant::now() + BETWEEN_SAMPLES;
            meter.sample(process);
            growth.update(client, started)?;
            if let (End::Rows(rows), false) = (end, has_exited)
                && let Some(seconds) = growth.reached(client, rows, started)?
            {
                break seconds;
            }
        }
        if has_exited {
            ensure!(
                end == End::Exit,
                "{name} ended before all rows were stored\n{}",
                tail(&output)
            );
            break elapsed.as_secs_f64();
        }
        ensure!(
            elapsed < limit,
            "{name} did not finish within {} s\n{}",
            limit.as_secs(),
            tail(&output)
        );
        std::thread::sleep(BETWEEN_CHECKS);
    };
    let usage = meter.finish()?;
    if end == End::Exit {
        let status = program.0.wait()?;
        ensure!(
            status.success(),
            "{name} failed, {status}\n{}",
            tail(&output)
        );
    } else {
        stop(process, &mut program.0)?;
    }
    Ok(Outcome {
        seconds,
        seconds_to_first_rows: growth.first.unwrap_or(seconds),
        usage,
    })
}

fn has_exited(process: i32) -> Result<bool> {
    let pid = Pid::from_raw(process).context("no process id")?;
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    Ok(rustix::process::waitid(WaitId::Pid(pid), options)?.is_some())
}

/// Sends SIGTERM first, so that the program can commit its offsets.
fn stop(process: i32, child: &mut Child) -> Result<()> {
    let pid = Pid::from_raw(process).context("no process id")?;
    rustix::process::kill_process(pid, Signal::TERM)?;
    let asked = Instant::now();
    while asked.elapsed() < Duration::from_secs(10) {
        if child.try_wait()?.is_some() {
            return Ok(());
        }
        std::thread::sleep(BETWEEN_SAMPLES);
    }
    child.kill()?;
    child.wait()?;
    Ok(())
}

/// The end of a program's output.
pub(crate) fn tail(path: &Path) -> String {
    let text = std::fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&text[text.len().saturating_sub(SHOWN_BYTES)..]).into_owned()
}

/// The growth of the tables. Their size is cheap to read; rows are only counted while it does not change.
#[derive(Debug, Default)]
struct Growth {
    first: Option<f64>,
    bytes: i64,
    /// The time of the last change of the size, in seconds after the start.
    since: f64,
    has_changed: bool,
    last_count: Option<Instant>,
}

impl Growth {
    fn update(&mut self, client: &mut Client, started: Instant) -> Result<()> {
        let bytes: i64 = client
            .query_one(include_str!("sql/raw_bytes.sql"), &[])?
            .get(0);
        self.has_changed = bytes != self.bytes;
        if self.has_changed {
            self.bytes = bytes;
            self.since = started.elapsed().as_secs_f64();
            self.first = self.first.or(Some(self.since));
            self.last_count = None;
        }
        Ok(())
    }

    /// The time at which this many rows were stored; `None`: not yet, or not counted now.
    fn reached(&mut self, client: &mut Client, rows: i64, started: Instant) -> Result<Option<f64>> {
        let is_due = self
            .last_count
            .is_none_or(|last| last.elapsed() > Duration::from_millis(500));
        if self.bytes == 0 || self.has_changed || !is_due {
            return Ok(None);
        }
        let asked = started.elapsed().as_secs_f64();
        let found: i64 = client
            .query_one("select count(*) from raw_events", &[])?
            .get(0);
        if found > rows {
            bail!("{found} rows are stored, more than the {rows} expected ones");
        }
        let is_first = self.last_count.replace(Instant::now()).is_none();
        // At the first count after the last growth, the rows were complete when the table stopped growing.
        Ok((found == rows).then_some(if is_first { self.since } else { asked }))
    }
}
