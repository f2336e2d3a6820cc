//! From a full topic to rows and daily numbers: one system after the other, each on a fresh database, in an order that changes
//! with each round.

pub(crate) mod load;
mod report;
pub(crate) mod system;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use postgres::Client;

use self::load::Load;
pub(crate) use self::report::section;
use self::system::{System, Task};
use crate::daily;
use crate::program::{self, End, Outcome, Programs};
use crate::server::{Server, disk_bytes, wal_bytes};
use crate::topic::{Content, Topic};
use crate::usage::{Cpu, Meter, Processes};

/// A system slower than this, in records/s, has failed.
const SLOWEST_A_SECOND: u64 = 2000;
/// Time for the start of a JVM and its libraries, on a busy machine.
const STARTING: Duration = Duration::from_secs(300);

/// One run of one system.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    /// Number of records of the topic, or rows.
    pub(crate) events: f64,
    pub(crate) outcome: Outcome,
    /// Time of the step after the run that computes the daily numbers; 0 if the run itself does.
    pub(crate) daily_seconds: f64,
    pub(crate) daily_cpu: Cpu,
    pub(crate) wal_bytes: f64,
    pub(crate) disk_bytes: f64,
}

impl Run {
    pub(crate) fn rate(&self) -> f64 {
        self.events / self.outcome.seconds
    }
}

/// All runs of a load, by system, one for each round.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) load: Load,
    pub(crate) runs: BTreeMap<System, Vec<Run>>,
}

pub(crate) struct Bench<'a> {
    pub(crate) server: &'a Server,
    pub(crate) programs: &'a Programs,
    pub(crate) processes: Processes,
    pub(crate) folder: &'a Path,
}

impl Bench<'_> {
    pub(crate) fn measure(&self, loads: Vec<Load>) -> Result<Vec<Measured>> {
        loads
            .into_iter()
            .map(|load| self.measure_load(load))
            .collect()
    }

    fn measure_load(&self, load: Load) -> Result<Measured> {
        eprintln!("{}: {} records", load.title, load.recipe.records);
        let topic = Topic::new(&self.programs.brokers, "events");
        topic.generate(&self.programs.ingestor, &load.recipe)?;
        let folder = tempfile::tempdir_in(self.folder)?;
        let content = topic.content(folder.path(), load.writers.unwrap_or(1))?;
        ensure!(
            content.records == load.recipe.records,
            "the topic has {} records, but {} were generated",
            content.records,
            load.recipe.records
        );
        let again = if load.is_again {
            let again = Topic::new(&self.programs.brokers, "again");
            again.generate(&self.programs.ingestor, &load.recipe)?;
            Some(again)
        } else {
            None
        };
        let with_schema = if load.systems.contains(&System::Debezium) {
            Some(topic.with_schema()?)
        } else {
            None
        };

        let mut runs: BTreeMap<System, Vec<Run>> = BTreeMap::new();
        for round in 0..load.rounds {
            let mut order = load.systems.clone();
            let count = order.len();
            order.rotate_left(round % count);
            for system in order {
                let topic = match system {
                    System::Debezium => with_schema.as_ref().context("a topic with schemas")?,
                    _ => &topic,
                };
                let run = self
                    .run(system, &load, topic, again.as_ref(), &content)
                    .with_context(|| format!("{}, {}", system.title(), load.title))?;
                eprintln!(
                    "round {} of {}: {}: {:.2} s, {:.0} thousand/s, {:.1} CPU s per million",
                    round + 1,
                    load.rounds,
                    system.title(),
                    run.outcome.seconds,
                    run.rate() / 1e3,
                    run.outcome.usage.cpu.of_all() / run.events * 1e6,
                );
                runs.entry(system).or_default().push(run);
            }
        }
        Ok(Measured { load, runs })
    }

    fn run(
        &self,
        system: System,
        load: &Load,
        topic: &Topic,
        again: Option<&Topic>,
        content: &Content,
    ) -> Result<Run> {
        let database = if system == System::Ours {
            self.server.fresh_with_extension("ingest")?
        } else {
            let database = self.server.fresh("ingest")?;
            database
                .client()?
                .batch_execute(include_str!("../../peers/table.sql"))?;
            database
        };
        let mut client = database.client()?;
        let work = tempfile::Builder::new()
            .prefix("bench-")
            .tempdir_in(self.folder)?;
        let task = Task {
            recipe: &load.recipe,
            writers: load.writers,
            work: work.path(),
        };
        let mut topic = topic;
        if let (Some(again), System::Ours) = (again, system) {
            let mut command = system.command(self.programs, &database, topic, content, &task)?;
            let status = command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()?;
            ensure!(status.success(), "the first of two runs failed: {status}");
            topic = again;
        }
        client.batch_execute("checkpoint")?;
        let (wal, disk) = (wal_bytes(&mut client)?, disk_bytes(&mut client)?);
        let mut command: Command =
            system.command(self.programs, &database, topic, content, &task)?;
        let limit = STARTING + Duration::from_secs(content.records / SLOWEST_A_SECOND);
        let end: End = system.end(content.distinct);
        let outcome = program::run(
            &mut command,
            end,
            &mut client,
            self.processes,
            work.path(),
            limit,
        )?;
        let (daily_seconds, daily_cpu) = self.finish_daily(system, content, &mut client)?;
        let is_copy = matches!(system, System::Copy | System::Sorted);
        Ok(Run {
            events: if is_copy {
                content.distinct as f64
            } else {
                content.records as f64
            },
            outcome,
            daily_seconds,
            daily_cpu,
            wal_bytes: wal_bytes(&mut client)? - wal,
            disk_bytes: disk_bytes(&mut client)? - disk,
        })
    }

    /// Checks the stored events, computes the daily numbers, and checks these.
    fn finish_daily(
        &self,
        system: System,
        content: &Content,
        client: &mut Client,
    ) -> Result<(f64, Cpu)> {
        daily::compare(
            "raw_events",
            &daily::read(client, daily::OF_RAW)?,
            &content.daily,
        )?;
        if system.keeps_daily_numbers() {
            let sql = if system == System::Ours {
                daily::LIVE
            } else {
                daily::OF_METRICS
            };
            daily::compare("its metrics", &daily::read(client, sql)?, &content.daily)?;
        }
        let step = match system {
            System::Ours => "select musicstream_rollup()",
            System::Spark => return Ok((0.0, Cpu::default())),
            _ => include_str!("../../peers/daily.sql"),
        };
        let meter = Meter::start(self.processes)?;
        let started = Instant::now();
        client.batch_execute(step)?;
        let seconds = started.elapsed().as_secs_f64();
        let usage = meter.finish()?;
        daily::compare(
            "daily_metrics",
            &daily::read(client, daily::OF_METRICS)?,
            &content.daily,
        )?;
        Ok((seconds, usage.cpu))
    }
}
