//! Data of the reports: what each requests from the source, and the answer.

pub mod listeners;
pub mod listening;
pub mod pipeline;
pub mod rejects;
pub mod songs;

use std::sync::Arc;

/// What a report asks of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Listening by day and region.
    Listening(listening::Ask),
    /// The songs with most streams.
    Songs(songs::Ask),
    /// Distinct listeners.
    Listeners(listeners::Ask),
    /// Partitions and rollups.
    Pipeline,
    /// Input that could not be stored.
    Rejects(rejects::Ask),
}

/// What the source has.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Listening by day and region.
    Listening(Arc<listening::Listening>),
    /// The songs with most streams.
    Songs(Arc<songs::Songs>),
    /// Distinct listeners.
    Listeners(Arc<listeners::Listeners>),
    /// Partitions and rollups.
    Pipeline(Arc<pipeline::Pipeline>),
    /// Input that could not be stored.
    Rejects(Arc<rejects::Rejects>),
}

/// Why a report cannot be read, while the daily numbers can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The extension has no such thing.
    Missing {
        /// Its version.
        version: Option<String>,
    },
    /// The role may not read it.
    NoRight(String),
    /// It took too long.
    Slow(String),
    /// The server's own words.
    Other(String),
}

/// The answer to what a report asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What was asked.
    pub ask: Ask,
    /// What there is, or what is in the way.
    pub content: Result<Content, Obstacle>,
}
