//! The flags of `generate`.

use std::path::PathBuf;

use musicstream_event::Format;
use musicstream_generator::{Options, Plan};

use crate::args::{DEFAULT_TOPIC, KafkaArgs, OutputArgs, format_parser};

#[derive(Debug, clap::Args)]
pub(crate) struct GenerateArgs {
    /// Target: `kafka`, a file (.csv or .ndjson, compressed if it ends in .gz or .zst), or - for standard output
    #[arg(long, value_name = "TARGET")]
    pub(super) to: Target,
    /// Format of the records [default: by the file's extension, else ndjson]
    #[arg(long, value_parser = format_parser())]
    format: Option<Format>,
    #[command(flatten)]
    pub(super) events: Options,
    /// File to which the figures of the sessions are written as CSV: plays, streams, skips, listening_seconds and
    /// sessions by UTC day and region, by the extension's default rules. Duplicates count once, late events like all
    /// others, malformed records not at all
    #[arg(long, value_name = "FILE")]
    pub(super) truth: Option<PathBuf>,
    /// Number of partitions of the topic if it is created
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(i32).range(1..=10_000))]
    pub(super) partitions: i32,
    /// Kafka topic
    #[arg(long, default_value = DEFAULT_TOPIC, help_heading = "Kafka")]
    pub(super) topic: String,
    #[command(flatten)]
    pub(super) kafka: KafkaArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Where the records go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Kafka,
    Stdout,
    File(PathBuf),
}

impl From<&str> for Target {
    fn from(text: &str) -> Target {
        match text {
            "kafka" => Target::Kafka,
            "-" => Target::Stdout,
            path => Target::File(PathBuf::from(path)),
        }
    }
}

impl GenerateArgs {
    pub(crate) fn kafka(&self) -> &KafkaArgs {
        &self.kafka
    }

    pub(crate) fn kafka_mut(&mut self) -> &mut KafkaArgs {
        &mut self.kafka
    }

    pub(super) fn format(&self) -> Format {
        let by_name = match &self.to {
            Target::File(path) => path.to_str().and_then(Format::of_name),
            Target::Kafka | Target::Stdout => None,
        };
        self.format.or(by_name).unwrap_or(Format::Ndjson)
    }

    /// The target's name for messages.
    pub(super) fn target_name(&self) -> String {
        match &self.to {
            Target::Kafka => format!("kafka topic {}", self.topic),
            Target::Stdout => "standard output".to_owned(),
            Target::File(path) => path.display().to_string(),
        }
    }

    /// What is to be generated; `now` is in microseconds since 1970.
    ///
    /// # Errors
    /// Options that are missing or contradict each other; the text names them.
    pub(super) fn plan(&self, now: i64) -> Result<Plan, String> {
        if self.to == Target::Kafka && self.format() == Format::Csv {
            return Err("Kafka takes JSON: --format csv is for files".to_owned());
        }
        if self.truth.is_some() && !self.events.has_sessions() {
            return Err("--truth requires --sessions".to_owned());
        }
        if let (Some(truth), Target::File(records)) = (&self.truth, &self.to)
            && truth == records
        {
            return Err("--truth and --to name the same file".to_owned());
        }
        self.events.plan(now)
    }
}
