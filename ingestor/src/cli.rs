//! The command line. Each subcommand defines its own flags; shared flags are in [`crate::args`].

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::args::{DatabaseArgs, KafkaArgs, LogArgs};
use crate::{generate, load, replay, status, stream};

const EXIT_CODES: &str = "\
Exit codes:
  0         all input was stored or rejected, or an endless stream was stopped; the next run continues there
  1         failed, or a load or a stream --until-end was interrupted; the next run continues where it was
  2         invalid command line or configuration file
  3         more records were rejected than --max-reject-ratio allows
  130, 143  stopped at once by a second SIGINT or SIGTERM";

/// Moves listening events into Postgres, exactly once.
#[derive(Debug, Parser)]
#[command(name = "musicstream-ingestor", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    /// Configuration file (TOML): flags by their long names, for all subcommands or in a table named after one, and
    /// librdkafka options in [kafka]; flags and environment variables win over it
    #[arg(long, value_name = "FILE", global = true, env = CONFIG_VARIABLE, display_order = LAST)]
    pub(crate) config: Option<PathBuf>,
    /// Print the effective configuration with the origin of each value, secrets hidden, and exit
    #[arg(long, global = true, display_order = LAST)]
    pub(crate) print_config: bool,
    #[command(flatten)]
    pub(crate) log: LogArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Display order of flags that come after those of the subcommand.
const LAST: usize = 900;

/// The variable that names the configuration file.
pub(crate) const CONFIG_VARIABLE: &str = "MUSICSTREAM_CONFIG";

impl Cli {
    /// Checks what clap cannot: flags that contradict each other.
    ///
    /// # Errors
    /// The reason.
    pub(crate) fn check(&self) -> Result<(), String> {
        match &self.command {
            Command::Stream(args) => args.check(),
            Command::Load(_) | Command::Generate(_) | Command::Replay(_) | Command::Status(_) => {
                Ok(())
            }
        }
    }

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
    /// Write Kafka topics into Postgres, exactly once, until stopped or to their end
    #[command(after_help = EXIT_CODES)]
    Stream(stream::StreamArgs),
    /// Load CSV or NDJSON files into Postgres, each row exactly once
    #[command(after_help = EXIT_CODES)]
    Load(load::LoadArgs),
    /// Generate synthetic listening events, to Kafka, a file or standard output
    Generate(generate::GenerateArgs),
    /// Try to store rejected events again, after their cause was fixed
    Replay(replay::ReplayArgs),
    /// Show how far each partition and file was read
    Status(status::StatusArgs),
}
