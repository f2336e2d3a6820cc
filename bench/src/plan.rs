//! The parts and sizes of the benchmark.

use clap::ValueEnum;

/// The size of the measurements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Size {
    /// Few events: checks that every installed system works; the times are meaningless
    Smoke,
    /// About half an hour
    Default,
    /// Up to 50 million stored events, and more loads for the peers: hours
    Full,
}

/// A part of the benchmark; each has a section in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// From a full topic to rows and daily numbers, compared with plain COPY and the peers
    Ingest,
    /// From a produced record to `live_daily_metrics`
    Freshness,
    /// The extension alone, by the number of stored events: batches, rollups, reading
    Extension,
    /// Counting listening, by the number of stored events
    Listening,
    /// One Postgres, Citus, and two Postgres that share a topic
    Scale,
    /// The ingestor's decoder, from the table that its benchmark has printed
    Decoder,
}

impl Size {
    /// The value for this size.
    pub(crate) fn pick<T>(self, smoke: T, default: T, full: T) -> T {
        match self {
            Size::Smoke => smoke,
            Size::Default => default,
            Size::Full => full,
        }
    }
}
