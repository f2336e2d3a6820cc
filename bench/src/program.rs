//! Runs a client program to its end, or until all rows are stored, and watches what it and the servers take.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use postgres::Client;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

use crate::usage::{Meter, Processes, Usage};

const BETWEEN_LOOKS: Duration = Duration::from_millis(10);
const BETWEEN_SAMPLES: Duration = Duration::from_millis(100);
/// How much of a failed program's output its error shows.
const SHOWN_BYTES: usize = 2000;

/// How a run is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The program reads what there is and exits.
    Exit,
    /// The program is endless: it is told to end when this many rows are stored.
    Rows(i64),
}

/// What came of a run.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) seconds: f64,
    /// From the start to the first rows that were written, visible or not.
    pub(crate) seconds_to_first_rows: f64,
    pub(crate) usage: Usage,
}

/// Ends the program if the benchmark fails meanwhile.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs `command`, which writes into tables `raw_events…` of the database of `client`; its output goes to files in `folder`.
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
        // Before it is waited for, so that the time of a program that has ended is still there.
        let has_exited = has_exited(process)?;
        let elapsed = started.elapsed();
        if has_exited || Instant::now() >= next_sample {
            next_sample = Instant::now() + BETWEEN_SAMPLES;
            meter.sample(process);
            growth.look(client, started)?;
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
            "{name} was not finished after {} s\n{}",
            limit.as_secs(),
            tail(&output)
        );
        std::thread::sleep(BETWEEN_LOOKS);
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

/// An orderly end first: it may want to commit its offsets.
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

/// The last of what a program wrote.
pub(crate) fn tail(path: &Path) -> String {
    let text = std::fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&text[text.len().saturating_sub(SHOWN_BYTES)..]).into_owned()
}

/// How the tables grow: their size costs next to nothing to ask for, and rows are counted only when it stays the same.
#[derive(Debug, Default)]
struct Growth {
    first: Option<f64>,
    bytes: i64,
    /// When the size was found as it is now.
    since: f64,
    has_changed: bool,
    last_count: Option<Instant>,
}

impl Growth {
    fn look(&mut self, client: &mut Client, started: Instant) -> Result<()> {
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

    /// When the last of so many rows were there.
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
            bail!("{found} rows are stored, {rows} are expected");
        }
        let is_first = self.last_count.replace(Instant::now()).is_none();
        // Found at the first count: they were there when the table had stopped growing.
        Ok((found == rows).then_some(if is_first { self.since } else { asked }))
    }
}
