//! The options, and the plan that results from them.

use std::hash::{BuildHasher, RandomState};

use musicstream_event::field;

use crate::mix::{Percent, Shares};
use crate::plan::{Plan, Region, Span};
use crate::schedule::{MICROS_PER_DAY, RegionClock};

const DEFAULT_SPAN_DAYS: i64 = 30;
/// Longest span. The weights of all its slots are summed before the first event.
const MAX_SPAN_DAYS: i64 = 36_600;
const MAX_WEIGHT: u64 = 1_000_000;

/// Time zones of common region names; other names get one by their index in the list.
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

/// The options of `generate`, as command-line flags.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Number of records to generate, duplicates and malformed records included
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Seed: the same options and seed give the same bytes if --from and --until are set [default: 1; with --live a random
    /// one, so that a restart does not repeat event ids]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Earliest time of an event: a date or an RFC 3339 time, UTC [default: 30 days before --until]
    #[arg(long, value_name = "DATE", value_parser = instant)]
    from: Option<i64>,
    /// All events happen before this time: a date or an RFC 3339 time, UTC [default: now]
    #[arg(long, value_name = "DATE", value_parser = instant)]
    until: Option<i64>,
    /// Each event has the current time, at --rate; without --count this runs until it is stopped
    #[arg(long, conflicts_with_all = ["from", "until"])]
    live: bool,
    /// Whole listening sessions with known figures: plays that end, are skipped or lack their end, with silence between
    /// them. Without it, event types and times only follow their weights
    #[arg(long, conflicts_with_all = ["live", "weights"])]
    sessions: bool,
    /// Records to write per second [default: as fast as possible]
    #[arg(long, value_name = "RECORDS_PER_S", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    rate: Option<u64>,
    /// Number of users; a few of them cause many of the events
    #[arg(long, value_name = "N", default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1..))]
    users: u32,
    /// Number of songs; a few of them are played most. With 0 events have no song_id
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    songs: u32,
    /// Event types and their relative frequency
    #[arg(long, value_name = "TYPE=WEIGHT", default_value = "play=60,pause=25,stop=15", value_parser = weighted_names)]
    weights: Names,
    /// Regions and their relative number of users; each has a time zone, and nights with few events
    #[arg(long, value_name = "REGION[=WEIGHT]", default_value = "us=35,eu=30,apac=20,latam=15", value_parser = weighted_names)]
    regions: Names,
    /// Percentage of records that repeat an earlier one exactly
    #[arg(long, value_name = "PCT", default_value = "0")]
    duplicates: Percent,
    /// Percentage of events that arrive days after they happened. None lies before --from, unless --until is at most
    /// two days later: then up to 3 days before it (not with --sessions)
    #[arg(long, value_name = "PCT", default_value = "0")]
    late: Percent,
    /// Percentage of records that are not valid events
    #[arg(long, value_name = "PCT", default_value = "0")]
    malformed: Percent,
    /// Percentage of events that arrive seconds to minutes after later ones
    #[arg(long, value_name = "PCT", default_value = "0")]
    out_of_order: Percent,
}

/// Names with their weights.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Names(Vec<(String, u64)>);

impl Options {
    /// Records to write per second; `None`: as fast as possible.
    pub fn rate(&self) -> Option<u64> {
        self.rate
    }

    /// Whether whole sessions are generated.
    pub fn has_sessions(&self) -> bool {
        self.sessions
    }

    /// Checks the options and fills in the defaults that depend on `now`, in microseconds since 1970.
    ///
    /// # Errors
    /// Options that are missing or contradict each other; the text names them.
    pub fn plan(&self, now: i64) -> Result<Plan, String> {
        // Not by clap, for which an option that has its value from a configuration file is absent.
        if self.count.is_none() && !self.live {
            return Err("--count is required, except with --live".to_owned());
        }
        if self.live && self.rate.is_none() {
            return Err("--live requires --rate".to_owned());
        }
        let shares = Shares {
            duplicates: self.duplicates,
            late: self.late,
            out_of_order: self.out_of_order,
            malformed: self.malformed,
        };
        if shares.exceed_all() {
            return Err(
                "--duplicates, --late, --malformed and --out-of-order add up to more than 100 %"
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
            has_sessions: self.sessions,
        })
    }

    /// Live events have new times after each start. Repeated event ids would make them conflicts, so the default seed is
    /// random.
    fn seed(&self) -> u64 {
        let drawn = || RandomState::new().hash_one(std::process::id());
        self.seed
            .unwrap_or_else(|| if self.live { drawn() } else { 1 })
    }

    fn span(&self, now: i64) -> Result<Span, String> {
        if let (true, Some(events_per_second)) = (self.live, self.rate) {
            return Ok(Span::Live { events_per_second });
        }
        let until = self.until.unwrap_or(now);
        let from = self
            .from
            .unwrap_or(until - DEFAULT_SPAN_DAYS * MICROS_PER_DAY);
        if from >= until {
            return Err("--from must be before --until (default: now)".to_owned());
        }
        if until - from > MAX_SPAN_DAYS * MICROS_PER_DAY {
            return Err("--from and --until are more than 100 years apart".to_owned());
        }
        Ok(Span::Between(from, until))
    }
}

fn regions(names: &Names) -> Vec<Region> {
    let clock = |index: usize, name: &str, weight| {
        let known = UTC_OFFSETS.iter().find(|(known, _)| *known == name);
        let utc_offset_hours =
            known.map_or((index as i64 * 5 + 1) % 24 - 11, |(_, offset)| *offset);
        RegionClock {
            weight,
            utc_offset_hours,
        }
    };
    let named = names.0.iter().enumerate();
    named
        .map(|(index, (name, weight))| Region {
            name: name.clone(),
            clock: clock(index, name, *weight),
        })
        .collect()
}

/// A time, or the first instant of a date, UTC.
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
            "at least one weight must not be 0, and there may be at most 1000 names".to_owned(),
        );
    }
    Ok(Names(names))
}
