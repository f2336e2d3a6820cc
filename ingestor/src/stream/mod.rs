//! `stream`: a Kafka topic into Postgres, exactly once.
//!
//! One thread consumes, decodes and fills batches; writers store them (see [`crate::writer`]).
//! The ledger in the database says where each partition goes on, never the group's offsets in Kafka.

mod client;
mod fetch_queue;
mod group;
mod holdings;
mod inquiry;
mod intake;
mod lane;
mod native;
mod partitions;
mod position;
mod probe;
mod pump;
mod takeover;
mod topic_id;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use rdkafka::consumer::Consumer as _;

use crate::args::{DatabaseArgs, KafkaArgs, OutputArgs, TopicsArgs, parse_duration, parse_name};
use crate::batch::Limits;
use crate::counts::Stored;
use crate::database::{self, Server};
use crate::dead_letter::DeadLetters;
use crate::monitor::{ListenArgs, Monitor, report_to_service_manager, serve};
use crate::owner;
use crate::reject_limit::RejectArgs;
use crate::shutdown::Shutdown;
use crate::summary::Ending;
use client::{Consumer, Membership};
use partitions::Partitions;
use position::{From, Policy};
use pump::{Pump, Settings};
use watch::Watch;

#[derive(Debug, clap::Args)]
pub(crate) struct StreamArgs {
    /// Stop at the end that the topic has now, and print a summary; without joining the group
    #[arg(long)]
    pub(crate) until_end: bool,
    /// Where to begin with a topic of which nothing was ever committed; a partition that is added to a topic later is
    /// read from its beginning
    #[arg(long, value_enum, default_value_t = From::Earliest)]
    pub(crate) from: From,
    /// Go on where the log begins now if events that were not read yet are deleted from it
    #[arg(long)]
    pub(crate) accept_gap: bool,
    /// Go on with a topic that was deleted and made anew; the new one is a source of its own
    #[arg(long)]
    pub(crate) accept_recreated: bool,
    /// Consumer group that shares the partitions out; without a group, the one that gets a copy of the offsets
    #[arg(long, default_value = "musicstream", env = "KAFKA_GROUP", value_parser = parse_name)]
    pub(crate) group: String,
    /// Name of this member in the group, always the same: a restart within the session timeout keeps its partitions
    #[arg(long, value_name = "ID", env = "KAFKA_GROUP_INSTANCE_ID", value_parser = parse_name)]
    pub(crate) group_instance_id: Option<String>,
    /// Read these partitions and no others, without a group: numbers and ranges, such as 0-3,5
    #[arg(long, value_name = "LIST", conflicts_with = "group_instance_id")]
    pub(crate) partitions: Option<Partitions>,
    /// Longest time that an event waits for its batch to fill
    #[arg(long, default_value = "100ms", value_parser = parse_duration, value_name = "DURATION")]
    pub(crate) max_latency: Duration,
    /// Most rows in one transaction
    #[arg(long, default_value_t = 30_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000), value_name = "N")]
    pub(crate) batch_rows: u32,
    /// Most bytes of rows in one transaction, in MiB, divided among topics and writers
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1024), value_name = "MIB")]
    pub(crate) batch_mib: u32,
    /// Database connections for each topic that write at the same time; a partition keeps to one
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64), value_name = "N")]
    pub(crate) writers: u16,
    /// Time to store what is under way when stopped or when partitions move to another member
    #[arg(long, default_value = "10s", value_parser = parse_duration, value_name = "DURATION")]
    pub(crate) drain_timeout: Duration,
    #[command(flatten)]
    pub(crate) reject: RejectArgs,
    /// Send rejected records to this Kafka topic as well, before they are committed to rejected_events
    #[arg(long, value_name = "TOPIC", help_heading = "Rejects")]
    pub(crate) dead_letter_topic: Option<String>,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) topics: TopicsArgs,
    #[command(flatten)]
    pub(crate) kafka: KafkaArgs,
    #[command(flatten)]
    pub(crate) listen: ListenArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// How long the database may be away before a bounded run has begun.
const CONNECT_WITHIN: Duration = Duration::from_secs(30);

/// How long Kafka may take for one answer about a topic.
const LOOK_WITHIN: Duration = Duration::from_secs(5);

/// Part of the records that an endless stream may reject.
const MAX_REJECT_RATIO: f64 = 0.5;

/// Streams until stopped, or to the end.
///
/// # Errors
/// The set-up is wrong, or the log and the ledger do not fit together, or too much is rejected, or a bounded run was
/// interrupted before its end; never an outage.
pub(crate) fn run(args: StreamArgs) -> anyhow::Result<()> {
    let started = Instant::now();
    let shutdown = Shutdown::on_signal().context("cannot listen for signals")?;
    let server = database::server(&args.database)?;
    let monitor = Arc::new(Monitor::default());
    if let Some(address) = &args.listen.listen {
        serve(address, monitor.clone())?;
    }
    let _reports = report_to_service_manager(&monitor, &shutdown)?;
    let mut topics = args.topics.topics.clone();
    topics.sort();
    topics.dedup();
    let (stored, ending) = match topics.as_slice() {
        [topic] => run_topic(&args, topic, 1, &server, &monitor, &shutdown)?,
        topics => run_topics(&args, topics, &server, &monitor, &shutdown)?,
    };
    stored.print(ending, started.elapsed(), args.output.output);
    anyhow::ensure!(
        ending != Ending::Interrupted,
        "interrupted before the end of the topic; run it again to go on from here"
    );
    Ok(())
}

