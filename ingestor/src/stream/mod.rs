//! `stream`: a Kafka topic into Postgres, exactly once.
//!
//! One thread consumes, decodes and fills batches; writers store them (see [`crate::writer`]).
//! The ledger in the database says where each partition goes on, never the group's offsets in Kafka.

mod client;
mod intake;
mod lane;
mod position;
mod pump;
mod takeover;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::batch::Limits;
use crate::cli::{DatabaseArgs, KafkaArgs, OutputArgs};
use crate::database;
use crate::owner;
use crate::shutdown::Shutdown;
use client::Consumer;
use position::{From, Policy};
use pump::{Pump, Settings};

#[derive(Debug, clap::Args)]
pub(crate) struct StreamArgs {
    /// Stop at the end that the topic has now, and print a summary; without joining the group
    #[arg(long)]
    pub(crate) until_end: bool,
    /// Where to begin with a partition of which nothing was ever committed
    #[arg(long, value_enum, default_value_t = From::Earliest)]
    pub(crate) from: From,
    /// Go on where the log begins now if events that were not read yet are deleted from it
    #[arg(long)]
    pub(crate) accept_gap: bool,
    /// Consumer group that shares the partitions out
    #[arg(long, default_value = "musicstream", env = "KAFKA_GROUP")]
    pub(crate) group: String,
    /// Longest time that an event waits for its batch to fill
    #[arg(long, default_value = "500ms", value_parser = parse_duration, value_name = "DURATION")]
    pub(crate) max_latency: Duration,
    /// Most rows in one transaction
    #[arg(long, default_value_t = 30_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000), value_name = "N")]
    pub(crate) batch_rows: u32,
    /// Most bytes of rows in one transaction, in MiB, divided among the writers
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=1024), value_name = "MIB")]
    pub(crate) batch_mib: u32,
    /// Database connections that write at the same time; a partition keeps to one
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64), value_name = "N")]
    pub(crate) writers: u16,
    /// Time to store what is under way when stopped or when partitions move to another member
    #[arg(long, default_value = "10s", value_parser = parse_duration, value_name = "DURATION")]
    pub(crate) drain_timeout: Duration,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) kafka: KafkaArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// How long the database may be away before a bounded run has begun.
const CONNECT_WITHIN: Duration = Duration::from_secs(30);

/// Streams until stopped, or to the end.
///
/// # Errors
/// The set-up is wrong, or the log and the ledger do not fit together; never an outage.
pub(crate) fn run(args: StreamArgs) -> anyhow::Result<()> {
    let started = Instant::now();
    let shutdown = Shutdown::on_signal().context("cannot listen for signals")?;
    let target = database::target(&args.database)?;
    let consumer = Consumer::connect(&args.kafka, &args.group, args.until_end)?;
    let settings = Settings {
        limits: Limits {
            rows: args.batch_rows as usize,
            bytes: ((args.batch_mib as usize) << 20) / usize::from(args.writers),
            age: args.max_latency,
        },
        policy: Policy {
            from: args.from,
            accept_gap: args.accept_gap,
        },
        writer_count: usize::from(args.writers),
        drain_timeout: args.drain_timeout,
        connect_within: args.until_end.then_some(CONNECT_WITHIN),
        owner: owner::of_this_process(),
        source: Arc::from(consumer.source()),
    };
    tracing::info!(
        source = &*settings.source,
        owner = &*settings.owner,
        database = target.name(),
        "streaming"
    );
    let mut pump = Pump::start(consumer, target, settings, shutdown)?;
    let outcome = pump.run();
    let totals = pump.end();
    outcome?;
    totals.print(started.elapsed(), args.output.output);
    Ok(())
}

/// Reads `250ms`, `2s`, `1m`, or a plain number of milliseconds.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    let number: u64 = text[..digits]
        .parse()
        .map_err(|_| "expected a number and ms, s or m".to_owned())?;
    match &text[digits..] {
        "" | "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number.saturating_mul(60))),
        _ => Err("expected a number and ms, s or m".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(parse_duration("250"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(parse_duration("3m"), Ok(Duration::from_secs(180)));
        for bad in ["", "s", "-1s", "1h", "1.5s"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }
}
