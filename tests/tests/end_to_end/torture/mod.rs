//! Random faults during a stream: each event counts once, whatever is killed, suspended, disconnected or restarted.

mod fault;

use std::process::Command;
use std::time::{Duration, Instant};

use postgres::{Client, NoTls, Row};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use musicstream_tests::broker::Broker;
use musicstream_tests::cluster::Cluster;
use musicstream_tests::data::skip;
use musicstream_tests::database::{Database, value};
use musicstream_tests::pipeline::assert_topic_is_stored;
use musicstream_tests::process::{Program, ingestor, program};
use musicstream_tests::progress::Progress;
use musicstream_tests::proxy::Proxy;
use musicstream_tests::random::{seed_or, times};
use musicstream_tests::small_disk::SmallDisk;
use musicstream_tests::topic::Topic;
use musicstream_tests::wait::{until, until_polling_every};

use fault::{Fault, plan};

const TIMEOUT: Duration = Duration::from_secs(120);
const POLL_INTERVAL: Duration = Duration::from_millis(50);
const PARTITIONS: i32 = 4;
/// The default seed, so that each run has the same faults.
const SEED: u64 = 20_260_301;
/// Enough for the tables of a thousand faults.
const DATA_MEGABYTES: u32 = 4096;
/// Enough for the WAL between checkpoints.
const WAL_MEGABYTES: u32 = 256;
/// Without recycled WAL files and with frequent checkpoints, a full disk causes an error soon.
const SETTINGS: &str = "wal_recycle = off\nmin_wal_size = 2MB\nmax_wal_size = 32MB";
/// The minimum and maximum number of members.
const MEMBERS: std::ops::RangeInclusive<usize> = 1..=3;

/// The pipeline under test.
struct Pipeline {
    database: Database,
    /// A session that reads the state of the pipeline, until it breaks.
    observer: Option<Client>,
    cluster: Cluster,
    disks: Option<Disks>,
    proxy: Proxy,
    url: String,
    topic: Topic,
    broker: Broker,
    members: Vec<Program>,
    /// The logs of members that have ended.
    logs: String,
}

/// The disks of the database, if this machine allows mounting them.
struct Disks {
    data: SmallDisk,
    wal: SmallDisk,
}

impl Disks {
    fn mount() -> Result<Disks, String> {
        Ok(Disks {
            data: SmallDisk::mount(DATA_MEGABYTES)?,
            wal: SmallDisk::mount(WAL_MEGABYTES)?,
        })
    }
}

#[test]
fn each_event_counts_once_under_random_faults() {
    const NAME: &str = "each_event_counts_once_under_random_faults";
    let started = Instant::now();
    let seed = seed_or("MUSICSTREAM_TORTURE_SEED", SEED);
    let fault_count = times("MUSICSTREAM_TORTURE_FAULTS", 60) as usize;
    let mut random = StdRng::seed_from_u64(seed);
    let mut faults = plan(&mut random, fault_count);
    let disks = match Disks::mount() {
        Ok(disks) => Some(disks),
        Err(why) => {
            faults.retain(|fault| !matches!(fault, Fault::FillData | Fault::FillWal));
            skip(&format!("{NAME}, full disks"), &why);
            None
        }
    };
    let mut progress = Progress::start("faults", faults.len() as u64);
    let mut pipeline = Pipeline::start(disks);
    let generator = Program::start(
        program("musicstream-ingestor")
            .args([
                "generate", "--to", "kafka", "--output", "json", "--rate", "500",
            ])
            // More than are ever needed: the generator is stopped after the last fault.
            .args(["--count", "100000000", "--seed", &seed.to_string()])
            .args(["--duplicates", "2", "--late", "1", "--malformed", "0.5"])
            .args(["--topic", pipeline.topic.name()])
            // Twenty requests a second for each partition: with the default of 5 ms there are hundreds, and as many answers to the
            // members, most of them with one record.
            .args(["-X", "linger.ms=50"])
            .env("KAFKA_BROKERS", pipeline.broker.address()),
    );
    pipeline.join();
    pipeline.join();
    for (number, fault) in faults.iter().enumerate() {
        let before = pipeline.stored();
        let more = random.random_range(1..600);
        let last = &faults[number.saturating_sub(10)..number];
        let what = format!(
            "{more} more records to be stored before fault {number} of seed {seed}, after {last:?}"
        );
        until_polling_every(POLL_INTERVAL, TIMEOUT, &what, || {
            (pipeline.stored() >= before + more).then_some(())
        });
        pipeline.inject(*fault, &mut random);
        // Rollups are subject to faults as well; after a failure the next one folds the deltas.
        if let Ok(mut client) = Client::connect(&pipeline.database.url(), NoTls) {
            let _ = client.execute("select musicstream_rollup()", &[]);
        }
        progress.done(number as u64 + 1);
    }
    assert!(
        pipeline.proxy.cuts() > 0,
        "no connection was closed in the middle of a message"
    );

    generator.terminate();
    let made = generator.finish(TIMEOUT).with_code(0).json();
    let ends = pipeline.topic.ends();
    let total: i64 = ends.iter().sum();
    until(TIMEOUT, "all to be stored", || {
        (pipeline.stored() == total).then_some(())
    });
    pipeline.end_all();

    assert_topic_is_stored(&pipeline.database, &pipeline.topic);
    let mut client = pipeline.database.client();
    for (count, made_of) in [
        ("select count(*) from rejected_events", "malformed"),
        ("select count(*) from raw_events", "distinct"),
    ] {
        let found: i64 = value(&mut client, count, &[]);
        assert_eq!(found, made[made_of].as_i64().unwrap(), "{made_of}");
    }
    let settled = pipeline
        .logs
        .matches("whose commit got no answer was stored");
    println!(
        "{} faults in {} s: {} records, {} connections closed within messages, {} commits found stored without an answer",
        faults.len(),
        started.elapsed().as_secs(),
        total,
        pipeline.proxy.cuts(),
        settled.count()
    );
    let password = pipeline.url.split([':', '@']).nth(2).unwrap();
    for secret in [password, "\"user_id\"", "\"event_id\""] {
        assert!(!pipeline.logs.contains(secret), "the logs show {secret}");
    }
}