/// Each topic with a thread, a consumer and writers of its own: they have nothing to share but the way there.
fn run_topics(
    args: &StreamArgs,
    topics: &[String],
    server: &Server,
    monitor: &Monitor,
    shutdown: &Shutdown,
) -> anyhow::Result<(Stored, Ending)> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = topics
            .iter()
            .map(|topic| {
                scope.spawn(move || {
                    let outcome = run_topic(args, topic, topics.len(), server, monitor, shutdown)
                        .with_context(|| format!("topic {topic}"));
                    // One that cannot go on stops the others in good order.
                    if outcome.is_err() {
                        shutdown.ask();
                    }
                    outcome
                })
            })
            .collect();
        let mut stored = Stored::default();
        let mut ending = Ending::AtEnd;
        let mut failure = None;
        for thread in threads {
            match thread.join() {
                Ok(Ok((of_topic, its_ending))) => {
                    stored.add(&of_topic);
                    ending = ending.and(its_ending);
                }
                Ok(Err(error)) if failure.is_none() => failure = Some(error),
                Ok(Err(error)) => tracing::error!("{error:#}"),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        failure.map_or(Ok((stored, ending)), Err)
    })
}

fn run_topic(
    args: &StreamArgs,
    topic: &str,
    topic_count: usize,
    server: &Server,
    monitor: &Monitor,
    shutdown: &Shutdown,
) -> anyhow::Result<(Stored, Ending)> {
    let observer = monitor.observe(topic);
    let consumer = Consumer::connect(
        &args.kafka,
        topic,
        membership(args, topic, topic_count),
        args.until_end,
    )?;
    let watch = Watch::start(&args.kafka, topic, consumer.topic_id(), observer.clone())?;
    let dead_letters = args
        .dead_letter_topic
        .as_ref()
        .map(|letters| DeadLetters::open(&args.kafka, letters, observer.clone()))
        .transpose()?;
    let default_ratio = if args.until_end {
        1.0
    } else {
        MAX_REJECT_RATIO
    };
    let settings = Settings {
        limits: Limits {
            rows: args.batch_rows as usize,
            bytes: ((args.batch_mib as usize) << 20) / usize::from(args.writers) / topic_count,
            age: args.max_latency,
        },
        policy: Policy {
            from: args.from,
            accept_gap: args.accept_gap,
            accept_recreated: args.accept_recreated,
        },
        writer_count: usize::from(args.writers),
        drain_timeout: args.drain_timeout,
        connect_within: args.until_end.then_some(CONNECT_WITHIN),
        owner: owner::of_this_process(),
        source: Arc::from(consumer.source()),
        reject_limit: args.reject.limit(default_ratio),
        dead_letters,
        observer,
    };
    let mut pump = Pump::start(consumer, watch, server.clone(), settings, shutdown.clone())?;
    let outcome = pump.run();
    let stored = pump.end(outcome.is_ok());
    outcome.map(|ending| (stored, ending))
}

fn membership(args: &StreamArgs, topic: &str, topic_count: usize) -> Membership {
    match &args.partitions {
        Some(partitions) => Membership::Listed {
            group: args.group.clone(),
            partitions: partitions.numbers(),
        },
        None if args.until_end => Membership::All {
            group: args.group.clone(),
        },
        None => Membership::Group {
            name: args.group.clone(),
            // Each topic has a member of its own.
            instance: args.group_instance_id.as_ref().map(|id| {
                if topic_count == 1 {
                    id.clone()
                } else {
                    format!("{id}/{topic}")
                }
            }),
        },
    }
}

/// A topic as Kafka has it now.
pub(crate) struct Log {
    pub(crate) source: String,
    /// The name that the ledger has for this very topic if it was made anew under an old name.
    pub(crate) renewed: Option<String>,
    /// Of each partition, the first offset that is not taken.
    pub(crate) ends: BTreeMap<i32, i64>,
}

/// Asks Kafka for a topic without joining a group.
///
/// # Errors
/// An option is wrong, Kafka does not answer, or there is no such topic.
pub(crate) fn look_at(args: &KafkaArgs, topic: &str) -> anyhow::Result<Log> {
    let (client, partition_count) = inquiry::inquire(args, topic)?;
    let cluster = client
        .client()
        .fetch_cluster_id(LOOK_WITHIN)
        .context("Kafka does not tell its cluster id")?;
    let mut ends = BTreeMap::new();
    for partition in 0..partition_count {
        let (_, end) = client
            .fetch_watermarks(topic, partition, LOOK_WITHIN)
            .with_context(|| format!("Kafka does not tell where {topic} ends"))?;
        ends.insert(partition, end);
    }
    let source = format!("kafka:{cluster}/{topic}");
    let renewed = topic_id::of(client.client(), topic, LOOK_WITHIN)
        .with_context(|| format!("Kafka does not tell the id of topic {topic}"))?
        .map(|topic_id| position::renewed_source(&source, topic_id));
    Ok(Log {
        source,
        renewed,
        ends,
    })
}
