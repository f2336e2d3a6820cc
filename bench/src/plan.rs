//! How much is measured.

use clap::ValueEnum;

/// From a check that everything works to the sizes of the project's targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Size {
    /// Every system that is here, with so few events that only their correctness says anything
    Smoke,
    /// About half an hour
    Default,
    /// Up to 50 million events stored, and the peers with more loads: hours
    Full,
}

/// A part of the benchmark, with a section of the document each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// From a full topic to rows and daily numbers, beside plain COPY and the peers
    Ingest,
    /// From a produced record to `live_daily_metrics`
    Freshness,
    /// The extension alone, with more and more events stored; reading
    Extension,
    /// Counting what was listened to, with more and more events stored
    Listening,
    /// One Postgres, Citus, and two Postgres that share a topic
    Scale,
    /// The ingestor's decoder, from a table that its own benchmark has printed
    Decoder,
}

impl Size {
    /// One of three, by size.
    pub(crate) fn pick<T>(self, smoke: T, default: T, full: T) -> T {
        match self {
            Size::Smoke => smoke,
            Size::Default => default,
            Size::Full => full,
        }
    }
}
