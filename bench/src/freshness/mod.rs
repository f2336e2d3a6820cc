//! Latency from producing a record to its visibility in `live_daily_metrics`. Each partition has its own region, in which
//! events become visible in the order of sending, so counts by region give the latency of each event.

mod report;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rand::{RngCore, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

pub(crate) use self::report::section;
use crate::plan::Size;
use crate::program::{Programs, Running};
use crate::server::{Database, Server};
use crate::topic::{PARTITIONS, Topic};
use crate::usage::{Meter, Processes, Usage};

const WITHIN: Duration = Duration::from_secs(60);
/// Time between two queries. The latencies include it.
const BETWEEN_QUERIES: Duration = Duration::from_millis(2);
/// The interval of the project's cron job.
const BETWEEN_ROLLUPS: Duration = Duration::from_secs(5);
/// Time before the first event that is measured.
const WARM_UP: Duration = Duration::from_secs(2);

/// The rates, and the duration of each.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) rates: Vec<u64>,
    pub(crate) duration: Duration,
}

impl Plan {
    pub(crate) fn new(size: Size) -> Plan {
        Plan {
            rates: size.pick(
                vec![1000],
                vec![10, 1000, 10_000, 50_000],
                vec![10, 1000, 10_000, 50_000],
            ),
            duration: Duration::from_secs(size.pick(1, 30, 120)),
        }
    }
}

/// The result at one rate.
#[derive(Debug)]
pub(crate) struct AtRate {
    pub(crate) rate: u64,
    /// From the producer's call to the end of the first query that returns the event.
    pub(crate) milliseconds: Vec<f64>,
    pub(crate) queries: usize,
    pub(crate) seconds: f64,
    pub(crate) usage: Usage,
}

/// The time at which each event was sent, by partition.
type Sent = Vec<Mutex<Vec<Instant>>>;

pub(crate) fn measure(
    server: &Server,
    programs: &Programs,
    processes: Processes,
    plan: &Plan,
) -> Result<Vec<AtRate>> {
    plan.rates
        .iter()
        .map(|&rate| {
            eprintln!("{rate} events/s");
            at_rate(server, programs, processes, rate, plan.duration)
                .with_context(|| format!("freshness at {rate} events/s"))
        })
        .collect()
}

fn start(programs: &Programs, database: &Database, topic: &Topic, log: &Path) -> Result<Running> {
    let file = std::fs::File::create(log)?;
    let child = Command::new(&programs.ingestor)
        .args(["stream", "--topic", topic.name()])
        .env("DATABASE_URL", database.url()?)
        .env("KAFKA_BROKERS", &programs.brokers)
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()
        .with_context(|| format!("cannot start {}", programs.ingestor.display()))?;
    Ok(Running(child))
}

fn at_rate(
    server: &Server,
    programs: &Programs,
    processes: Processes,
    rate: u64,
    duration: Duration,
) -> Result<AtRate> {
    let database = server.fresh_with_extension("freshness")?;
    let topic = Topic::new(&programs.brokers, "freshness");
    topic.create()?;
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("log");
    let ingestor = start(programs, &database, &topic, &log)?;
    let process = i32::try_from(ingestor.0.id())?;
    let sent: Sent = (0..PARTITIONS).map(|_| Mutex::default()).collect();
    let mut sender = Sender::new(&programs.brokers, &topic, &sent)?;
    let mut reader = Reader::new(&database)?;
    // The first event becomes visible once the ingestor has its partitions.
    sender.send()?;
    sender.flush()?;
    reader
        .wait_for(1)
        .with_context(|| std::fs::read_to_string(&log).unwrap_or_default())?;

    let warm_up = (rate as f64 * WARM_UP.as_secs_f64()) as u64;
    let total = warm_up + (rate as f64 * duration.as_secs_f64()) as u64;
    let is_over = AtomicBool::new(false);
    let mut meter = Meter::start(processes)?;
    meter.sample(process);
    let before = meter.client_seconds();
    let started = Instant::now();
    let mut times = Vec::new();
    let mut queries = 0;
    thread::scope(|scope| -> Result<()> {
        let produced = scope.spawn(|| sender.send_at(rate, total, &is_over));
        let rolled_up = scope.spawn(|| roll_up(&database, &is_over));
        let watched = (|| -> Result<()> {
            let mut seen = reader.counts()?;
            let mut found: u64 = 1;
            let deadline = Instant::now() + WARM_UP + duration + WITHIN;
            while found < total + 1 {
                ensure!(
                    Instant::now() < deadline,
                    "{} of {total} events are visible",
                    found - 1
                );
                thread::sleep(BETWEEN_QUERIES);
                let counts = reader.counts()?;
                let now = Instant::now();
                queries += 1;
                for (partition, (count, seen)) in counts.iter().zip(&mut seen).enumerate() {
                    let sent = sent[partition]
                        .lock()
                        .map_err(|_| anyhow::anyhow!("the producer failed"))?;
                    let Some(new) = sent.get(*seen..*count) else {
                        bail!(
                            "partition {partition}: {count} events are visible, {} were sent",
                            sent.len()
                        );
                    };
                    times.extend(new.iter().map(|sent| (*sent, now - *sent)));
                    found += new.len() as u64;
                    *seen = *count;
                }
            }
            Ok(())
        })();
        // Ends the other two threads, after a failure as well, so that they do not run into their time limits.
        is_over.store(true, Ordering::Relaxed);
        let joined = [produced.join(), rolled_up.join()];
        watched?;
        for result in joined {
            result.map_err(|_| anyhow::anyhow!("a thread failed"))??;
        }
        Ok(())
    })?;
    let seconds = started.elapsed().as_secs_f64();
    meter.sample(process);
    let mut usage = meter.finish()?;
    usage.cpu.client -= before;
    let counted = started + WARM_UP;
    times.retain(|(sent, _)| *sent >= counted);
    Ok(AtRate {
        rate,
        milliseconds: times
            .iter()
            .map(|(_, took)| took.as_secs_f64() * 1e3)
            .collect(),
        queries,
        seconds,
        usage,
    })
}

