//! Faults in random order while events flow: whatever is killed, frozen, cut or restarted, each event counts once.

use std::process::Command;
use std::time::Duration;

use postgres::{Client, NoTls};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use musicstream_tests::cluster::Cluster;
use musicstream_tests::database::{Database, value};
use musicstream_tests::pipeline::assert_topic_is_stored;
use musicstream_tests::process::{Program, ingestor, program};
use musicstream_tests::proxy::{Proxy, Way};
use musicstream_tests::random::{seed, times};
use musicstream_tests::stack::stack;
use musicstream_tests::topic::Topic;
use musicstream_tests::wait::until;

const SOON: Duration = Duration::from_secs(120);
const PARTITIONS: i32 = 4;
/// Members of the group that are never fewer, and never more.
const MEMBERS: std::ops::RangeInclusive<usize> = 1..=3;

#[derive(Debug, Clone, Copy)]
enum Fault {
    /// `kill -9` of an ingestor, which is started again.
    KillIngestor,
    /// An ingestor stands still for longer than its session in the group lasts.
    FreezeIngestor,
    Join,
    Leave,
    /// The database stops as if it lost power, and is started again.
    CrashPostgres,
    /// All connections with the database end at once.
    CutConnections,
    /// One ends somewhere in what is said.
    CutAfter(Way, u64),
    /// A commit is carried out, and its answer lost.
    CutAnswerToCommit,
    /// The database keeps its connections, and says nothing for a while.
    Silence,
    /// `pg_terminate_backend` of all sessions of ingestors.
    TerminateSessions,
}

fn any_fault(random: &mut StdRng) -> Fault {
    match random.random_range(0..100) {
        0..20 => Fault::KillIngestor,
        20..23 => Fault::FreezeIngestor,
        23..31 => Fault::Join,
        31..38 => Fault::Leave,
        38..46 => Fault::CrashPostgres,
        46..56 => Fault::CutConnections,
        56..66 => Fault::CutAfter(Way::Up, random.random_range(0..200_000)),
        66..74 => Fault::CutAfter(Way::Down, random.random_range(0..5_000)),
        74..88 => Fault::CutAnswerToCommit,
        88..90 => Fault::Silence,
        _ => Fault::TerminateSessions,
    }
}

/// A pipeline that is being tortured.
struct Pipeline {
    cluster: Cluster,
    database: Database,
    proxy: Proxy,
    url: String,
    topic: Topic,
    members: Vec<Program>,
    /// All that members which have ended wrote.
    logs: String,
}

