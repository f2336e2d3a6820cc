//! Distinct listeners over 1, 7 and 28 days, new and returning ones, and how many come back.

use crate::calendar::{Day, Span};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// What is shown.
    pub kind: Kind,
    /// These UTC days.
    pub span: Span<Day>,
    /// The last complete one of them, and the regions that are on (`None`: all).
    pub together: Option<(Day, Option<Vec<String>>)>,
}

/// Which numbers are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Distinct listeners over 1, 7 and 28 days.
    Active,
    /// New and returning ones.
    New,
    /// How many come back.
    Retention,
}

impl Kind {
    /// Its name in files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active_listeners",
            Self::New => "new_listeners",
            Self::Retention => "listener_retention",
        }
    }
}

/// Numbers of a day and region; their meaning depends on the kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// UTC day.
    pub day: Day,
    /// Where they were.
    pub region: String,
    /// 1, 7 and 28 days; or new and returning; or new, and those of them on day 1, 7 and 28.
    pub numbers: [Option<i64>; 4],
}

/// Distinct listeners of all regions that are on: 1, 7 and 28 days up to a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Together {
    /// The day.
    pub day: Day,
    /// Up to it.
    pub now: [i64; 3],
    /// A week, a week and four weeks before.
    pub before: [i64; 3],
}

/// What the source has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listeners {
    /// Which numbers.
    pub kind: Kind,
    rows: Vec<Row>,
    /// Regions of the rows, sorted.
    pub regions: Vec<String>,
    /// All regions that are on.
    pub together: Option<Together>,
}

impl Listeners {
    /// Sorts and names rows.
    pub fn new(kind: Kind, mut rows: Vec<Row>, together: Option<Together>) -> Self {
        rows.sort_by(|a, b| (a.day, &a.region).cmp(&(b.day, &b.region)));
        let mut regions: Vec<String> = rows.iter().map(|row| row.region.clone()).collect();
        regions.sort_unstable();
        regions.dedup();
        Self {
            kind,
            rows,
            regions,
            together,
        }
    }

    /// The rows of some days.
    pub fn between(&self, span: Span<Day>) -> &[Row] {
        let from = self.rows.partition_point(|row| row.day < span.first);
        let to = self.rows.partition_point(|row| row.day <= span.last);
        &self.rows[from..to.max(from)]
    }
}
