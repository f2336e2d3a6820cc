//! `stream`: a Kafka topic into Postgres, exactly once.
//!
//! One thread per topic polls, decodes and fills batches (see [`poll_loop`]); writers store them (see [`crate::writer`]).
//! Where reading begins is read from the ledger in the database, never from the group's offsets in Kafka.

mod assignment;
mod backpressure;
mod batcher;
mod client;
mod end_check;
mod fetch_queue;
mod group;
mod group_offsets;
mod metadata;
mod mismatch;
mod native;
mod partitions;
mod placement;
mod poll_loop;
mod position;
mod probe;
mod run_progress;
mod source;
mod standby;
mod topic_id;
mod trouble;
mod watch;
mod writer_slot;

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
use crate::output::Output as _;
use crate::owner;
use crate::reject_limit::RejectArgs;
use crate::shutdown::Shutdown;
use crate::summary::{Ending, Summary};
use client::{Consumer, Membership};
use partitions::Partitions;
use placement::{Policy, StartFrom};
use poll_loop::{PollLoop, Settings};
use watch::TopicWatch;

#[derive(Debug, clap::Args)]
pub(crate) struct StreamArgs {
    /// Stop at the end that the topic has now and print a summary; the group is not joined
    #[arg(long)]
    pub(crate) until_end: bool,
    /// Where to begin with a topic that was never read before; a partition that is added to a topic later is read from its
    /// beginning
    #[arg(long, value_enum, default_value_t = StartFrom::Earliest)]
    pub(crate) from: StartFrom,
    /// Continue at the beginning of the log if records were deleted from it before they were read
    #[arg(long)]
    pub(crate) accept_gap: bool,
    /// Continue with a topic that was deleted and created again; it becomes a source of its own
    #[arg(long)]
    pub(crate) accept_recreated: bool,
    /// Consumer group; with --until-end or --partitions it is not joined, but gets a copy of the offsets
    #[arg(long, default_value = "musicstream", env = "KAFKA_GROUP", value_parser = parse_name)]
    pub(crate) group: String,
    /// Fixed name of this member in the group: with one, a restart within the session timeout keeps its partitions
    #[arg(long, value_name = "ID", env = "KAFKA_GROUP_INSTANCE_ID", value_parser = parse_name)]
    pub(crate) group_instance_id: Option<String>,
    /// Read only these partitions, without joining a group: numbers and ranges, such as 0-3,5
    #[arg(long, value_name = "LIST", conflicts_with = "group_instance_id")]
    pub(crate) partitions: Option<Partitions>,
    /// Longest time that an event waits for its batch to fill
    #[arg(long, default_value = "100ms", value_parser = parse_duration, value_name = "DURATION")]
    pub(crate) max_latency: Duration,
    /// Maximum number of rows in one transaction
    #[arg(long, default_value_t = 30_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000), value_name = "N")]
    pub(crate) batch_rows: u32,
    /// Size of all batches that are being filled, in MiB; each writer of each topic has an equal share, which limits the
    /// rows of one transaction
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1024), value_name = "MIB")]
    pub(crate) batch_mib: u32,
    /// Database connections per topic that write at the same time; a partition always uses the same one
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64), value_name = "N")]
    pub(crate) writers: u16,
    /// Time to store the batches in flight when stopped, or when partitions move to another member
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

impl StreamArgs {
    /// Checks that the topic for dead letters is not read as well.
    ///
    /// # Errors
    /// The reason.
    pub(crate) fn check(&self) -> Result<(), String> {
        match &self.dead_letter_topic {
            Some(letters) if self.topics.topics.contains(letters) => Err(format!(
                "--dead-letter-topic {letters} is read as well: each reject would be read and rejected again; name another \
                 topic"
            )),
            _ => Ok(()),
        }
    }
}

/// Time for the first connection of a bounded run.
const CONNECT_WITHIN: Duration = Duration::from_secs(30);

/// Time for one answer of Kafka about a topic.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Ratio of records that an endless stream may reject, unless --max-reject-ratio says otherwise.
const MAX_REJECT_RATIO: f64 = 0.5;

/// Streams until stopped, or to the end.
///
/// # Errors
/// The configuration is wrong, the log and the ledger do not fit together, too many records are rejected, or a bounded run
/// was interrupted. An outage is no error: it is waited out.
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
    Summary::new(&stored, ending, started.elapsed()).print(args.output.output);
    anyhow::ensure!(
        ending != Ending::Interrupted,
        "interrupted before the end of the topic; run it again to continue from here"
    );
    Ok(())
}

/// Streams each topic on a thread of its own, with its own consumer and writers: topics share no state.
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
                    // A topic that cannot continue stops the others in an orderly way.
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
    // With several topics each message says which of them it is about.
    let span = match topic_count {
        1 => tracing::Span::none(),
        _ => tracing::error_span!("stream", topic),
    };
    let _entered = span.enter();
    let observer = monitor.observe(topic);
    let consumer = Consumer::connect(
        &args.kafka,
        topic,
        membership(args, topic, topic_count),
        args.until_end,
    )?;
    let watch = TopicWatch::start(&args.kafka, topic, consumer.topic_id(), observer.clone())?;
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
            start_from: args.from,
            accept_gap: args.accept_gap,
            accept_recreated: args.accept_recreated,
        },
        writer_count: usize::from(args.writers),
        drain_timeout: args.drain_timeout,
        connect_within: args.until_end.then_some(CONNECT_WITHIN),
        owner: owner::of_this_process(),
        reject_limit: args.reject.limit(default_ratio),
        dead_letters,
        observer,
    };
    let mut poll_loop =
        PollLoop::start(consumer, watch, server.clone(), settings, shutdown.clone())?;
    let outcome = poll_loop.run();
    let stored = poll_loop.end(outcome.is_ok());
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
            // Each topic is a member of its own, and their names must differ.
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

/// The state of a topic in Kafka.
pub(crate) struct TopicState {
    pub(crate) source: String,
    /// The source of this topic if it was recreated under an old name; `None` if the brokers have no topic ids.
    pub(crate) recreated_source: Option<String>,
    /// The end of the log by partition.
    pub(crate) ends: BTreeMap<i32, i64>,
}

/// Asks Kafka for the state of a topic, without joining a group.
///
/// # Errors
/// An option is wrong, Kafka does not answer, or the topic does not exist.
pub(crate) fn topic_state(args: &KafkaArgs, topic: &str) -> anyhow::Result<TopicState> {
    let (client, partition_count) = metadata::connect(args, topic)?;
    let cluster = client
        .client()
        .fetch_cluster_id(ANSWER_WITHIN)
        .context("Kafka does not return its cluster id")?;
    let mut ends = BTreeMap::new();
    for partition in 0..partition_count {
        let end = metadata::log_end(&client, topic, partition, ANSWER_WITHIN)
            .with_context(|| format!("Kafka does not return the end of {topic}"))?;
        ends.insert(partition, end);
    }
    let source = source::source_name(&cluster, topic);
    let recreated_source = topic_id::fetch(client.client(), topic, ANSWER_WITHIN)
        .with_context(|| format!("Kafka does not return the id of topic {topic}"))?
        .map(|topic_id| source::recreated_source_name(&source, topic_id));
    Ok(TopicState {
        source,
        recreated_source,
        ends,
    })
}
