//! Names on the command line, compared with those that the source has.

use crate::{
    calendar::UTC,
    data::{Dataset, Filter},
    page::State,
};
use std::fmt::Display;
use thiserror::Error;

/// A name on the command line that nothing has.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct UnknownName(pub String);

/// Names that are checked once there are numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The zone of the days.
    pub zone: Option<String>,
    /// Event types.
    pub event_types: Choice,
    /// Regions.
    pub regions: Choice,
}

/// Which names of a kind are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// These alone; empty: all.
    pub only: Vec<String>,
    /// All but these.
    pub hidden: Vec<String>,
}

/// Names listed in an error, at most.
const MOST_LISTED: usize = 12;

impl Names {
    /// Whether all that was to be checked is.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Checks names of event types and regions, and leaves the chosen ones switched on.
    ///
    /// # Errors
    /// None has this name.
    pub fn choose(&mut self, data: &Dataset, state: &mut State) -> Result<(), UnknownName> {
        let Self {
            event_types,
            regions,
            ..
        } = self;
        let kinds = [
            (
                "event type",
                &data.event_types,
                event_types,
                &mut state.event_types,
            ),
            ("region", &data.regions, regions, &mut state.regions),
        ];
        for (kind, names, choice, filter) in kinds {
            std::mem::take(choice).apply(kind, names, filter)?;
        }
        Ok(())
    }

    /// Checks the zone, by what the source made of it.
    ///
    /// # Errors
    /// The source has no zone of this name.
    pub fn check_zone(
        &mut self,
        answered: &str,
        data: &Dataset,
        has_zones: bool,
    ) -> Result<(), UnknownName> {
        let Some(zone) = self.zone.take_if(|zone| zone == answered) else {
            return Ok(());
        };
        if data.zone.name == zone || zone == UTC {
            return Ok(());
        }
        Err(UnknownName(match has_zones {
            true => format!(
                "unknown zone \"{zone}\"\n  zones are those of pg_timezone_names in the database, as in Europe/Berlin"
            ),
            false => format!(
                "no days of zone \"{zone}\" here: this source has days of UTC alone\n  \
                 days of other zones need daily_metrics_at() and the role musicstream_read"
            ),
        }))
    }
}

impl Choice {
    fn apply(self, kind: &str, names: &[String], filter: &mut Filter) -> Result<(), UnknownName> {
        for name in self.only.iter().chain(&self.hidden) {
            if !names.contains(name) {
                return Err(UnknownName(format!(
                    "unknown {kind} \"{name}\"\n  there are: {}",
                    listed(names)
                )));
            }
        }
        if !self.only.is_empty() {
            filter.all();
            filter.none(names.iter().filter(|name| !self.only.contains(name)));
        }
        filter.none(&self.hidden);
        Ok(())
    }
}

/// The first few of some names.
pub fn listed<T: Display>(names: &[T]) -> String {
    let mut words: Vec<String> = names.iter().take(MOST_LISTED).map(T::to_string).collect();
    if names.is_empty() {
        words.push("none".into());
    }
    if let more @ 1.. = names.len().saturating_sub(MOST_LISTED) {
        words.push(format!("and {more} more"));
    }
    words.join(", ")
}
