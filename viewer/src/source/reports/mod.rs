//! What reports show, read from the database while they are shown.
//!
//! If a report cannot be read (older extension, missing right, timeout), only that report says so.

mod listeners;
mod listening;
mod pipeline;
mod rejects;
mod songs;

use super::{
    client::Client,
    postgres::{Read, Session},
    problem::Problem,
};
use crate::data::reports::{Answer, Ask, Content, Obstacle};
use listeners::ActiveBefore;
use pipeline::History;
use std::sync::Arc;

const MARK: &str = include_str!("../../../sql/report_mark.sql");

/// An answer, and a mark that changes when the report has to be read again.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) answer: Arc<Answer>,
    mark: Mark,
    before: Before,
}

/// What earlier readings of reports have left for the next one.
#[derive(Clone, Debug, Default)]
struct Before {
    pipeline: History,
    listeners: ActiveBefore,
}

/// Cheap to read; changes when a report's numbers change.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Mark {
    /// Nothing can be read.
    None,
    /// Hours that wait to be counted.
    Waiting(i64),
    /// What is rejected.
    Rejected(String),
    /// The report is as cheap to read as a mark, so each poll reads all of it.
    Always,
}

impl Session {
    /// Reads a report. Only a broken connection is an error. `before` is its previous state.
    pub(super) fn report(
        &mut self,
        ask: &Ask,
        version: Option<&str>,
        before: Option<&Known>,
    ) -> Result<Known, Problem> {
        let mut left = before.map(|known| known.before.clone()).unwrap_or_default();
        if before.is_none_or(|known| known.answer.ask != *ask) {
            // Rates over the time that the report was not shown would say nothing.
            left.pipeline = History::default();
        }
        let read = self.read(|client| Ok((mark(client, ask)?, content(client, ask, &mut left)?)));
        let (mark, content) = match read {
            Ok((mark, content)) => (mark, Ok(content)),
            Err(problem) => (Mark::None, Err(obstacle(problem, version)?)),
        };
        let answer = Answer {
            ask: ask.clone(),
            content,
        };
        Ok(Known {
            answer: Arc::new(answer),
            mark,
            before: left,
        })
    }

    /// The same if the mark has changed.
    pub(super) fn report_news(&mut self, known: &Known) -> Result<Option<Known>, Problem> {
        let ask = &known.answer.ask;
        match known.mark {
            Mark::None => return Ok(None),
            Mark::Always => {
                let mut news = self.report(ask, None, Some(known))?;
                if looks_like(&known.answer, &news.answer) {
                    news.answer = Arc::clone(&known.answer);
                }
                return Ok(Some(news));
            }
            _ => {}
        }
        match self.read(|client| mark(client, ask)) {
            Ok(mark) if mark == known.mark => Ok(None),
            Ok(_) => self.report(ask, None, Some(known)).map(Some),
            Err(problem) => obstacle(problem, None).map(|_| None),
        }
    }
}

fn mark(client: &Client, ask: &Ask) -> Read<Mark> {
    Ok(match ask {
        Ask::Listening(_) | Ask::Songs(_) | Ask::Listeners(_) => {
            Mark::Waiting(client.query_one(MARK, &[])?.try_get("waiting")?)
        }
        Ask::Pipeline => Mark::Always,
        Ask::Rejects(_) => Mark::Rejected(rejects::mark(client)?),
    })
}

fn content(client: &Client, ask: &Ask, before: &mut Before) -> Read<Content> {
    Ok(match ask {
        Ask::Listening(ask) => Content::Listening(Arc::new(listening::read(client, ask)?)),
        Ask::Songs(ask) => Content::Songs(Arc::new(songs::read(client, ask)?)),
        Ask::Listeners(ask) => Content::Listeners(Arc::new(listeners::read(
            client,
            ask,
            &mut before.listeners,
        )?)),
        Ask::Pipeline => Content::Pipeline(Arc::new(pipeline::read(client, &mut before.pipeline)?)),
        Ask::Rejects(ask) => Content::Rejects(Arc::new(rejects::read(client, ask)?)),
    })
}

/// Whether both answers would be drawn the same.
fn looks_like(known: &Answer, news: &Answer) -> bool {
    match (&known.content, &news.content) {
        (Ok(Content::Pipeline(known)), Ok(Content::Pipeline(news))) => known.looks_like(news),
        _ => false,
    }
}

/// Turns a problem of one report into its obstacle; a problem of the connection stays an error.
fn obstacle(problem: Problem, version: Option<&str>) -> Result<Obstacle, Problem> {
    Ok(match problem {
        Problem::NoExtension { .. } | Problem::OtherVersion { .. } => Obstacle::Missing {
            version: version.map(str::to_owned),
        },
        Problem::NoPrivilege(words) => Obstacle::NoRight(words),
        Problem::Slow(words) => Obstacle::Slow(words),
        Problem::Other(words) => Obstacle::Other(words),
        broken => return Err(broken),
    })
}
