//! The command line: its subcommands, each of which knows its own flags; those that several share are in [`crate::args`].

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::args::{DatabaseArgs, KafkaArgs, LogArgs};
use crate::{generate, load, replay, status, stream};

const EXIT_CODES: &str = "\
Exit codes:
  0         all input was stored or rejected, or an endless stream was stopped; the next one goes on there
  1         failed, or a load or a stream --until-end was interrupted; run again, it goes on where it was
  2         wrong usage
  3         more records were rejected than --max-reject-ratio allows
  130, 143  a second SIGINT or SIGTERM: stopped at once";

/// Moves listening events into Postgres, exactly once.
#[derive(Debug, Parser)]
#[command(name = "musicstream-ingestor", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    /// Configuration file (TOML): flags by their long names, for all subcommands or in a table of one, and
    /// librdkafka's options in [kafka]; flags and variables win over it
    #[arg(long, value_name = "FILE", global = true, env = CONFIG_VARIABLE, display_order = LAST)]
    pub(crate) config: Option<PathBuf>,
    /// Print the effective configuration, secrets hidden, and where each value comes from; do nothing else
    #[arg(long, global = true, display_order = LAST)]
    pub(crate) print_config: bool,
    #[command(flatten)]
    pub(crate) log: LogArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Behind the flags of the subcommand.
const LAST: usize = 900;

/// Names the configuration file.
pub(crate) const CONFIG_VARIABLE: &str = "MUSICSTREAM_CONFIG";

impl Cli {
    pub(crate) fn kafka(&self) -> Option<&KafkaArgs> {
        match &self.command {
            Command::Stream(args) => Some(&args.kafka),
            Command::Status(args) => Some(&args.kafka),
            Command::Generate(args) => Some(args.kafka()),
            Command::Load(_) | Command::Replay(_) => None,
        }
    }

    pub(crate) fn kafka_mut(&mut self) -> Option<&mut KafkaArgs> {
        match &mut self.command {
            Command::Stream(args) => Some(&mut args.kafka),
            Command::Status(args) => Some(&mut args.kafka),
            Command::Generate(args) => Some(args.kafka_mut()),
            Command::Load(_) | Command::Replay(_) => None,
        }
    }

    pub(crate) fn database(&self) -> Option<&DatabaseArgs> {
        match &self.command {
            Command::Stream(args) => Some(&args.database),
            Command::Load(args) => Some(&args.database),
            Command::Status(args) => Some(&args.database),
            Command::Replay(args) => Some(args.database()),
            Command::Generate(_) => None,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a Kafka topic into Postgres, exactly once, until stopped (or to its end)
    #[command(after_help = EXIT_CODES)]
    Stream(stream::StreamArgs),
    /// Load CSV or NDJSON files into Postgres, each row exactly once
    #[command(after_help = EXIT_CODES)]
    Load(load::LoadArgs),
    /// Make up listening events, to Kafka, a file or standard output
    Generate(generate::GenerateArgs),
    /// Judge rejected events once more, after a fix
    Replay(replay::ReplayArgs),
    /// Show how far each partition and file has come
    Status(status::StatusArgs),
}
