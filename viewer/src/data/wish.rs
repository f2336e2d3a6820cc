//! What a window asks of its source, and the answers beside daily numbers.

use super::dataset::Dataset;
use crate::calendar::{Day, Span, UTC};
use std::sync::Arc;

/// What is asked for beside the daily numbers, and in which zone they are to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Zone of the days, as Postgres calls it.
    pub zone: String,
    /// The first day needed. It bounds what is read where days are summed up from minutes.
    pub since: Option<Day>,
    /// The last so many minutes, and as many a day before.
    pub minutes: Option<i32>,
    /// Listeners of each of these days.
    pub listeners: Option<Span<Day>>,
    /// Distinct listeners over days.
    pub distinct: Option<Ask>,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            zone: UTC.into(),
            since: None,
            minutes: None,
            listeners: None,
            distinct: None,
        }
    }
}

/// Distinct listeners of several days and regions, each counted once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// These UTC days.
    pub span: Span<Day>,
    /// The last complete day among them: up to it they are compared.
    pub complete: Option<Day>,
    /// By how many days to go back to compare.
    pub shift: i32,
    /// These regions; `None`: all.
    pub regions: Option<Vec<String>>,
}

/// The answer: estimates, of which one in three is off by more than [`STANDARD_ERROR`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distinct {
    /// What was asked.
    pub ask: Ask,
    /// Over all days asked for.
    pub listeners: i64,
    /// Over the complete days, and over the days that those are compared with.
    pub compared: Option<(i64, i64)>,
}

/// Standard error of an estimate of distinct listeners, as a share.
pub const STANDARD_ERROR: f64 = 0.008;

/// What a database can do beside daily numbers: an older extension, or a role with fewer rights, lacks some of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Numbers by minute.
    pub minutes: bool,
    /// Days of other zones than UTC.
    pub zones: bool,
    /// Distinct listeners.
    pub listeners: bool,
    /// Version of the extension.
    pub version: Option<String>,
    /// Names of all zones.
    pub zone_names: Vec<String>,
}

/// The answer to a wish beside the daily numbers.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// Minutes, if asked for.
    pub minutes: Option<Arc<Dataset>>,
    /// Listeners by day, if asked for.
    pub listeners: Option<Arc<Dataset>>,
}
