//! The command line: subcommands, and the flags that several of them share.

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{generate, load, status, stream};

/// Moves listening events into Postgres, exactly once.
#[derive(Debug, Parser)]
#[command(name = "musicstream-ingestor", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) log: LogArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a Kafka topic into Postgres, exactly once, until stopped (or to its end)
    Stream(stream::StreamArgs),
    /// Load CSV or NDJSON files into Postgres, each row exactly once
    Load(load::LoadArgs),
    /// Make up listening events, to Kafka, a file or standard output
    Generate(generate::GenerateArgs),
    /// Show how far each partition and file has come
    Status(status::StatusArgs),
}

/// Where the log goes and how it looks; it is always on standard error.
#[derive(Debug, Args)]
#[command(next_help_heading = "Log")]
pub(crate) struct LogArgs {
    /// Format of the log on standard error
    #[arg(long, value_enum, default_value_t = LogFormat::Text, global = true, env = "MUSICSTREAM_LOG_FORMAT")]
    pub(crate) log_format: LogFormat,
    /// Log filter: error, warn, info, debug, trace, or per module (`info,musicstream_ingestor::stream=debug`)
    #[arg(long, default_value = "info", global = true, env = "MUSICSTREAM_LOG")]
    pub(crate) log_level: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// How a result is printed on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    Text,
    Json,
}

/// `--output`, shared by the subcommands that print a result.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Format of the result on standard output
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) output: OutputFormat,
}

/// Which Postgres database.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Database")]
pub(crate) struct DatabaseArgs {
    /// Database as a postgresql:// URL or a key=value string; what it leaves out comes from the
    /// PG* variables and ~/.pgpass, as in psql
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,
}

/// Which Kafka cluster and topic.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Kafka")]
pub(crate) struct KafkaArgs {
    /// Kafka brokers, host:port separated by commas
    #[arg(
        long,
        env = "KAFKA_BROKERS",
        default_value = "localhost:9092",
        value_name = "HOST:PORT"
    )]
    pub(crate) brokers: String,
    /// Kafka topic
    #[arg(long, default_value = "music_events")]
    pub(crate) topic: String,
    /// Any librdkafka option, for example -X security.protocol=ssl; may be repeated
    #[arg(short = 'X', value_name = "KEY=VALUE", value_parser = parse_option)]
    pub(crate) options: Vec<(String, String)>,
}

impl KafkaArgs {
    /// The client configuration that consumer, producer and status share; `-X` options are not in
    /// it yet, so that a caller's defaults can go between: see [`KafkaArgs::finish`].
    pub(crate) fn client_config(&self) -> rdkafka::ClientConfig {
        let mut config = rdkafka::ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "musicstream-ingestor");
        config
    }

    /// Puts the user's `-X` options over the configuration: they win over every default.
    pub(crate) fn finish(&self, mut config: rdkafka::ClientConfig) -> rdkafka::ClientConfig {
        for (key, value) in &self.options {
            config.set(key, value);
        }
        config
    }
}

fn parse_option(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_owned(), value.to_owned()))
        }
        _ => Err("expected key=value".to_owned()),
    }
}
