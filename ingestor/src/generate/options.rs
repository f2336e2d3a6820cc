//! The options of `generate`, and the plan they make.

use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;

use musicstream_event::field;

use super::mix::{Percent, Shares};
use super::plan::{Plan, Region, Span};
use super::schedule::{MICROS_PER_DAY, RegionClock};
use crate::args::{DEFAULT_TOPIC, KafkaArgs, OutputArgs};
use crate::file::Format;

const DEFAULT_SPAN_DAYS: i64 = 30;
/// As long as a span may be; the weights of all its slots are summed before the first event.
const MAX_SPAN_DAYS: i64 = 36_600;
const MAX_WEIGHT: u64 = 1_000_000;

/// Clocks of regions that have a name people use; others get one by their place in the list.
const UTC_OFFSETS: [(&str, i64); 14] = [
    ("us", -6),
    ("us-east", -5),
    ("us-west", -8),
    ("na", -6),
    ("latam", -3),
    ("br", -3),
    ("eu", 1),
    ("uk", 0),
    ("emea", 2),
    ("mea", 3),
    ("africa", 2),
    ("in", 5),
    ("apac", 8),
    ("jp", 9),
];

/// Options of `generate`.
#[derive(Debug, clap::Args)]
pub(crate) struct GenerateArgs {
    /// How many records to make, bad ones and duplicates included
    #[arg(long, value_name = "N", required_unless_present = "live")]
    pub(super) count: Option<u64>,
    /// Seed: the same options and seed make the same bytes (give --from and --until too) [default: 1; with --live
    /// another one each time, so that a restart does not repeat event ids]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Where to: `kafka`, a file (.csv or .ndjson, packed if it ends in .gz or .zst), or - for standard output
    #[arg(long, value_name = "TARGET")]
    pub(super) to: Target,
    /// Format of the records [default: by the file's extension, else ndjson]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// First instant of the events: a date or an RFC 3339 time, UTC [default: 30 days before --until]
    #[arg(long, value_name = "DATE", value_parser = instant)]
    from: Option<i64>,
    /// The events end before this instant: a date or an RFC 3339 time, UTC [default: now]
    #[arg(long, value_name = "DATE", value_parser = instant)]
    until: Option<i64>,
    /// Events happen as they are made, at --rate; without --count it goes on until it is stopped
    #[arg(long, requires = "rate", conflicts_with_all = ["from", "until"])]
    live: bool,
    /// Whole sessions with known numbers: plays that are heard, skipped or lack their end, with silence between them. Else
    /// event types and times follow their weights alone
    #[arg(long, conflicts_with_all = ["live", "weights"])]
    pub(super) sessions: bool,
    /// Writes the numbers that the sessions were made to have, as CSV: plays, streams, skips, listening_seconds and
    /// sessions by UTC day and region, by the extension's default rules. Duplicates count once, late events as all
    /// others, malformed records not at all
    #[arg(long, value_name = "FILE", requires = "sessions")]
    pub(super) truth: Option<PathBuf>,
    /// Records to write a second [default: as fast as possible]
    #[arg(long, value_name = "EVENTS_PER_S", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub(super) rate: Option<u64>,
    /// How many users there are; a few of them make much of the noise
    #[arg(long, value_name = "N", default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1..))]
    users: u32,
    /// How many songs there are; a few of them are played most. With 0 events have no song_id
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    songs: u32,
    /// Event types and how often they are
    #[arg(long, value_name = "TYPE=WEIGHT", default_value = "play=60,pause=25,stop=15", value_parser = weighted_names)]
    weights: Names,
    /// Regions, each with a weight where they differ; each has its own night
    #[arg(long, value_name = "REGION[=WEIGHT]", default_value = "us=35,eu=30,apac=20,latam=15", value_parser = weighted_names)]
    regions: Names,
    /// Records that repeat an earlier one exactly, in per cent
    #[arg(long, value_name = "PCT", default_value = "0")]
    duplicates: Percent,
    /// Events that arrive days after they happened, in per cent; none lies before --from, unless --until is
    /// less than two days later: then up to 3 days before it
    #[arg(long, value_name = "PCT", default_value = "0")]
    late: Percent,
    /// Records that cannot be read as events, in per cent
    #[arg(long, value_name = "PCT", default_value = "0")]
    malformed: Percent,
    /// Events that come seconds to minutes after younger ones, in per cent
    #[arg(long, value_name = "PCT", default_value = "0")]
    out_of_order: Percent,
    /// Partitions of the topic if it does not exist yet
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

/// Names with their weights.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Names(Vec<(String, u64)>);

impl GenerateArgs {
    pub(crate) fn kafka(&self) -> &KafkaArgs {
        &self.kafka
    }

