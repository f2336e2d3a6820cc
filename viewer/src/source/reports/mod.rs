//! What reports show, read from the database while they are shown.
//!
//! What a report lacks (an older extension, a right, time) stands in that report: the daily numbers go on.

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
use pipeline::History;
use std::sync::Arc;

const MARK: &str = include_str!("../../../sql/report_mark.sql");

/// An answer, and what tells that there is another one, beside what tells that the daily numbers moved.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) answer: Arc<Answer>,
    mark: Mark,
    history: History,
}

/// Cheap to read, and another one when a report's numbers are.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Mark {
    /// Nothing can be read.
    None,
    /// Hours that wait to be counted.
    Waiting(i64),
    /// What is rejected.
    Rejected(String),
    /// As cheap as a mark is all of it.
    Always,
}

impl Session {
    /// What a report asks for. Only a broken connection is an error. `before` is what the report knew so far.
    pub(super) fn report(
        &mut self,
        ask: &Ask,
        version: Option<&str>,
        before: Option<&Known>,
    ) -> Result<Known, Problem> {
        let mut history = before
            .map(|known| known.history.clone())
            .unwrap_or_default();
        let read =
            self.read(|client| Ok((mark(client, ask)?, content(client, ask, &mut history)?)));
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
            history,
        })
    }

    /// The same if it may be another one than what is known.
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

fn content(client: &Client, ask: &Ask, history: &mut History) -> Read<Content> {
    Ok(match ask {
        Ask::Listening(ask) => Content::Listening(Arc::new(listening::read(client, ask)?)),
        Ask::Songs(ask) => Content::Songs(Arc::new(songs::read(client, ask)?)),
        Ask::Listeners(ask) => Content::Listeners(Arc::new(listeners::read(client, ask)?)),
        Ask::Pipeline => Content::Pipeline(Arc::new(pipeline::read(client, history)?)),
        Ask::Rejects(ask) => Content::Rejects(Arc::new(rejects::read(client, ask)?)),
    })
}

/// Whether the window has no reason to draw the other one.
fn looks_like(known: &Answer, news: &Answer) -> bool {
    match (&known.content, &news.content) {
        (Ok(Content::Pipeline(known)), Ok(Content::Pipeline(news))) => known.looks_like(news),
        _ => false,
    }
}

/// What is in the way of one report; what is in the way of everything stays an error.
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