#[test]
fn whatever_fails_each_event_counts_once() {
    let seed = seed("MUSICSTREAM_TORTURE_SEED");
    let fault_count = times("MUSICSTREAM_TORTURE_FAULTS", 60);
    let mut random = StdRng::seed_from_u64(seed);
    let cluster = Cluster::start("");
    let database = Database::create_in(&cluster.url(), "");
    let (proxy, url) = Proxy::before(&database);
    let mut pipeline = Pipeline {
        topic: Topic::create("torture", PARTITIONS),
        cluster,
        database,
        proxy,
        url: format!("{url}&connect_timeout=2"),
        members: Vec::new(),
        logs: String::new(),
    };
    let generator = Program::start(
        program("musicstream-ingestor")
            .args([
                "generate", "--to", "kafka", "--output", "json", "--rate", "1000",
            ])
            // More than is ever made: it is stopped when the faults are over.
            .args(["--count", "100000000", "--seed", &seed.to_string()])
            .args(["--duplicates", "2", "--late", "1", "--malformed", "0.5"])
            .args(["--topic", pipeline.topic.name()])
            .env("KAFKA_BROKERS", &stack().brokers),
    );
    pipeline.join();
    pipeline.join();
    let mut log = Vec::new();
    for number in 0..fault_count {
        let before = pipeline.stored();
        let more = random.random_range(1..600);
        let what = format!(
            "{more} more records to be stored before fault {number} of seed {seed}, after {log:?}"
        );
        until(SOON, &what, || {
            (pipeline.stored() >= before + more).then_some(())
        });
        let fault = any_fault(&mut random);
        log.push(fault);
        pipeline.suffer(fault, &mut random);
        // A rollup meets the faults, too; one that fails is rolled up by the next.
        if let Ok(mut client) = Client::connect(&pipeline.database.url(), NoTls) {
            let _ = client.execute("select musicstream_rollup()", &[]);
        }
    }
    println!(
        "{} faults, {} connections cut in what they said",
        log.len(),
        pipeline.proxy.cuts()
    );

    generator.terminate();
    let made = generator.finish(SOON).with_code(0).json();
    let ends = pipeline.topic.ends();
    let total: i64 = ends.iter().sum();
    until(SOON, "all to be stored", || {
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
    let password = pipeline.url.split([':', '@']).nth(2).unwrap();
    for secret in [password, "\"user_id\"", "\"event_id\""] {
        assert!(!pipeline.logs.contains(secret), "the logs show {secret}");
    }
}

impl Pipeline {
    fn command(&self) -> Command {
        let mut command = ingestor(&self.database);
        command
            .env("DATABASE_URL", &self.url)
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

    /// Records that the ledger counts as stored; 0 while the database is away.
    fn stored(&self) -> i64 {
        let sum = "select coalesce(sum(next_offset), 0)::bigint from ingest_offsets";
        Client::connect(&self.database.url(), NoTls)
            .and_then(|mut client| client.query_one(sum, &[]))
            .map_or(0, |row| row.get(0))
    }

    fn owners(&self) -> Vec<String> {
        let owners = "select distinct owner from ingest_offsets";
        Client::connect(&self.database.url(), NoTls)
            .and_then(|mut client| client.query(owners, &[]))
            .map(|rows| rows.iter().map(|row| row.get(0)).collect())
            .unwrap_or_default()
    }

    fn suffer(&mut self, fault: Fault, random: &mut StdRng) {
        for member in &mut self.members {
            assert!(member.is_running(), "it ended by itself:\n{}", member.log());
        }
        let victim = random.random_range(0..self.members.len());
        match fault {
            Fault::KillIngestor => {
                self.logs += &self.members.swap_remove(victim).kill().stderr;
                self.join();
            }
            Fault::FreezeIngestor => self.freeze(victim),
            Fault::Join if self.members.len() < *MEMBERS.end() => self.join(),
            Fault::Leave if self.members.len() > *MEMBERS.start() => {
                let member = self.members.swap_remove(victim);
                self.end(member);
            }
            Fault::Join | Fault::Leave => {}
            Fault::CrashPostgres => {
                self.cluster.crash();
                self.cluster.boot();
                self.cluster.await_writable();
            }
            Fault::CutConnections => self.proxy.cut(),
            Fault::CutAfter(way, bytes) => self.proxy.cut_after(way, bytes),
            Fault::CutAnswerToCommit => self.proxy.cut_answer_to(b"commit\0"),
            Fault::Silence => {
                self.proxy.set_silent(true);
                until(SOON, "the silence to be noticed", || {
                    self.members
                        .iter()
                        .any(|member| member.log().contains("no answer for"))
                        .then_some(())
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

    /// Until another member has all partitions: then its session has timed out.
    fn freeze(&mut self, victim: usize) {
        if self.members.len() < 2 {
            self.join();
        }
        let process = format!("/{}/", self.members[victim].id());
        self.members[victim].freeze();
        until(SOON, "others to take over from a frozen member", || {
            let owners = self.owners();
            (!owners.is_empty() && !owners.iter().any(|owner| owner.contains(&process)))
                .then_some(())
        });
        self.members[victim].thaw();
    }

    fn end(&mut self, member: Program) {
        member.terminate();
        self.logs += &member.finish(SOON).with_code(0).stderr;
    }

    fn end_all(&mut self) {
        for member in std::mem::take(&mut self.members) {
            self.end(member);
        }
    }
}