/// Calls the rollup as the project's cron job does.
fn roll_up(database: &Database, is_over: &AtomicBool) -> Result<()> {
    let mut client = database.client()?;
    let mut next = Instant::now() + BETWEEN_ROLLUPS;
    while !is_over.load(Ordering::Relaxed) {
        if Instant::now() >= next {
            client.query("select musicstream_rollup()", &[])?;
            next += BETWEEN_ROLLUPS;
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

struct Sender<'a> {
    producer: BaseProducer,
    topic: &'a str,
    sent: &'a Sent,
    random: Pcg64Mcg,
    number: u64,
}

impl<'a> Sender<'a> {
    fn new(brokers: &str, topic: &'a Topic, sent: &'a Sent) -> Result<Sender<'a>> {
        Ok(Sender {
            producer: ClientConfig::new()
                .set("bootstrap.servers", brokers)
                // The default of many producers; the latencies include this wait.
                .set("linger.ms", "5")
                .create()?,
            topic: topic.name(),
            sent,
            random: Pcg64Mcg::seed_from_u64(u64::from(std::process::id())),
            number: 0,
        })
    }

    fn send(&mut self) -> Result<()> {
        let partition = (self.number % PARTITIONS as u64) as i32;
        self.number += 1;
        let payload = format!(
            r#"{{"event_id":"{:016x}{:016x}","user_id":"u{}","event_type":"play","region":"r{partition}","ts":{}}}"#,
            self.random.next_u64(),
            self.number,
            self.random.next_u32() % 100_000,
            std::time::UNIX_EPOCH.elapsed()?.as_millis(),
        );
        let mut sent = self.sent[partition as usize]
            .lock()
            .map_err(|_| anyhow::anyhow!("the reader failed"))?;
        sent.push(Instant::now());
        drop(sent);
        let record = BaseRecord::<[u8], str>::to(self.topic)
            .partition(partition)
            .payload(&payload);
        self.producer.send(record).map_err(|(error, _)| error)?;
        Ok(())
    }

    /// Sends `total` events at `rate` events/s, as evenly as the clock allows.
    fn send_at(mut self, rate: u64, total: u64, is_over: &AtomicBool) -> Result<()> {
        let started = Instant::now();
        let mut sent = 0;
        while sent < total && !is_over.load(Ordering::Relaxed) {
            let due = ((started.elapsed().as_secs_f64() * rate as f64) as u64).min(total);
            while sent < due {
                self.send()?;
                sent += 1;
            }
            self.producer.poll(Duration::ZERO);
            thread::sleep(Duration::from_millis(1));
        }
        self.flush()
    }

    fn flush(&self) -> Result<()> {
        Ok(self.producer.flush(WITHIN)?)
    }
}

/// Reads `live_daily_metrics`.
struct Reader(postgres::Client, postgres::Statement);

impl Reader {
    fn new(database: &Database) -> Result<Reader> {
        let mut client = database.client()?;
        let statement = client.prepare(include_str!("../sql/visible.sql"))?;
        Ok(Reader(client, statement))
    }

    /// Number of visible events, by partition.
    fn counts(&mut self) -> Result<Vec<usize>> {
        let mut counts = vec![0; PARTITIONS as usize];
        for row in self.0.query(&self.1, &[])? {
            let (partition, count): (i32, i64) = (row.get(0), row.get(1));
            counts[usize::try_from(partition)?] = usize::try_from(count)?;
        }
        Ok(counts)
    }

    fn wait_for(&mut self, total: usize) -> Result<()> {
        let deadline = Instant::now() + WITHIN;
        while self.counts()?.iter().sum::<usize>() < total {
            ensure!(Instant::now() < deadline, "the first event is not visible");
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}