impl Pipeline {
    fn start(disks: Option<Disks>) -> Pipeline {
        let cluster = match &disks {
            Some(disks) => Cluster::start_with_wal_in(disks.wal.path(), SETTINGS),
            None => Cluster::start(""),
        };
        let options = match &disks {
            Some(disks) => {
                let tablespace = format!(
                    "create tablespace small location '{}'",
                    disks.data.path().display()
                );
                cluster.client().batch_execute(&tablespace).unwrap();
                "tablespace small"
            }
            None => "",
        };
        let database = Database::create_in(&cluster.url(), options);
        let (proxy, url) = Proxy::before(&database);
        let broker = Broker::start();
        Pipeline {
            topic: Topic::create_on(&broker, "torture", PARTITIONS),
            broker,
            database,
            observer: None,
            cluster,
            disks,
            proxy,
            url: format!("{url}&connect_timeout=2"),
            members: Vec::new(),
            logs: String::new(),
        }
    }

    fn command(&self) -> Command {
        let mut command = ingestor(&self.database);
        command
            .env("DATABASE_URL", &self.url)
            .env("KAFKA_BROKERS", self.broker.address())
            .args([
                "stream",
                "--topic",
                self.topic.name(),
                "--group",
                self.topic.name(),
            ])
            .args([
                "--batch-rows",
                "300",
                "--max-latency",
                "50ms",
                "--answer-timeout",
                "5s",
            ])
            .args([
                "-X",
                "session.timeout.ms=6000",
                "-X",
                "heartbeat.interval.ms=500",
            ]);
        command
    }

    fn join(&mut self) {
        let member = Program::start(&mut self.command());
        self.members.push(member);
    }

    /// The rows of a query; none while the database is unreachable.
    fn observe(&mut self, sql: &str) -> Vec<Row> {
        let session = match self.observer.take() {
            Some(client) => Ok(client),
            None => Client::connect(&self.database.url(), NoTls),
        };
        let Ok(mut client) = session else {
            return Vec::new();
        };
        let Ok(rows) = client.query(sql, &[]) else {
            return Vec::new();
        };
        self.observer = Some(client);
        rows
    }

    /// Number of stored records by the ledger; 0 while the database is unreachable.
    fn stored(&mut self) -> i64 {
        let sum = "select coalesce(sum(next_offset), 0)::bigint from ingest_offsets";
        self.observe(sum).first().map_or(0, |row| row.get(0))
    }

    fn owners(&mut self) -> Vec<String> {
        let owners = "select distinct owner from ingest_offsets where owner is not null";
        let rows = self.observe(owners);
        rows.iter().map(|row| row.get(0)).collect()
    }

