//! The cost of three layouts for one topic: one Postgres, a Citus cluster, and two independent Postgres.

mod report;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use musicstream_tests::citus::Citus;
use musicstream_tests::cluster::Cluster;
use musicstream_tests::database::Database;

use crate::daily::{self, Daily};
use crate::plan::Size;
use crate::program::tail;
use crate::program::{Programs, Running};
pub(crate) use crate::scale::report::section;
use crate::server::parent_of_session;
use crate::topic::{Content, Recipe, Topic};
use crate::usage::{Meter, Processes};

/// Settings of the servers of all layouts.
const SETTINGS: &str = "
fsync = on
shared_buffers = 512MB
max_wal_size = 4GB
checkpoint_timeout = 15min
";
const LIMIT: Duration = Duration::from_secs(1800);

/// The layout of the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Layout {
    One,
    Citus,
    Two,
}

/// The partitions that an ingestor reads (`None`: all), and its writers.
struct Share {
    partitions: Option<&'static str>,
    writers: &'static str,
}

impl Layout {
    fn title(self) -> &'static str {
        match self {
            Layout::One => "one Postgres",
            Layout::Citus => "Citus: coordinator and two workers",
            Layout::Two => "two independent Postgres",
        }
    }

    fn shares(self) -> Vec<Share> {
        let share = |partitions, writers| Share {
            partitions,
            writers,
        };
        match self {
            Layout::One | Layout::Citus => vec![share(None, "2")],
            Layout::Two => vec![share(Some("0,1"), "1"), share(Some("2,3"), "1")],
        }
    }
}

/// The servers of a layout, which run during all rounds.
enum Servers {
    Independent(Vec<Cluster>),
    Citus(Citus),
}

impl Servers {
    /// Starts the servers; `None`, after a message, if they cannot run on this machine.
    fn start(layout: Layout) -> Option<Servers> {
        match layout {
            Layout::Citus => Citus::start_with("the part scale", SETTINGS).map(Servers::Citus),
            Layout::One | Layout::Two => {
                let count = layout.shares().len();
                let clusters = std::iter::repeat_with(|| Cluster::start(SETTINGS));
                Some(Servers::Independent(clusters.take(count).collect()))
            }
        }
    }

    fn clusters(&self) -> Vec<&Cluster> {
        match self {
            Servers::Independent(clusters) => clusters.iter().collect(),
            Servers::Citus(citus) => std::iter::once(citus.coordinator())
                .chain(citus.workers())
                .collect(),
        }
    }

    /// A fresh database for each ingestor.
    fn databases(&self) -> Vec<Database> {
        match self {
            Servers::Independent(clusters) => clusters
                .iter()
                .map(|cluster| Database::create_in(&cluster.url(), ""))
                .collect(),
            Servers::Citus(citus) => vec![citus.database()],
        }
    }
}

/// One run of one layout.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) seconds: f64,
    pub(crate) client_cpu: f64,
    pub(crate) postgres_cpu: f64,
    pub(crate) verify_seconds: f64,
}

/// What was measured.
pub(crate) struct Figures {
    pub(crate) records: f64,
    pub(crate) days: u64,
    pub(crate) runs: Vec<(Layout, Vec<Run>)>,
    pub(crate) left_out: Vec<&'static str>,
}