    pub(crate) fn kafka_mut(&mut self) -> &mut KafkaArgs {
        &mut self.kafka
    }

    /// The format of the records.
    pub(super) fn format(&self) -> Format {
        let by_name = match &self.to {
            Target::File(path) => path.to_str().and_then(Format::of_name),
            Target::Kafka | Target::Stdout => None,
        };
        self.format.or(by_name).unwrap_or(Format::Ndjson)
    }

    /// The target for people.
    pub(super) fn target_name(&self) -> String {
        match &self.to {
            Target::Kafka => format!("kafka topic {}", self.topic),
            Target::Stdout => "standard output".to_owned(),
            Target::File(path) => path.display().to_string(),
        }
    }

    /// The plan of the model; `now` in microseconds since 1970.
    ///
    /// # Errors
    /// Options that contradict each other, in words.
    pub(super) fn plan(&self, now: i64) -> Result<Plan, String> {
        if self.to == Target::Kafka && self.format() == Format::Csv {
            return Err("Kafka takes JSON: --format csv is for files".to_owned());
        }
        if let (Some(truth), Target::File(records)) = (&self.truth, &self.to)
            && truth == records
        {
            return Err("--truth and --to name the same file".to_owned());
        }
        let shares = Shares {
            duplicates: self.duplicates,
            late: self.late,
            out_of_order: self.out_of_order,
            malformed: self.malformed,
        };
        if shares.exceed_all() {
            return Err(
                "--duplicates, --late, --malformed and --out-of-order are more than 100 % together"
                    .to_owned(),
            );
        }
        Ok(Plan {
            seed: self.seed(),
            count: self.count,
            span: self.span(now)?,
            users: self.users,
            songs: self.songs,
            event_types: self.weights.0.clone(),
            regions: regions(&self.regions),
            shares,
        })
    }

    /// Live events have new times at each start: with the same ids they would conflict with those of the start before.
    fn seed(&self) -> u64 {
        let drawn = || RandomState::new().hash_one(std::process::id());
        self.seed
            .unwrap_or_else(|| if self.live { drawn() } else { 1 })
    }

    fn span(&self, now: i64) -> Result<Span, String> {
        if let (true, Some(events_a_second)) = (self.live, self.rate) {
            return Ok(Span::Live { events_a_second });
        }
        let until = self.until.unwrap_or(now);
        let from = self
            .from
            .unwrap_or(until - DEFAULT_SPAN_DAYS * MICROS_PER_DAY);
        if from >= until {
            return Err(
                "--from must lie before --until (which is now if it is not given)".to_owned(),
            );
        }
        if until - from > MAX_SPAN_DAYS * MICROS_PER_DAY {
            return Err("--from and --until lie more than 100 years apart".to_owned());
        }
        Ok(Span::Between(from, until))
    }
}

fn regions(names: &Names) -> Vec<Region> {
    let clock = |place: usize, name: &str, weight| {
        let known = UTC_OFFSETS.iter().find(|(known, _)| *known == name);
        let utc_offset_hours =
            known.map_or((place as i64 * 5 + 1) % 24 - 11, |(_, offset)| *offset);
        RegionClock {
            weight,
            utc_offset_hours,
        }
    };
    let named = names.0.iter().enumerate();
    named
        .map(|(place, (name, weight))| Region {
            name: name.clone(),
            clock: clock(place, name, *weight),
        })
        .collect()
}

/// A date (its first instant) or a time, UTC.
fn instant(text: &str) -> Result<i64, String> {
    let whole = if text.len() == 10 {
        format!("{text}T00:00:00Z")
    } else {
        text.to_owned()
    };
    field::ts(&whole).map_err(|_| "expected a date (2026-01-31) or an RFC 3339 time".to_owned())
}

fn weighted_names(text: &str) -> Result<Names, String> {
    let mut names: Vec<(String, u64)> = Vec::new();
    for item in text.split(',') {
        let (name, weight) = item.split_once('=').unwrap_or((item, "1"));
        let name = name.trim();
        field::event_type(name)
            .map_err(|rejection| format!("{name:?} is not a name: {}", rejection.reason))?;
        let weight = weight
            .trim()
            .parse()
            .ok()
            .filter(|weight| *weight <= MAX_WEIGHT);
        let weight = weight.ok_or_else(|| {
            format!("the weight of {name} must be a number from 0 to {MAX_WEIGHT}")
        })?;
        if names.iter().any(|(other, _)| other == name) {
            return Err(format!("{name} is named twice"));
        }
        names.push((name.to_owned(), weight));
    }
    if names.len() > 1_000 || names.iter().all(|(_, weight)| *weight == 0) {
        return Err(
            "at least one weight must not be 0, and a thousand names are enough".to_owned(),
        );
    }
    Ok(Names(names))
}
