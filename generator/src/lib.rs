//! Synthetic listening events, for `musicstream-ingestor generate`.
//!
//! The same options and seed give the same bytes on every machine, as long as `--from` and `--until` are given: all
//! arithmetic is on integers, and all random numbers derive from the seed.
//!
//! [`Options::plan`] checks the options, [`Generator`] generates the records of the plan, [`Counts`] counts them, and
//! [`Output`] writes them to a file or to standard output.

mod counts;
mod draft;
mod fault;
mod mix;
mod options;
mod output;
mod plan;
mod population;
mod random;
mod recent;
mod render;
mod schedule;
mod session;
mod sessions;
mod text;
mod truth;
mod weighted;

#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;

use musicstream_event::Format;

pub use counts::Counts;
use draft::Draft;
use fault::Fault;
use mix::Kind;
pub use options::Options;
pub use output::Output;
pub use plan::Plan;
pub use render::CSV_HEADER;
use render::{Renderer, csv_quoted};
pub use sessions::TooFewUsers;
use sessions::{NoSessions, Sessions};
use weighted::WeightedEvents;

/// Generates the records of a plan, in the order in which they arrive.
pub struct Generator {
    events: Events,
    renderer: Renderer,
    /// As CSV writes them.
    regions: Vec<String>,
}

enum Events {
    Weighted(Box<WeightedEvents>),
    Sessions(Box<Sessions>),
}

/// A generated record.
#[derive(Debug, Clone, Copy)]
pub struct Record {
    draft: Draft,
    kind: Kind,
    fault: Option<Fault>,
}

impl Record {
    /// The event's `user_id`, in decimal.
    pub fn push_user(&self, out: &mut Vec<u8>) {
        text::push_decimal(out, self.draft.user);
    }

    /// `event_id` and `ts` of the event that a reader decodes from this record; `None`: it rejects the record. A reader cannot
    /// detect an unknown event type, because only the database has the list.
    pub fn expected_event(&self) -> Option<([u8; 16], i64)> {
        match self.fault {
            None | Some(Fault::UnknownEventType) => {
                Some((self.draft.event_id.to_be_bytes(), self.draft.ts))
            }
            Some(_) => None,
        }
    }

    /// Whether the record is one without content.
    pub fn is_empty(&self) -> bool {
        self.fault == Some(Fault::Empty)
    }
}

impl Generator {
    /// `now` is in microseconds since 1970, and used for live events only.
    ///
    /// # Errors
    /// The plan requires sessions and does not allow them.
    pub fn new(plan: &Plan, format: Format, now: i64) -> Result<Generator, NoSessions> {
        Ok(Generator {
            events: if plan.has_sessions {
                Events::Sessions(Box::new(Sessions::new(plan)?))
            } else {
                Events::Weighted(Box::new(WeightedEvents::new(plan, now)))
            },
            renderer: Renderer::new(format, plan),
            regions: plan
                .regions
                .iter()
                .map(|region| csv_quoted(&region.name))
                .collect(),
        })
    }

    /// Appends the next record to `out`, without a line end; `None` after the last one. `now` is called for live events
    /// only.
    ///
    /// # Errors
    /// The plan has too few users for its sessions.
    pub fn next(
        &mut self,
        out: &mut Vec<u8>,
        now: impl FnOnce() -> i64,
    ) -> Result<Option<Record>, TooFewUsers> {
        let next = match &mut self.events {
            Events::Weighted(events) => events.next(now),
            Events::Sessions(sessions) => sessions.next()?,
        };
        let Some((draft, kind)) = next else {
            return Ok(None);
        };
        let fault = match kind {
            Kind::Malformed => Some(self.renderer.push_malformed(out, &draft)),
            _ => {
                self.renderer.push(out, &draft);
                None
            }
        };
        Ok(Some(Record { draft, kind, fault }))
    }

    /// Writes the figures of the generated sessions as CSV; without sessions nothing is written.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_truth(&self, path: &Path) -> io::Result<()> {
        match &self.events {
            Events::Weighted(_) => Ok(()),
            Events::Sessions(sessions) => sessions.truth().write(path, &self.regions),
        }
    }
}