    fn inject(&mut self, fault: Fault, random: &mut StdRng) {
        for member in &mut self.members {
            assert!(
                member.is_running(),
                "the member ended by itself:\n{}",
                member.log()
            );
        }
        let victim = random.random_range(0..self.members.len());
        match fault {
            Fault::KillIngestor => {
                self.logs += &self.members.swap_remove(victim).kill().stderr;
                self.join();
            }
            Fault::SuspendIngestor => self.suspend(victim),
            Fault::Join if self.members.len() < *MEMBERS.end() => self.join(),
            Fault::Leave if self.members.len() == *MEMBERS.start() => self.join(),
            Fault::Join | Fault::Leave => {
                let member = self.members.swap_remove(victim);
                self.end(member);
            }
            Fault::CrashPostgres => {
                self.cluster.crash();
                self.cluster.boot();
                self.cluster.await_writable();
            }
            Fault::FailOver => {
                self.cluster.crash();
                let before = self.cluster.log_length();
                self.cluster.boot_as_standby();
                self.wait_for_log(before, &["read-only transaction", "during recovery"], || ());
                self.cluster.promote();
                self.cluster.await_writable();
            }
            Fault::KillBroker => {
                // A member that cannot reach a broker at its start ends.
                until(TIMEOUT, "all members to have started", || {
                    let mut members = self.members.iter();
                    members
                        .all(|member| member.log().contains("streaming source="))
                        .then_some(())
                });
                self.broker.kill();
                self.broker.boot();
            }
            Fault::FillData | Fault::FillWal => self.fill(fault),
            Fault::CutConnections => self.proxy.cut(),
            Fault::CutAfter(way, bytes) => self.proxy.cut_after(way, bytes),
            Fault::CutAnswerToCommit => self.proxy.cut_answer_to(b"commit\0"),
            Fault::Silence => {
                let said: Vec<usize> = self.members.iter().map(|m| m.log().len()).collect();
                self.proxy.set_silent(true);
                until(TIMEOUT, "the silence to be noticed", || {
                    let mut news = self.members.iter().zip(&said).map(|(member, &said)| {
                        let log = member.log();
                        // In a session, or while connecting.
                        log[said..].contains("no answer for")
                            || log[said..].contains("does not answer")
                    });
                    news.any(|is_told| is_told).then_some(())
                });
                self.proxy.set_silent(false);
            }
            Fault::TerminateSessions => {
                let mut client = self.cluster.await_writable();
                let terminate = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                    where application_name = 'musicstream-ingestor'";
                client.query_one(terminate, &[]).unwrap();
            }
        }
    }

    /// Fills a disk until the server has logged an error, and makes space again.
    fn fill(&self, fault: Fault) {
        let disks = self.disks.as_ref().expect("the disks are mounted");
        let before = self.cluster.log_length();
        let (disk, words) = match fault {
            Fault::FillWal => (&disks.wal, "PANIC"),
            _ => (&disks.data, "No space left on device"),
        };
        self.wait_for_log(before, &[words], || {
            // Repeatedly, because a checkpoint removes files.
            disk.fill();
        });
        disk.clear();
        self.cluster.restart_if_down();
    }

    /// Waits until the server has logged one of these texts; calls `meanwhile` before each poll.
    fn wait_for_log(&self, since: u64, words: &[&str], meanwhile: impl Fn()) {
        let what = format!("the server to log one of {words:?}");
        until_polling_every(POLL_INTERVAL, TIMEOUT, &what, || {
            meanwhile();
            let log = self.cluster.log_since(since);
            words.iter().any(|word| log.contains(word)).then_some(())
        });
    }

    /// Suspends a member until its session has timed out and other members have all partitions.
    fn suspend(&mut self, victim: usize) {
        if self.members.len() < 2 {
            self.join();
        }
        let process = format!("/{}/", self.members[victim].id());
        self.members[victim].suspend();
        until(
            TIMEOUT,
            "other members to take over from a suspended one",
            || {
                let owners = self.owners();
                (!owners.is_empty() && !owners.iter().any(|owner| owner.contains(&process)))
                    .then_some(())
            },
        );
        self.members[victim].resume();
    }

    fn end(&mut self, member: Program) {
        member.terminate();
        self.logs += &member.finish(TIMEOUT).with_code(0).stderr;
    }

    fn end_all(&mut self) {
        for member in std::mem::take(&mut self.members) {
            self.end(member);
        }
    }
}