pub(crate) fn measure(programs: &Programs, size: Size, rounds: Option<usize>) -> Result<Figures> {
    let recipe = Recipe {
        records: size.pick(2_000, 2_000_000, 10_000_000),
        days: 3,
        duplicates_percent: 1,
    };
    let topic = Topic::new(&programs.brokers, "scale");
    topic.generate(&programs.ingestor, &recipe)?;
    let folder = tempfile::tempdir()?;
    let content = topic.content(folder.path(), 1)?;
    let mut figures = Figures {
        records: content.records as f64,
        days: recipe.days,
        runs: Vec::new(),
        left_out: Vec::new(),
    };
    let mut started = Vec::new();
    for layout in [Layout::One, Layout::Citus, Layout::Two] {
        match Servers::start(layout) {
            Some(servers) => {
                started.push((layout, servers));
                figures.runs.push((layout, Vec::new()));
            }
            None => figures.left_out.push(layout.title()),
        }
    }
    for round in 0..rounds.unwrap_or(size.pick(1, 3, 3)) {
        let count = started.len();
        for turn in 0..count {
            let place = (round + turn) % count;
            let (layout, servers) = &started[place];
            let run = run(*layout, servers, programs, &topic, &content)
                .with_context(|| layout.title())?;
            eprintln!(
                "round {}: {}: {:.2} s, {:.0} thousand/s, {:.1} CPU s of Postgres per million",
                round + 1,
                layout.title(),
                run.seconds,
                figures.records / run.seconds / 1e3,
                run.postgres_cpu / figures.records * 1e6,
            );
            figures.runs[place].1.push(run);
        }
    }
    Ok(figures)
}

fn run(
    layout: Layout,
    servers: &Servers,
    programs: &Programs,
    topic: &Topic,
    content: &Content,
) -> Result<Run> {
    let databases = servers.databases();
    let mut meters = Vec::new();
    for cluster in servers.clusters() {
        let mut client = cluster.client();
        client.batch_execute("checkpoint")?;
        meters.push(Meter::start(Processes {
            postmaster: parent_of_session(&mut client)?,
            broker: None,
        })?);
    }
    let folder = tempfile::tempdir()?;
    let started = Instant::now();
    let mut running = Vec::new();
    for (number, (share, database)) in layout.shares().iter().zip(&databases).enumerate() {
        let output = std::fs::File::create(folder.path().join(number.to_string()))?;
        let mut command = Command::new(&programs.ingestor);
        command
            .args(["stream", "--until-end", "--topic", topic.name()])
            .args(["--writers", share.writers])
            .env("DATABASE_URL", database.ingest_url())
            .env("KAFKA_BROKERS", &programs.brokers)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        if let Some(partitions) = share.partitions {
            command.args(["--partitions", partitions]);
        }
        let child = command.spawn().context("cannot start the ingestor")?;
        running.push(Running(child));
    }
    let mut has_ended = vec![false; running.len()];
    while has_ended.contains(&false) {
        ensure!(
            started.elapsed() < LIMIT,
            "the ingestors did not finish within {LIMIT:?}"
        );
        for (number, Running(child)) in running.iter_mut().enumerate() {
            if has_ended[number] {
                continue;
            }
            let process = i32::try_from(child.id())?;
            // Client CPU is counted in one meter, or it would be added once per server.
            if let Some(meter) = meters.first_mut() {
                meter.sample(process);
            }
            if let Some(status) = child.try_wait()? {
                let output = tail(&folder.path().join(number.to_string()));
                ensure!(status.success(), "the ingestor failed, {status}\n{output}");
                has_ended[number] = true;
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let seconds = started.elapsed().as_secs_f64();
    let (mut client_cpu, mut postgres_cpu) = (0.0, 0.0);
    for meter in meters {
        let usage = meter.finish()?;
        client_cpu += usage.cpu.client;
        postgres_cpu += usage.cpu.postgres;
    }
    Ok(Run {
        seconds,
        client_cpu,
        postgres_cpu,
        verify_seconds: check(&databases, content)?,
    })
}

/// Checks that all databases together have the events of the topic. Returns the total time of their verifications, one
/// after the other.
fn check(databases: &[Database], content: &Content) -> Result<f64> {
    for (what, sql) in [("raw_events", daily::OF_RAW), ("its metrics", daily::LIVE)] {
        let mut sum = Daily::new();
        for database in databases {
            for (group, events) in daily::read(&mut database.client(), sql)? {
                *sum.entry(group).or_default() += events;
            }
        }
        daily::compare(what, &sum, &content.daily)?;
    }
    let started = Instant::now();
    for database in databases {
        let sql = "select count(*) from musicstream_verify()";
        let differences: i64 = database.client().query_one(sql, &[])?.get(0);
        ensure!(
            differences == 0,
            "{differences} differences between metrics and events"
        );
    }
    Ok(started.elapsed().as_secs_f64())
}
