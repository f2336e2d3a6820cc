//! Flags that several subcommands share.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use musicstream_event::Format;
use rdkafka::error::KafkaError;

use crate::reserved_option;

/// The log, which is always on standard error.
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

/// The format of a result on standard output.
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
    /// Database as a postgresql:// URL or a key=value string; missing parameters are taken from the PG* variables and
    /// ~/.pgpass, as in psql
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// File that contains only the database's password
    #[arg(long, env = "DATABASE_PASSWORD_FILE", value_name = "FILE")]
    pub(crate) database_password_file: Option<PathBuf>,
    /// Time after which a server that keeps the connection but does not answer counts as lost; replay waits without a limit
    #[arg(long, default_value = "5m", value_parser = parse_duration, value_name = "DURATION")]
    pub(crate) answer_timeout: Duration,
}

/// The topics.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Kafka")]
pub(crate) struct TopicsArgs {
    /// Kafka topics, separated by commas; may be repeated
    #[arg(long = "topic", value_name = "TOPIC", default_value = DEFAULT_TOPIC, value_parser = parse_name, value_delimiter = ',')]
    pub(crate) topics: Vec<String>,
}

/// The default topic.
pub(crate) const DEFAULT_TOPIC: &str = "music_events";

/// Which Kafka cluster.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Kafka")]
pub(crate) struct KafkaArgs {
    /// Kafka brokers, host:port separated by commas
    #[arg(
        long,
        env = "KAFKA_BROKERS",
        default_value = "localhost:9092",
        value_parser = parse_name,
        value_name = "HOST:PORT"
    )]
    pub(crate) brokers: String,
    /// Any librdkafka option except those that exactly-once depends on, for example -X security.protocol=ssl; may be
    /// repeated. A value that begins with @ is read from that file, as in -X sasl.password=@/run/secrets/kafka; @@ stands
    /// for a plain @
    #[arg(short = 'X', value_name = "KEY=VALUE", value_parser = parse_option, long_help = option_help())]
    pub(crate) options: Vec<(String, String)>,
}

impl KafkaArgs {
    /// The configuration that all clients share, without the `-X` options: these win over a caller's defaults, and are added
    /// after them by [`KafkaArgs::finish`].
    pub(crate) fn client_config(&self) -> rdkafka::ClientConfig {
        let mut config = rdkafka::ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "musicstream-ingestor");
        config
    }

    /// Whether the brokers assign the partitions of a group (KIP-848), and not one of its members.
    pub(crate) fn uses_consumer_protocol(&self) -> bool {
        let mut options = self.options.iter().rev();
        options
            .find(|(key, _)| key == "group.protocol")
            .is_some_and(|(_, value)| value.trim().eq_ignore_ascii_case("consumer"))
    }

    /// Adds the user's `-X` options, which win over every default.
    pub(crate) fn finish(&self, mut config: rdkafka::ClientConfig) -> rdkafka::ClientConfig {
        for (key, value) in &self.options {
            config.set(key, value);
        }
        config
    }
}

/// The error for options with which librdkafka creates no client. It names the option but not its value, which may be a
/// secret under a mistyped name.
pub(crate) fn refused(error: KafkaError) -> anyhow::Error {
    match error {
        KafkaError::ClientConfig(_, why, option, _) => {
            anyhow::anyhow!("the Kafka option {option} is invalid: {why}")
        }
        other => anyhow::Error::from(other).context("a Kafka option is invalid"),
    }
}

/// Parses `--format`.
pub(crate) fn format_parser() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new([
        PossibleValue::new("csv").help("Comma-separated values with a header (RFC 4180)"),
        PossibleValue::new("ndjson").help("One JSON object per line"),
    ])
    .map(|name| match name.as_str() {
        "csv" => Format::Csv,
        _ => Format::Ndjson,
    })
}

fn option_help() -> String {
    format!(
        "Any librdkafka option, for example -X security.protocol=ssl; may be repeated. A value that begins with @ is read \
         from that file, as in -X sasl.password=@/run/secrets/kafka; @@ stands for a plain @. Options that exactly-once \
         depends on are refused, with the reason: {}",
        reserved_option::names()
    )
}

/// Parses `key=value` or `key=@file`, and refuses a reserved key.
fn parse_option(text: &str) -> Result<(String, String), String> {
    let (key, value) = match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => (key.trim(), value),
        _ => return Err("expected key=value".to_owned()),
    };
    reserved_option::check(key)?;
    Ok((key.to_owned(), option_value(value)?))
}

/// The value of a librdkafka option: `@file` stands for the content of that file, `@@` for `@`.
pub(crate) fn option_value(text: &str) -> Result<String, String> {
    match text.strip_prefix('@') {
        None => Ok(text.to_owned()),
        Some(plain) if plain.starts_with('@') => Ok(plain.to_owned()),
        Some(file) => read_secret(file.as_ref()).map_err(|error| format!("{error:#}")),
    }
}

/// The content of a file with a secret, without the line end that editors add.
///
/// # Errors
/// The file cannot be read, or is empty.
pub(crate) fn read_secret(file: &std::path::Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the secret in {}", file.display()))?;
    let secret = text.trim_end_matches(['\r', '\n']);
    anyhow::ensure!(!secret.is_empty(), "{} is empty", file.display());
    Ok(secret.to_owned())
}

/// Refuses empty text, because an empty variable is usually a mistake.
pub(crate) fn parse_name(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("it is empty: unset the variable or flag, or give it a value".to_owned());
    }
    Ok(text.to_owned())
}

/// Parses `250ms`, `2s`, `1m`, or a plain number of milliseconds.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    let number: u64 = text[..digits]
        .parse()
        .map_err(|_| "expected a number and ms, s or m, such as 500ms".to_owned())?;
    match &text[digits..] {
        "" | "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number.saturating_mul(60))),
        _ => Err("expected a number and ms, s or m, such as 500ms".to_owned()),
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

    #[test]
    fn the_value_of_a_kafka_option_may_be_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "p@ss=word \r\n").unwrap();
        let option =
            |text: String| parse_option(&text).map(|(key, value)| format!("{key}|{value}"));
        assert_eq!(option("a = b=c".into()), Ok("a| b=c".into()));
        assert_eq!(option("a=@@b".into()), Ok("a|@b".into()));
        assert_eq!(
            option(format!("a=@{}", file.display())),
            Ok("a|p@ss=word ".into())
        );
        assert!(option("a=@/no/such/file".into()).is_err_and(|why| why.contains("/no/such/file")));
        assert!(option("a".into()).is_err() && option("=a".into()).is_err());
        assert!(option(" group.id =a".into()).is_err_and(|why| why.contains("--group")));
    }

    #[test]
    fn the_value_of_an_invalid_option_is_not_shown() {
        for (key, value) in [("sasl.pasword", "hunter2"), ("sasl.password\n", "hunter2")] {
            let mut config = rdkafka::ClientConfig::new();
            config.set(key, value);
            let error = config.create::<rdkafka::consumer::BaseConsumer>();
            let words = format!("{:#}", refused(error.err().unwrap()));
            assert!(words.contains(key.trim()), "{words}");
            assert!(!words.contains(value), "{words}");
        }
    }
}
