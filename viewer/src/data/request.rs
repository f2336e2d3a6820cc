//! What the window requests from its source, and the answers besides daily numbers.

use super::{
    dataset::Dataset,
    reports::{self, Answer},
};
use crate::calendar::{Day, Micros, Slot, Span, UTC};
use std::sync::Arc;

/// The data that the window needs besides daily numbers, and the zone of its days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Zone of the days, as Postgres calls it.
    pub zone: String,
    /// The first day needed. It bounds what is read where days are summed up from minutes.
    pub since: Option<Day>,
    /// Number of minutes; as many of the day before are read, too.
    pub minutes: Option<i32>,
    /// The last of those minutes; `None`: the current one.
    pub until: Option<Slot>,
    /// Single events.
    pub events: Option<EventsAsk>,
    /// Listeners of each of these days.
    pub listeners: Option<Span<Day>>,
    /// Distinct listeners over days.
    pub distinct: Option<Ask>,
    /// What the report that is shown needs.
    pub report: Option<reports::Ask>,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            zone: UTC.into(),
            since: None,
            minutes: None,
            until: None,
            events: None,
            listeners: None,
            distinct: None,
            report: None,
        }
    }
}

impl Request {
    /// Whether the days, minutes and listeners read for this request include all that `wanted` asks for. What is read in
    /// one piece, such as a report, is not compared.
    pub fn covers(&self, wanted: &Self) -> bool {
        // Without a first day all days are read; `None` is less than any day.
        let days = self.zone == wanted.zone && self.since <= wanted.since;
        let minutes = wanted.minutes.is_none()
            || (self.minutes >= wanted.minutes && self.until == wanted.until);
        let listeners = wanted.listeners.is_none_or(|wanted| {
            let read = self.listeners.and_then(|read| read.intersect(wanted));
            read == Some(wanted)
        });
        days && minutes && listeners
    }
}

/// Distinct listeners of several days and regions, each counted once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// These UTC days.
    pub span: Span<Day>,
    /// Those of them that are compared, and by how many days to go back for the others.
    pub compared: Option<(Span<Day>, i32)>,
    /// These regions; `None`: all.
    pub regions: Option<Vec<String>>,
}

/// Single events, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventsAsk {
    /// From this instant on.
    pub from: Micros,
    /// Before this one.
    pub until: Micros,
    /// Of these types; `None`: all.
    pub event_types: Option<Vec<String>>,
    /// Of these regions; `None`: all.
    pub regions: Option<Vec<String>>,
}

/// Maximum number of single events per request.
pub const MOST_EVENTS: i64 = 200;

/// One event as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it happened.
    pub at: Micros,
    /// What happened.
    pub event_type: String,
    /// Where.
    pub region: String,
    /// Who listened.
    pub user_id: String,
    /// To what, if it is known.
    pub song_id: Option<String>,
    /// On what, if it is known.
    pub device: Option<String>,
    /// Its id.
    pub event_id: String,
}

/// The answer to a request for single events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Events {
    /// These.
    Read(Vec<Event>),
    /// This role may not read them.
    NoRight(String),
    /// The statement timed out: the day has too many events, or another session holds a lock.
    TooSlow,
    /// The source has no single events.
    None,
}

/// The answer: estimates, of which one in three is off by more than [`STANDARD_ERROR`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distinct {
    /// What was asked.
    pub ask: Ask,
    /// Over all days asked for.
    pub listeners: i64,
    /// Over the days that are compared, and over those that they are compared with; none where some of them lack
    /// listeners.
    pub compared: Option<(i64, i64)>,
}

/// Standard error of an estimate of distinct listeners, as a share.
pub const STANDARD_ERROR: f64 = 0.008;

/// Whether a change between two estimates is less than its own standard error, so that it says nothing.
pub fn is_within_error(change: f64) -> bool {
    change.abs() < STANDARD_ERROR * std::f64::consts::SQRT_2
}

/// Features of the database besides daily numbers. An older extension or a role with fewer rights lacks some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Numbers by minute.
    pub minutes: bool,
    /// Days of other zones than UTC.
    pub zones: bool,
    /// Distinct listeners.
    pub listeners: bool,
    /// Single events.
    pub events: bool,
    /// The role that reads.
    pub role: String,
    /// Version of the extension.
    pub version: Option<String>,
    /// Names of zones to choose from; the server may know more.
    pub zone_names: Vec<String>,
}

/// The answer to a request beside the daily numbers.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// Minutes, if asked for.
    pub minutes: Option<Arc<Dataset>>,
    /// Listeners by day, if asked for.
    pub listeners: Option<Arc<Dataset>>,
    /// Single events, if asked for.
    pub events: Option<Arc<(EventsAsk, Events)>>,
    /// What the report that is shown asked for.
    pub report: Option<Arc<Answer>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_covers_shorter_ranges_and_no_longer_ones() {
        let days = |first, last| Some(Span::new(Day(first), Day(last)));
        let with = |since, minutes, until, listeners| Request {
            zone: "Asia/Tokyo".into(),
            since,
            minutes,
            until,
            listeners,
            ..Request::default()
        };
        let (since, until) = (Some(Day(10)), Some(Slot(9)));
        let read = with(since, Some(60), until, days(5, 8));
        for covered in [
            read.clone(),
            with(Some(Day(11)), Some(60), until, days(5, 8)),
            with(since, Some(59), until, days(5, 8)),
            with(since, None, None, days(5, 8)),
            with(since, Some(60), until, days(6, 8)),
            with(since, Some(60), until, days(5, 7)),
            with(since, Some(60), until, None),
        ] {
            assert!(read.covers(&covered), "{covered:?}");
        }
        for longer in [
            with(Some(Day(9)), Some(60), until, days(5, 8)),
            with(None, Some(60), until, days(5, 8)),
            with(since, Some(61), until, days(5, 8)),
            with(since, Some(60), Some(Slot(10)), days(5, 8)),
            with(since, Some(60), None, days(5, 8)),
            with(since, Some(60), until, days(4, 8)),
            with(since, Some(60), until, days(5, 9)),
            Request {
                zone: UTC.into(),
                ..read.clone()
            },
        ] {
            assert!(!read.covers(&longer), "{longer:?}");
        }
        let all_days = with(None, None, None, None);
        assert!(all_days.covers(&with(since, None, None, None)));
        assert!(!all_days.covers(&with(since, Some(1), None, None)));
        assert!(!all_days.covers(&with(since, None, None, days(5, 5))));
    }
}
