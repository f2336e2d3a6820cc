//! What reports show of their answers.

pub mod listeners;
pub mod listening;
pub mod pipeline;
pub mod rejects;
pub mod sheet;
pub mod songs;
mod view;

pub use view::View;

use super::chart::Chart;
use crate::data::reports::{Content, Obstacle};
use serde::{Deserialize, Serialize};
use sheet::{Sheet, Sort};
use std::{collections::HashMap, slice};

/// What is chosen on reports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choices {
    /// What the chart of listening shows.
    pub figure: listening::Figure,
    /// How many songs are shown.
    pub top: songs::Top,
    /// What is shown of listeners.
    pub listeners: listeners::Part,
    /// Examples of this reason are shown; `None`: of any.
    #[serde(skip)]
    pub reason: Option<String>,
}

/// A choice made on a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// What the chart of listening shows.
    Figure(listening::Figure),
    /// How many songs are shown.
    Top(songs::Top),
    /// What is shown of listeners.
    Listeners(listeners::Part),
    /// Examples of this reason, or of any.
    Reason(Option<String>),
}

impl Choices {
    /// Takes over a choice.
    pub fn choose(&mut self, choice: Choice) {
        match choice {
            Choice::Figure(figure) => self.figure = figure,
            Choice::Top(top) => self.top = top,
            Choice::Listeners(part) => self.listeners = part,
            Choice::Reason(reason) => self.reason = reason,
        }
    }
}

/// What a report shows.
pub enum Contents {
    /// Listening by day and region.
    Listening(listening::Contents),
    /// The songs with most streams.
    Songs(songs::Contents),
    /// Distinct listeners.
    Listeners(listeners::Contents),
    /// Partitions and rollups.
    Pipeline(pipeline::Contents),
    /// Input that could not be stored.
    Rejects(rejects::Contents),
}

/// Why a report shows nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nothing {
    /// It cannot be read.
    Obstacle(Obstacle),
    /// Nobody has counted any listening.
    NotCounted,
    /// There is none in these days and regions; so many hours wait to be counted.
    NoListening(i64),
    /// There are no songs in these days and regions; so many hours wait to be counted.
    NoSongs(i64),
    /// There are no listeners in these days and regions.
    NoListeners(crate::data::reports::listeners::Kind),
    /// Nothing was ever ingested.
    NoPartitions,
    /// Nothing is rejected.
    NoRejects,
}

impl Contents {
    /// Works out what an answer shows.
    ///
    /// # Errors
    /// Why it shows nothing.
    pub fn new(
        content: &Content,
        choices: &Choices,
        view: &View<'_>,
        sorts: &HashMap<&'static str, Sort>,
    ) -> Result<Self, Nothing> {
        let sort = |name| sorts.get(name).copied();
        match content {
            Content::Listening(listening) => {
                if !listening.is_counted {
                    return Err(Nothing::NotCounted);
                }
                let sort = sort("listening");
                let contents = listening::Contents::new(listening, choices.figure, view, sort);
                match contents.sheet.is_empty() {
                    true => Err(Nothing::NoListening(listening.waiting_hours)),
                    false => Ok(Self::Listening(contents)),
                }
            }
            Content::Songs(songs) if !songs.is_counted => Err(Nothing::NotCounted),
            Content::Songs(songs) if songs.songs.is_empty() => {
                Err(Nothing::NoSongs(songs.waiting_hours))
            }
            Content::Songs(songs) => Ok(Self::Songs(songs::Contents::new(songs, sort("songs")))),
            Content::Pipeline(pipeline)
                if pipeline.partitions.is_empty() && pipeline.rollups.is_empty() =>
            {
                Err(Nothing::NoPartitions)
            }
            Content::Pipeline(pipeline) => {
                Ok(Self::Pipeline(pipeline::Contents::new(pipeline, sort)))
            }
            Content::Rejects(rejects) if rejects.by_reason.is_empty() => Err(Nothing::NoRejects),
            Content::Rejects(rejects) => {
                Ok(Self::Rejects(rejects::Contents::new(rejects, view, sort)))
            }
            Content::Listeners(listeners) => {
                let sort = sort(listeners.kind.name());
                let part = choices.listeners;
                let contents = listeners::Contents::new(listeners, part, view, sort);
                match contents.sheet.is_empty() {
                    true => Err(Nothing::NoListeners(listeners.kind)),
                    false => Ok(Self::Listeners(contents)),
                }
            }
        }
    }

    /// Its charts.
    pub fn charts(&self) -> &[Chart] {
        match self {
            Self::Listening(contents) => slice::from_ref(&contents.chart),
            Self::Listeners(contents) => &contents.charts,
            Self::Rejects(contents) => slice::from_ref(&contents.chart),
            Self::Songs(_) | Self::Pipeline(_) => &[],
        }
    }

    /// The table that is saved.
    pub fn sheet(&self) -> &Sheet {
        match self {
            Self::Listening(contents) => &contents.sheet,
            Self::Songs(contents) => &contents.sheet,
            Self::Listeners(contents) => &contents.sheet,
            Self::Pipeline(contents) => &contents.sheet,
            Self::Rejects(contents) => &contents.sheet,
        }
    }
}
